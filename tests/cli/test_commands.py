"""The command `spatial-mae`."""

import subprocess
import sys
from importlib import import_module

import pytest

from spatial_mae import __version__
from spatial_mae.cli.commands import COMMANDS, main


@pytest.mark.parametrize("arguments", [["--help"], ["help"], []])
def test_all_commands_are_listed(arguments, capsys):
    if arguments:
        main(arguments)
    else:
        with pytest.raises(SystemExit):
            main(arguments)
    printed = "".join(capsys.readouterr())
    assert all(f"  {name} " in printed for name in COMMANDS)


@pytest.mark.parametrize("module", [module for module, _ in COMMANDS.values()])
def test_every_command_has_its_module(module):
    assert callable(import_module(f"spatial_mae.cli.{module}").main)


def test_a_command_gets_its_arguments_and_its_name(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/spatial-mae"])
    with pytest.raises(SystemExit):
        main(["status", "--results", str(tmp_path / "nowhere")])
    assert "usage: spatial-mae status" in (printed := capsys.readouterr().err)
    assert "nowhere" in printed


def test_a_misspelt_command_is_an_error_that_lists_all(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["statsu"])
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert "no command 'statsu'" in printed and "  status " in printed


def test_the_version(capsys):
    main(["--version"])
    assert capsys.readouterr().out.strip() == __version__


def test_the_shell_completes_commands(capsys):
    main(["completion"])
    script = capsys.readouterr().out
    ask = 'COMP_WORDS=(spatial-mae sta); COMP_CWORD=1; _spatial_mae; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True)
    assert done.stdout.split() == ["status"], done.stderr

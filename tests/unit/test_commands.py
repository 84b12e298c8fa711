"""Every Snakemake command line that the project prints is parsed by Snakemake as it is meant."""

import contextlib
import re
import shlex
from importlib import import_module

import pytest
from snakemake.cli import get_argument_parser

from spatial_mae.cli.commands import COMMANDS

PLACES = ["README.md", "CONTRIBUTING.md", "Snakefile", "config.yaml", "Makefile", "docs/*.md"]
PLACES += [
    "config/README.md",
    "workflow/studies/*.yaml",
    "workflow/profiles/*/*.yaml",
    "src/**/*.py",
]
# A command: in a block, alone in a comment, or between backticks, perhaps over two lines.
COMMAND = re.compile(
    r"`(snakemake [^`]+)`|^\s*(?:#\s+)?(?:[A-Z][a-z ]+:)? *(snakemake (?:-|\w+ -)[^\n]*)", re.M
)
WITHOUT_CORES = ("dryrun", "profile", "workflow_profile", "unlock", "lint", "rulegraph")
PLACEHOLDERS = (("$(CORES)", "1"), ("...", ""), ("{overlay}", ""))


def commands(project) -> list[tuple[str, str]]:
    """(file, command), continued lines joined, comments and Makefile variables away."""
    found = []
    for place in PLACES:
        for path in sorted(project.glob(place)):
            text = re.sub(r"\\\n\s*", "", path.read_text())
            if path.suffix == ".py":  # strings of a message that are joined
                text = re.sub(r'"\s*\n\s*f?"', "", text)
            for match in COMMAND.finditer(text):
                command = re.sub(r"\s+#.*|\s*\|.*", "", match[1] or match[2])
                found.append((str(path.relative_to(project)), " ".join(command.split())))
    return found


@pytest.fixture(scope="module")
def parser():
    return get_argument_parser()


def test_commands_are_parsed_as_they_are_meant(project, parser):
    everything = commands(project)
    assert len(everything) > 60 and len({file for file, _ in everything}) > 12
    rules = set(re.findall(r"^(?:rule|checkpoint) (\w+):", _rules(project), re.M))
    wrong = [
        f"{file}: {problem}: {command}"
        for file, command in everything
        if command not in ("snakemake --version", "snakemake --configfile")
        for problem in _problems(parser, command, rules)
    ]
    assert wrong == []


def _problems(parser, command, rules):
    for placeholder, value in PLACEHOLDERS:
        command = command.replace(placeholder, value)
    given = parser.parse_args(shlex.split(command)[1:])
    for path in given.configfile or []:
        if not re.fullmatch(r".*\.yaml|\$STUDY|\{\w+\}", str(path)):
            yield f"{path} is read as a config file"
    if given.cores is None and not any(getattr(given, name) for name in WITHOUT_CORES):
        yield "Snakemake asks for --cores"
    for target in given.targets or []:
        if target not in rules and not re.match(r"results/|\{target\}", target):
            yield f"no target {target!r}"


def _rules(project) -> str:
    paths = [project / "Snakefile", *project.glob("workflow/rules/*.smk")]
    return "\n".join(path.read_text() for path in paths)


OURS = re.compile(r"(?:python -m spatial_mae\.cli\.(\w+)|spatial-mae (\w+)) ((?:[^`\n]|\\\n)*)")


def test_our_own_commands_have_the_flags_they_are_printed_with(project, capsys):
    found = [
        (match[1] or COMMANDS[match[2]][0], set(re.findall(r"(?<!\S)--[a-z][\w-]*", match[3])))
        for place in ("README.md", "CONTRIBUTING.md", "docs/*.md", "Makefile")
        for path in sorted(project.glob(place))
        for match in OURS.finditer(path.read_text())
        if match[1] or match[2] in COMMANDS
    ]
    assert len(found) > 8
    for module, flags in found:
        with pytest.raises(SystemExit):
            import_module(f"spatial_mae.cli.{module}").main(["--help"])
        known = set(re.findall(r"--[a-z][\w-]*", capsys.readouterr().out))
        assert flags <= known, module


def test_every_module_that_is_a_command_says_how_it_is_used(project, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["command", "--help"])
    paths = project.glob("src/spatial_mae/**/*.py")
    commands = [p for p in paths if 'if __name__ == "__main__"' in p.read_text()]
    assert len(commands) > 60
    for path in commands:
        module = ".".join(path.relative_to(project / "src").with_suffix("").parts)
        with contextlib.suppress(SystemExit):
            import_module(module).main()
        assert "usage:" in capsys.readouterr().out, module

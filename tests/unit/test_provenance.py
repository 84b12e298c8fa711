"""The fingerprint sees code, not comments; the record says what made a result."""

import argparse
import gc
import json
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from spatial_mae import __version__, choices, code, provenance


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package in place of ours: cli/solve.py imports linear.a, which imports b lazily."""
    files = {
        "cli/solve.py": "from spatial_mae import provenance\nfrom spatial_mae.linear.a import f\n",
        "provenance.py": "y = 1\n",
        "linear/__init__.py": "from spatial_mae.linear.other import g\n",
        "linear/a.py": "def f():\n    from spatial_mae import b\n    return b.x\n",
        "linear/other.py": "g = 1\n",
        "b.py": '"""Doc."""\nx = 1\n',
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(code, "PACKAGE", tmp_path)
    code.forget()
    yield tmp_path
    code.forget()


def changed(package, name, text) -> bool:
    """Whether writing `text` to a file of the package changes the fingerprint of `solve`."""
    before = provenance.fingerprint("solve")
    (package / name).write_text(text)
    code.forget()
    return provenance.fingerprint("solve") != before


def test_closure_follows_lazy_imports_but_no_package_init(package):
    assert provenance.import_closure(["cli.solve"]) == {"cli.solve", "linear.a", "b"}


def test_code_counts_at_any_depth(package):
    assert changed(package, "b.py", '"""Doc."""\nx = 2\n')


def test_comments_docstrings_and_layout_do_not_count(package):
    assert not changed(package, "b.py", '"""Another."""\n# why\n\nx   =   1\n')


def test_docstrings_of_fields_do_not_count(package):
    (package / "b.py").write_text('class x:\n    y: int = 1\n    """Meaning."""\n')
    assert not changed(package, "b.py", "class x:\n    y: int = 1\n")
    assert changed(package, "b.py", "class x:\n    y: int = 2\n")


def test_the_modules_of_a_room_and_no_init(package):
    assert provenance.modules_of("linear") == ["linear.a", "linear.other"]


def test_unrelated_modules_do_not_count(package):
    assert not changed(package, "linear/other.py", "g = 2\n")


def test_named_modules_count(package):
    assert provenance.fingerprint("solve") != provenance.fingerprint("solve", "linear.other")


def test_what_writes_the_record_does_not_count(package):
    assert not changed(package, "provenance.py", "y = 2\n")


def test_relative_imports_are_refused(package):
    (package / "b.py").write_text("from . import c\n")
    with pytest.raises(ValueError, match="relative import"):
        provenance.fingerprint("solve")


def test_missing_module_is_named():
    with pytest.raises(FileNotFoundError, match="no module spatial_mae.cli.no_such_rule"):
        provenance.fingerprint("no_such_rule")


def test_record_says_what_made_the_result(tmp_path):
    source = tmp_path / "in.txt"
    source.write_text("x")
    flags = argparse.Namespace(seed=3, record=tmp_path / "r.json")
    with provenance.run_record(flags, [source]) as record:
        record["note"] = 1
    written = json.loads(flags.record.read_text())
    assert written["seed"] == 3 and written["note"] == 1
    assert written["inputs"][str(source)].startswith("2d711642b726b044")  # sha256 of "x"
    assert written["seconds"] >= 0 and written["peak_memory_bytes"] > 1e6
    assert {"command", "commit", "dirty", "versions", "host", "device"} <= set(written)
    assert written["version"] == __version__


def commit_of(folder, monkeypatch, **environment):
    """What is recorded for a package in `folder`, by a git that reads no settings."""
    monkeypatch.setattr(code, "PACKAGE", folder)
    for name, value in {"GIT_CONFIG_GLOBAL": os.devnull, **environment}.items():
        monkeypatch.setenv(name, value)
    return provenance._commit()


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A repository with one commit of a package."""
    folder = tmp_path / "clone/src"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("x = 1\n")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "one"]):
        subprocess.run(["git", *words], cwd=folder.parent, check=True)
    return folder


def test_a_clone_has_a_commit_and_changes(clone, monkeypatch):
    clean = commit_of(clone, monkeypatch)
    assert len(clean["commit"]) == 40 and clean["dirty"] is False
    (clone / "new.py").touch()
    assert commit_of(clone, monkeypatch) == {**clean, "dirty": True}
    (clone / "new.py").unlink()
    (clone / "__init__.py").write_text("x = 2\n")
    assert commit_of(clone, monkeypatch) == {**clean, "dirty": True}


def unknown(found, capsys):
    assert found["commit"] is None and found["dirty"] is None
    assert found["commit_unknown"] in capsys.readouterr().err
    return found["commit_unknown"]


def test_the_commit_of_another_project_around_the_package_is_not_taken(clone, monkeypatch, capsys):
    package = clone.parent / ".venv/package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    assert "is in no git clone of this project" in unknown(commit_of(package, monkeypatch), capsys)


def test_a_package_outside_of_clones_says_so(tmp_path, monkeypatch, capsys):
    found = commit_of(tmp_path, monkeypatch, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert "is in no git clone of this project" in unknown(found, capsys)


def test_a_clone_of_another_owner_says_how_to_make_it_known(clone, monkeypatch, capsys):
    found = commit_of(clone, monkeypatch, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    reason = unknown(found, capsys)
    assert f"`git config --global --add safe.directory {clone.parent}`" in reason


def test_no_git_says_so(clone, monkeypatch, capsys):
    assert "git cannot be run" in unknown(commit_of(clone, monkeypatch, PATH=""), capsys)


def test_a_failed_run_leaves_no_record(tmp_path):
    flags = argparse.Namespace(seed=0, record=tmp_path / "r.json")
    with pytest.raises(RuntimeError), provenance.run_record(flags):
        raise RuntimeError
    assert not flags.record.exists()


@pytest.mark.parametrize(("main", "frozen"), [("spatial_mae.cli.toy", 1), ("pytest", 0)])
def test_only_a_job_of_its_own_keeps_what_is_imported_to_the_end(
    tmp_path, monkeypatch, main, frozen
):
    calls = []
    monkeypatch.setattr(gc, "freeze", lambda: calls.append(1))
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", ModuleSpec(main, None))
    arguments = argparse.Namespace(record=tmp_path / "record.json", seed=0)
    with provenance.run_record(arguments):
        assert len(calls) == frozen


def test_answers_that_a_study_fixes_reach_its_jobs(monkeypatch):
    for name in ("PYTHONPATH", "PATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    monkeypatch.setenv(choices.PINS, "gram=float64")
    provenance.share_with_jobs("src", {})
    assert choices.fixed_answers() == {"gram": "float64"}
    provenance.share_with_jobs("src", {"gram": "int8", "mode": "plain", "attention": None})
    assert choices.fixed_answers() == {"gram": "int8", "mode": "plain"}


def test_a_record_names_what_was_chosen_by_measuring(tmp_path, monkeypatch):
    monkeypatch.setattr(choices, "_made", [])
    flags = argparse.Namespace(record=tmp_path / "r.json", seed=0)
    with provenance.run_record(flags):
        choices.choose("kernel", {"size": 3}, {"alone": lambda: None})
    (chosen,) = json.loads(flags.record.read_text())["choices"]
    assert (chosen["question"], chosen["answer"], chosen["origin"]) == ("kernel", "alone", "only")


def test_what_was_parsed_is_kept_and_read_again(package, monkeypatch):
    first = provenance.fingerprint("solve")
    kept = list(package.glob("**/__pycache__/*.code.json"))
    assert {path.name.partition(".")[0] for path in kept} == {"solve", "a", "b"}
    code.forget()
    monkeypatch.delattr(code, "_parsed")
    assert provenance.fingerprint("solve") == first


def test_a_spoilt_file_of_what_was_parsed_does_not_count(package):
    first = provenance.fingerprint("solve")
    for kept in package.glob("**/__pycache__/*.code.json"):
        kept.write_text(kept.read_text()[:9])
    code.forget()
    assert provenance.fingerprint("solve") == first


def test_results_of_another_version_are_said_with_what_to_do(tmp_path):
    folder = tmp_path / "quick"
    folder.mkdir()
    assert provenance.older_results(folder) is None
    record = folder / "config.record.json"
    for text in ("", "[]", "{}", json.dumps({"version": __version__})):
        record.write_text(text)
        assert provenance.older_results(folder) is None
    record.write_text('{"version": "0.0.1"}')
    said = provenance.older_results(folder)
    assert "begun by version 0.0.1" in said and "another name (`study:`)" in said

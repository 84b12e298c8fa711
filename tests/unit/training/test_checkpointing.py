"""The resume file: whole whatever happens, and never taken for another run's."""

import pytest
import torch

from spatial_mae.training.checkpointing import ResumeFile, changed

SETTINGS = {"recipe": {"epochs": 3, "betas": (0.9, 0.95)}, "seed": 0}


def state(number):
    return {"module": {"w": torch.full((3,), float(number))}, "position": {"epoch": number}}


def number(resume):
    loaded = resume.load()
    if loaded is None:
        return None
    assert torch.equal(loaded["module"]["w"], torch.full((3,), float(loaded["position"]["epoch"])))
    return loaded["position"]["epoch"]


@pytest.fixture
def resume(tmp_path):
    return ResumeFile(tmp_path, SETTINGS)


def test_reads_back_what_was_saved_last(resume):
    assert resume.load() is None
    resume.save(state(1))
    resume.save(state(2))
    assert number(resume) == 2
    assert number(ResumeFile(resume.path.parent, SETTINGS)) == 2


@pytest.mark.parametrize("kept", [0, 1, 100, 700])
def test_a_truncated_file_gives_way_to_the_previous_one(resume, kept, capsys):
    resume.save(state(1))
    resume.save(state(2))
    resume.path.write_bytes(resume.path.read_bytes()[:kept])
    assert number(resume) == 1
    assert "resume.pt cannot be read" in capsys.readouterr().err


def test_both_damaged_means_a_fresh_start(resume):
    resume.save(state(1))
    resume.path.write_bytes(b"no state")
    resume.previous.write_bytes(b"")
    assert resume.load() is None


def test_a_file_that_would_run_code_is_not_loaded(resume):
    class Trap:
        def __reduce__(self):
            return (resume.path.with_name("trap").touch, ())

    torch.save({"format": 1, "settings": resume.settings, "state": Trap()}, resume.path)
    assert resume.load() is None
    assert not resume.path.with_name("trap").exists()


@pytest.mark.parametrize("moment", ["write", "rename"])
def test_an_interrupted_save_leaves_the_last_whole_state(resume, monkeypatch, moment):
    resume.save(state(1))
    with monkeypatch.context() as patch:
        if moment == "write":
            patch.setattr(torch, "save", lambda content, path: 1 / 0)
        else:
            patch.setattr("os.fsync", lambda handle: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            resume.save(state(2))
    assert number(resume) == 1
    resume.save(state(3))
    assert number(resume) == 3


def test_another_run_s_state_is_set_aside(resume, capsys):
    resume.save(state(1))
    resume.save(state(2))
    other = ResumeFile(resume.path.parent, {**SETTINGS, "seed": 1})
    assert other.load() is None
    assert "seed: 0 -> 1" in capsys.readouterr().err
    assert resume.path.with_name("resume.set-aside.pt").exists()
    other.save(state(5))
    assert number(other) == 5


def test_removal_leaves_nothing_to_continue(resume):
    resume.save(state(1))
    resume.save(state(2))
    resume.remove()
    assert resume.load() is None
    assert list(resume.path.parent.iterdir()) == []


def test_changes_are_named_with_their_place():
    assert changed('{"a": {"b": 1, "c": 2}, "d": 3}', '{"a": {"b": 1, "c": 4}}') == (
        "a.c: 2 -> 4, d: 3 -> None"
    )


def test_every_flipped_bit_of_the_state_is_noticed(resume):
    """Without a check, torch.load gives back other numbers."""
    resume.save({"weights": torch.ones(64)})
    whole = resume.path.read_bytes()
    start = whole.index(torch.ones(64).numpy().tobytes())
    for position in range(start, start + 256, 5):
        flipped = bytearray(whole)
        flipped[position] ^= 1
        resume.path.write_bytes(flipped)
        assert resume.load() is None
    resume.path.write_bytes(whole)
    assert resume.load() is not None

"""Choices by measurement: who wins, what is remembered, and what a study fixes."""

import json
import subprocess
import sys

import pytest

from spatial_mae import choices
from spatial_mae.choices import choose


@pytest.fixture(autouse=True)
def memory(tmp_path, monkeypatch):
    """An empty folder for what is remembered, and no fixed answers."""
    monkeypatch.setenv(choices.FOLDER, str(tmp_path))
    monkeypatch.delenv(choices.PINS, raising=False)
    monkeypatch.setattr(choices, "_made", [])
    return tmp_path / "spatial-mae/choices"


class Clock:
    """A clock that each contender moves by its cost; counts the runs."""

    def __init__(self, **costs):
        self.now, self.costs, self.runs = 0.0, costs, dict.fromkeys(costs, 0)

    def __call__(self):
        return self.now

    def contenders(self):
        return {name: lambda name=name: self.run(name) for name in self.costs}

    def run(self, name):
        self.runs[name] += 1
        cost = self.costs[name]
        if isinstance(cost, Exception):
            raise cost
        self.now += cost(self.runs[name]) if callable(cost) else cost

    def choose(self, **others):
        return choose("kernel", {"size": 8}, self.contenders(), clock=self, **others)


def test_the_fastest_wins():
    choice = Clock(first=1.0, second=0.8, third=0.9).choose()
    assert (choice.answer, choice.origin) == ("second", "measured")
    assert choice.seconds == pytest.approx({"first": 1.0, "second": 0.8, "third": 0.9})


def test_the_first_stays_unless_another_gains_enough():
    assert Clock(first=1.0, second=0.9).choose(gain=1.2).answer == "first"
    assert Clock(first=1.0, third=0.8).choose(gain=1.2).answer == "third"


def test_a_clear_loser_runs_once_and_the_winner_is_not_repeated():
    clock = Clock(first=1.0, slow=60.0)
    assert clock.choose().answer == "first"
    assert clock.runs == {"first": 1, "slow": 1}


def test_one_time_costs_of_the_first_do_not_decide():
    clock = Clock(first=lambda turn: 9.0 if turn == 1 else 1.0, second=2.0)
    assert clock.choose().answer == "first"


def test_a_first_run_that_prepares_does_not_decide():
    costs = {"first": 1.0, "compiled": lambda turn: 99.0 if turn == 1 else 0.5}
    assert Clock(**costs).choose(preparation=1).answer == "compiled"


def test_a_second_run_that_prepares_does_not_decide_however_long_the_first_took(monkeypatch):
    monkeypatch.setattr(choices, "BUDGET", 0.0)  # the first two runs of `graphs` use it up
    costs = {"plain": 1.0, "graphs": lambda turn: {1: 40.0, 2: 9.0}.get(turn, 0.1)}
    clock = Clock(**costs)
    choice = clock.choose(preparation=2)
    assert choice.answer == "graphs"
    assert choice.seconds == pytest.approx({"plain": 1.0, "graphs": 0.1})
    assert clock.runs == {"plain": 4, "graphs": 4}


def test_a_preparation_that_fails_is_a_loss():
    def fails(turn):
        raise RuntimeError("no compiler")

    choice = Clock(plain=1.0, compiled=fails).choose(preparation=2)
    assert (choice.answer, choice.failed) == ("plain", {"compiled": "RuntimeError: no compiler"})


def test_a_contender_that_fails_is_out_and_its_error_is_kept():
    choice = Clock(first=1.0, broken=RuntimeError("no kernel\nfor this")).choose()
    assert choice.answer == "first"
    assert choice.failed == {"broken": "RuntimeError: no kernel"}
    assert "broken failed: RuntimeError: no kernel" in str(choice)


def test_the_second_is_taken_if_the_first_fails():
    assert Clock(broken=RuntimeError("no"), other=1.0).choose(gain=1.2).answer == "other"


def test_if_all_fail_the_reasons_are_given():
    with pytest.raises(RuntimeError, match="a: ValueError: one; b: ValueError: two"):
        Clock(a=ValueError("one"), b=ValueError("two")).choose()


def test_three_runs_choose_alike_though_the_times_change():
    first = Clock(first=1.0, second=0.5).choose()
    again = [Clock(first=1.0, second=1.1 + i).choose() for i in range(2)]
    assert [c.answer for c in (first, *again)] == ["second"] * 3
    assert [c.origin for c in (first, *again)] == ["measured", "remembered", "remembered"]


def test_other_circumstances_are_measured_anew(monkeypatch):
    Clock(first=1.0, second=0.5).choose()
    clock = Clock(first=1.0, second=2.0)
    choice = choose("kernel", {"size": 9}, clock.contenders(), clock=clock)
    assert (choice.answer, choice.origin) == ("first", "measured")
    monkeypatch.setattr(choices, "machine", lambda: {"processor": "another"})
    assert Clock(first=1.0, second=2.0).choose().origin == "measured"


def test_a_study_fixes_the_answer_and_nothing_is_run(monkeypatch):
    monkeypatch.setenv(choices.PINS, "gram=float32, kernel=first")
    clock = Clock(first=1.0, second=0.5)
    choice = clock.choose()
    assert (choice.answer, choice.origin, clock.runs["second"]) == ("first", "fixed", 0)


def test_a_fixed_answer_that_is_none_of_the_contenders_is_refused(monkeypatch):
    monkeypatch.setenv(choices.PINS, "kernel=third")
    with pytest.raises(ValueError, match="kernel = 'third'; allowed here: first, second"):
        Clock(first=1.0, second=0.5).choose()
    monkeypatch.setenv(choices.PINS, "kernel")
    with pytest.raises(ValueError, match="'kernel' is not of the form question=answer"):
        Clock(first=1.0, second=0.5).choose()


def test_a_single_contender_is_not_timed():
    clock = Clock(first=1.0)
    assert (clock.choose().origin, clock.runs["first"]) == ("only", 0)


def test_a_damaged_memory_is_replaced(memory):
    Clock(first=1.0, second=0.5).choose()
    (file,) = memory.iterdir()
    file.write_text(file.read_text()[:20])
    assert Clock(first=1.0, second=0.5).choose().origin == "measured"
    assert json.loads(file.read_text())["answer"] == "second"


def test_of_two_that_measure_at_once_the_first_to_publish_is_followed(memory):
    late = Clock(first=0.5, second=1.0)
    early = Clock(first=1.0, second=0.5)

    def meanwhile(turn):
        if turn == 1:
            early.choose()
        return 1.0

    late.costs["second"] = meanwhile
    assert late.choose().answer == "second"
    assert [path.suffix for path in memory.iterdir()] == [".json"]


def test_a_folder_that_cannot_be_written_is_said(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(choices.FOLDER, str(tmp_path / "file"))
    assert Clock(first=1.0, second=0.5).choose().answer == "second"
    assert "cannot be remembered" in capsys.readouterr().err


def test_choices_are_kept_for_the_run_record():
    Clock(first=1.0, second=0.5).choose()
    (kept,) = choices.made()
    assert (kept["question"], kept["answer"], kept["about"]["size"]) == ("kernel", "second", 8)
    assert {"processor", "numpy", "torch"} <= set(kept["about"])
    json.dumps(kept)


def test_the_module_needs_the_standard_library_alone():
    code = (
        "import sys, spatial_mae.choices\n"
        "assert not {'numpy', 'torch'} & set(sys.modules), 'a heavy import'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

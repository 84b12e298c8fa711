"""Small versions of what `python -m benchmarks reliability` measures."""

import pytest
from benchmarks import reliability
from benchmarks.reliability import archives, configs


@pytest.mark.parametrize("index", range(60))
def test_a_mutated_config_is_planned_or_refused_in_words(index):
    _, mutations, config = configs.mutated(1, index)
    outcome, words = configs.plan(config)
    assert outcome in (configs.PLANNED, configs.REFUSED), (mutations, words)


def test_some_mutated_configs_are_planned_and_some_are_not():
    found = {configs.plan(configs.mutated(1, index)[2])[0] for index in range(40)}
    assert found == {configs.PLANNED, configs.REFUSED}


MADE_UP = {f"{reader}: {case}": tries for reader, case, tries in archives.made_up()}


@pytest.mark.parametrize("case", MADE_UP)
def test_a_harmful_archive_is_refused_and_leaves_nothing(case):
    for one in MADE_UP[case]:
        outcome, words = archives.outcome_of(one)
        assert outcome == "refused" and words, words


def test_a_trap_works_where_it_is_not_refused(tmp_path, monkeypatch):
    """Or no test with it could fail."""
    import pickle

    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    pickle.loads(pickle.dumps(archives.TRAP))
    assert (tmp_path / "evil").exists()


@pytest.mark.parametrize("reader", [reader for reader, _, _ in archives.damaged(0, 0)])
def test_a_damaged_archive_is_refused_or_read_as_it_was(reader):
    (tries,) = [tries for name, _, tries in archives.damaged(40, 2) if name == reader]
    found = [archives.outcome_of(one)[0] for one in tries]
    allowed = {"refused", "same"} | ({"different"} if reader == "a pickled batch" else set())
    assert set(found) <= allowed and "refused" in found


def test_an_unknown_part_is_named(capsys):
    with pytest.raises(SystemExit):
        reliability.main(["kils"])
    assert "no part kils; there are configs, archives, damage, kills" in capsys.readouterr().err

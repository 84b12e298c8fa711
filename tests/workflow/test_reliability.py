"""Small versions of `python -m benchmarks reliability kills` and `damage`."""

import random
import shutil

import pytest
from benchmarks.reliability import damage, kills, study
from planning import TINY

TARGETS = ("results/tiny/tables/ising.csv", "results/tiny/tables/losses.csv")


def test_kills_change_no_result(finished, copy_project, monkeypatch):
    """Snakemake, a job and both are killed, one after another, and the tables come out equal."""
    monkeypatch.setattr(kills, "LONGEST", 4)  # seconds: before so few jobs can end
    folder = copy_project()
    draw, words = random.Random(0), (*TARGETS, "--configfile", TINY)
    hit = [kills.attempt(folder, words, target, draw)[0] for target in kills.TARGETS]
    assert any(hit)
    assert kills.attempt(folder, words, None, draw) == (None, None)
    for name in TARGETS:
        assert damage.same(finished / name, folder / name)


@pytest.fixture(scope="module")
def copied(finished, tmp_path_factory):
    """A copy of the finished study's results to be damaged."""
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copytree(finished / "results", folder / "results")
    return folder


def test_damaged_files_are_named_or_do_no_harm(finished, copied):
    """One file of each kind."""
    jobs, files = list(damage.finished_jobs(finished)), damage.by_kind(finished)
    assert {"seal", ".npy", ".npz", ".safetensors", "table of a run", "record.json"} <= set(files)
    found = {}
    for number, kind in enumerate(sorted(files)):
        draw = random.Random(number)
        read = [name for name in files[kind] if damage.readers(jobs, name)]
        file = draw.choice(read)
        damage.spoil(copied / file, draw)
        job = draw.choice(damage.readers(jobs, file))
        found[file] = damage.attempt(copied, finished, file, job)
        damage.restore(copied, finished, file, job)
    assert [one for one in found.items() if one[1][0] not in (damage.NAMED, damage.HARMLESS)] == []
    assert sum(outcome == damage.NAMED for outcome, _ in found.values()) > len(found) / 2


def test_an_undamaged_file_is_used(finished, copied):
    """Or the test above could not fail."""
    (job,) = [j for j in damage.finished_jobs(finished) if j.rule == "judge_claims"]
    assert damage.attempt(copied, finished, "claims.json", job)[0] == damage.HARMLESS
    damage.restore(copied, finished, "results/tiny/claims.json", job)


def test_a_file_without_its_seal_gives_other_results(finished, copied):
    """What the seals are there for."""
    name = "results/tiny/tables/losses.csv"
    job = next(
        j for j in damage.finished_jobs(finished) if "losses" in j.words and name in j.inputs
    )
    rows = (copied / name).read_text().splitlines()
    (copied / name).write_text("\n".join(rows[:-1]) + "\n")
    assert damage.attempt(copied, finished, name, job)[0] == damage.NAMED
    (copied / "results/tiny/tables/.losses.csv.sha256").unlink()
    assert damage.attempt(copied, finished, name, job)[0] == damage.SILENT
    damage.restore(copied, finished, name, job)


def test_the_study_is_that_of_the_tests():
    assert study.TINY == TINY

"""A search on the workflow itself, with made tables in place of trained networks."""

import json

import made_search
import pytest
import yaml
from planning import planned, snakemake_in

TUNE = "results/recipes/tune"
ALONE = ("--allowed-rules", "rank_recipes", "choose_recipe", "write_config", "tune")


@pytest.fixture
def searched(project, tmp_path):
    """A folder with made tables, and a function that runs Snakemake there."""
    made_search.write_search(tmp_path, made_search.config())
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(made_search.merged()))
    run = snakemake_in(tmp_path)
    words = ("-s", project / "Snakefile", "--configfile", "few.yaml", "--")
    return tmp_path, lambda target, *flags: run(*flags, *words, target)


def test_a_search_stops_between_rungs_and_uses_an_edited_one(searched):
    folder, run = searched
    run(f"{TUNE}/epoch-1.json", *ALONE)
    assert not (folder / f"{TUNE}/epoch-3.json").exists()
    file = folder / f"{TUNE}/epoch-1.json"
    content = json.loads(file.read_text())
    kept = [entry["candidate"] for entry in content["kept"]]
    content["kept"] = content["kept"][-2:]
    file.write_text(json.dumps(content))
    run("tune", *ALONE)
    assert json.loads(file.read_text()) == content
    found = json.loads((folder / f"{TUNE}/tune.json").read_text())
    assert found["edited"] == ["epoch-1"] and found["winner"] != kept[0]
    assert "Edited by hand" in (folder / f"{TUNE}/tune.md").read_text()


def test_the_plan_trains_every_candidate_to_the_first_rung(searched):
    for table in (folder := searched[0]).rglob("scores_*.csv"):
        table.unlink()
    next(folder.rglob("check.record.json")).unlink()
    jobs = planned(searched[1]("tune", "-n"))
    assert jobs["pretrain_mae"] == jobs["evaluate_mae"] == 6
    assert (jobs["rank_recipes"], jobs["choose_recipe"], jobs["check_dataset"]) == (2, 1, 1)
    assert not (folder / TUNE).exists()

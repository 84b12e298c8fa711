"""A ladder judged from made tables of its own design; a rung whose table is missing is left out."""

import gzip

import numpy as np
import pytest
import yaml
from benchmarks import made_tables

from spatial_mae.cli.judge_ladder import main
from spatial_mae.files import read_json, read_rows, write_rows
from spatial_mae.ladder.costs import draw_costs
from spatial_mae.ladder.curves import draw_measures
from spatial_mae.ladder.drawing import draw
from spatial_mae.tables.rows import pick

RUNGS = {f"epochs_{epochs}": epochs for epochs in (3, 10, 30, 100)}


EXPERIMENTS = [{"name": name, "kind": "jacobian"} for name in RUNGS]
EXPERIMENTS += [{"name": f"probes_{name}", "kind": "evaluation"} for name in RUNGS]
CONFIG = {
    "study": "ladder",
    "ladder": [*RUNGS],
    "recipes": {"pretraining": {name: {"epochs": epochs} for name, epochs in RUNGS.items()}},
    "experiments": EXPERIMENTS,
}


def judge(folder, *studies):
    for study in studies:
        (study / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    main(["--studies", *map(str, studies), f"--folder={folder}", f"--record={folder / 'r'}"])
    return read_rows(folder / "ladder.csv"), read_json(folder / "ladder.json")


@pytest.fixture(scope="module")
def made():
    config = made_tables.studies()["ladder"]
    return made_tables.tables(config, 2, np.random.default_rng(0), {"jacobian", "evaluation"})


def rung(made, kind, name):
    rows = [row for row in made[kind] if row["training"] == name]
    assert rows
    return rows


def write(folder, made, names):
    for name in names:
        write_rows(folder / "tables" / f"{name}.csv", rung(made, "jacobian", name))


def test_a_ladder_that_was_stopped_reports_what_it_has(tmp_path, made, capsys):
    write(tmp_path, made, [*RUNGS][:-1])
    verdicts, trends = judge(tmp_path, tmp_path)
    printed = capsys.readouterr().out
    assert "epochs_100.csv: not there yet, left out" in printed
    assert {row["epochs"] for row in verdicts} == {3, 10, 30}
    (entropy,) = [row for row in trends if row["id"] == "entropy.patch"]
    assert entropy["n_rungs"] == 3 and entropy["word"] == "no trend shown"
    assert entropy["predicted"] is None and entropy["reason"].startswith("3 rungs")
    assert (
        "| entropy.mask | changes in masking ratio had a much weaker influence on distant spatial "
        "information | all | 3: " in printed
    )
    assert all((tmp_path / f"ladder.{suffix}").stat().st_size > 1000 for suffix in ("pdf", "png"))


def test_parts_trained_as_studies_of_their_own_are_judged_as_one(tmp_path, made):
    """Rungs and seeds of a rung may be in different studies, one of them kept and compressed."""
    together, most, seed = (tmp_path / name for name in ("together", "most", "seed"))
    write(together, made, [*RUNGS])
    write(most, made, [*RUNGS][1:])
    for study, number in ((most, 0), (seed, 1)):
        rows = [r for r in rung(made, "jacobian", "epochs_3") if r["seed"] == number]
        write_rows(study / "tables/epochs_3.csv", rows)
    table = seed / "tables/epochs_3.csv"
    table.with_suffix(".csv.gz").write_bytes(gzip.compress(table.read_bytes()))
    table.unlink()
    assert judge(tmp_path, most, seed) == judge(together, together)


@pytest.mark.parametrize(
    ("place", "other", "says"),
    [
        (
            "recipes",
            {"pretraining": {"epochs_10": {"epochs": 11}}},
            "recipes.pretraining.epochs_10",
        ),
        ("models", {"small": {"width": 96}}, "models.small"),
        ("datasets", {"cifar10": {"source": "cifar10", "root": "a"}}, "datasets.cifar10"),
    ],
)
def test_parts_of_other_networks_are_refused(tmp_path, made, place, other, says):
    known = {"models": {"small": {"width": 64}}}
    known["datasets"] = {"cifar10": {"source": "image_folder", "root": "b"}}
    for name, config in (("one", CONFIG | known), ("two", CONFIG | known | {place: other})):
        write(tmp_path / name, made, [*RUNGS][:1])
        (tmp_path / name / "config.yaml").write_text(yaml.safe_dump(config))
    studies = [str(tmp_path / name) for name in ("one", "two")]
    with pytest.raises(ValueError, match=f"have other {says}: .*share recipes, networks and data"):
        main(["--studies", *studies, f"--folder={tmp_path}", f"--record={tmp_path / 'r'}"])


def test_recipes_that_no_experiment_reads_may_differ(tmp_path, made):
    """`basis` is read by the second part alone; by both, it must be one."""
    basis = {"name": "basis", "kind": "basis", "recipe": "default"}

    def judged(experiments):
        for name, images in (("one", 10), ("two", 32)):
            write(tmp_path / name, made, [*RUNGS][:1])
            recipes = CONFIG["recipes"] | {"basis": {"default": {"n_images": images}}}
            config = CONFIG | {"recipes": recipes, "experiments": experiments[name]}
            (tmp_path / name / "config.yaml").write_text(yaml.safe_dump(config))
        studies = [str(tmp_path / name) for name in experiments]
        main(["--studies", *studies, f"--folder={tmp_path}", f"--record={tmp_path / 'r'}"])

    judged({"one": EXPERIMENTS, "two": [*EXPERIMENTS, basis]})
    assert read_rows(tmp_path / "ladder.csv")
    with pytest.raises(ValueError, match="have other recipes.basis.default: .*10.* and .*32"):
        judged({name: [*EXPERIMENTS, basis] for name in ("one", "two")})


def test_parts_may_lie_in_other_places_and_know_newer_keys(tmp_path, made):
    for name, own in (("one", {"root": "a"}), ("two", {"root": "b", "new": 1})):
        write(tmp_path / name, made, [*RUNGS][:2])
        config = CONFIG | {"datasets": {"cifar10": {"source": "image_folder"} | own}}
        (tmp_path / name / "config.yaml").write_text(yaml.safe_dump(config))
    studies = [str(tmp_path / name) for name in ("one", "two")]
    main(["--studies", *studies, f"--folder={tmp_path}", f"--record={tmp_path / 'r'}"])
    assert read_rows(tmp_path / "ladder.csv")


def test_one_rung_is_reported_too(tmp_path, made):
    write(tmp_path, made, [*RUNGS][:1])
    verdicts, trends = judge(tmp_path, tmp_path)
    assert {row["epochs"] for row in verdicts} == {3}
    assert {row["word"] for row in trends} == {"too few rungs"}


def test_networks_are_shown_at_every_rung(tmp_path, made):
    write(tmp_path, made, RUNGS)
    for name in RUNGS:
        rows = rung(made, "evaluation", name)
        write_rows(tmp_path / "tables" / f"probes_{name}.csv", rows)
    judge(tmp_path, tmp_path)
    found = read_json(tmp_path / "ladder_networks.json")
    assert {(row["epochs"], row["state"]) for row in found if row["measure"] == "probe"} == {
        (epochs, state) for epochs in RUNGS.values() for state in ("trained", "untrained")
    }
    assert {row["measure"] for row in found} == {"probe", "hidden_error", "spread", "entropy"}
    probe = {"measure": "probe", "state": "trained", "epochs": 10, "patch": 4, "mask": 0.5}
    made_probes = pick(rung(made, "evaluation", "epochs_10"), protocol="linear_probe")
    wanted = pick(made_probes, representation="mean", epoch=2000, patch=4, mask=0.5, enc=4, dec=1)
    values = [pick(rows, seed=1) for rows in (pick(found, **probe), pick(wanted, model="small"))]
    assert [len(rows) for rows in values] == [1, 1]
    assert values[0][0]["value"] == values[1][0]["value"]
    for figure in ("ladder_networks", "ladder_costs"):
        assert (tmp_path / f"{figure}.png").stat().st_size > 1000


@pytest.mark.parametrize("figure", [draw([], []), draw_measures([]), draw_costs([])])
def test_a_figure_without_data_says_why(figure):
    assert " yet" in figure.texts[0].get_text()


def test_without_a_rung_it_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="no statement has an estimate: train a rung"):
        judge(tmp_path, tmp_path)


def test_a_folder_without_a_study_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no study is kept in .*nowhere"):
        main([f"--studies={tmp_path / 'nowhere'}", f"--folder={tmp_path}", f"--record={tmp_path}"])

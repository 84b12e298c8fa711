"""A study's tables kept as text: rounded, judged as kept, free of places of one machine."""

import json
import shutil

import pytest
import yaml
from toy_study import CONFIG, RECORDS

from spatial_mae.claims.judging import judge_all
from spatial_mae.files import sha256, write_rows
from spatial_mae.report.results_page import main as write_results_page
from spatial_mae.sharing.keeping import Archive, held_out_losses, judge_again, keep, rounded
from spatial_mae.tables.reading import read_table

EXPERIMENT = {**CONFIG["experiments"][0], "grids": [{"dataset": ["leaves"]}]}
ROW = {"dataset": "leaves", "height": 4, "width": 4, "n_images": 9, "pixels": "lossless"}
FREQUENCIES = (-0.5, -0.25, 0.0, 0.25)


def rows() -> list[dict]:
    """Power of an image and of the same image with patches hidden, over all frequencies."""
    hidden = {"patch": 2, "sampling": "bernoulli", "mask_ratio": 0.2}
    parts = [({"patch": None, "sampling": None, "mask_ratio": None}, "image"), (hidden, "masked")]
    return [
        ROW | mask | {"part": part, "frequency_x": x, "frequency_y": y, "power": power / 3}
        for mask, part in parts
        for x in FREQUENCIES
        for y in FREQUENCIES
        for power in [(1 + abs(x) + abs(y)) * (0.64 if part == "masked" else 1)]
    ]


@pytest.fixture
def finished(study):
    """A checkout in which the study `small` has run to its end, with one table."""
    folder = study / "results/small"
    config = CONFIG | {"experiments": [EXPERIMENT]}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    write_rows(folder / "tables/psd.csv", rows())
    claims = judge_all({"psd": read_table(folder / "tables/psd.csv", "psd")})
    (folder / "claims.json").write_text(json.dumps(claims))
    record = {"commit": "abc", "versions": {"numpy": "2.0"}, "python": "3.11", "seconds": 2.5}
    record |= {"started": "2020-01-01T00:00:00Z", "device": "cpu (2 cores, x86_64)"}
    (study / RECORDS[0]).write_text(json.dumps(record))
    manifest = {"source": "dead_leaves", "n_train": 9, "n_test": 2, "height": 4, "width": 4}
    manifest |= {"channels": 1, "pixels": "lossless", "licence": "free"}
    files = {"train.npy": {"sha256": "ab" * 32, "shape": [9]}}
    path = study / "results/data/leaves/manifest.json"
    path.write_text(json.dumps(manifest | {"files": files}))
    return study


def test_numbers_are_rounded_and_words_and_counts_are_not():
    assert [rounded(t) for t in ("0.12345678", "1e-20", "50000", "", "lossless", "1.5, lossy")] == [
        "0.123457",
        "1e-20",
        "50000",
        "",
        "lossless",
        "1.5, lossy",
    ]


def test_tables_config_claims_and_origin_are_kept(finished, tmp_path):
    kept = keep("small", finished, tmp_path / "archives")
    assert kept.config["study"] == "small"
    powers = [row["power"] for row in kept.table("psd")]
    assert powers == pytest.approx([row["power"] for row in rows()], rel=1e-5)
    assert powers != [row["power"] for row in rows()]
    assert kept.record["commits"] == ["abc"]
    assert kept.record["seconds"] == 2
    assert kept.record["datasets"]["leaves"]["sha256"] == {"train.npy": "ab" * 32}
    assert kept.claims["psd.zeroing"]["verdict"] == "fails"
    assert list(kept.claims.values()) == kept.judged()


def test_tables_of_before_are_told_which_targets_were_normalised(tmp_path):
    """The config knows it, and a table that says it itself is believed."""
    experiment = {"name": "scores", "kind": "evaluation"}
    recipes = {"pretraining": {"a": {"normalise_targets": True}, "b": {}}}
    config = {"study": "old", "recipes": recipes, "experiments": [experiment]}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    write_rows(tmp_path / "tables/scores.csv", [{"training": t, "value": 1} for t in "ab"])
    assert [r["normalised_targets"] for r in Archive(tmp_path).table("scores")] == ["yes", "no"]
    write_rows(tmp_path / "tables/scores.csv", [{"training": "b", "normalised_targets": "yes"}])
    assert [r["normalised_targets"] for r in Archive(tmp_path).table("scores")] == ["yes"]


def test_a_large_table_is_compressed_and_read_alike(finished, tmp_path, monkeypatch):
    plain = keep("small", finished, tmp_path / "plain")
    monkeypatch.setattr("spatial_mae.sharing.keeping.LARGE", 10)
    packed = keep("small", finished, tmp_path / "packed")
    assert [path.name for path in (packed.folder / "tables").iterdir()] == ["psd.csv.gz"]
    assert packed.table("psd") == plain.table("psd")


def test_the_overlay_stays_and_old_tables_go(finished, tmp_path):
    old = tmp_path / "archives/small"
    (old / "tables").mkdir(parents=True)
    (old / "tables/gone.csv").touch()
    (old / "overlay.yaml").write_text("study: small\n")
    keep("small", finished, tmp_path / "archives")
    assert (old / "overlay.yaml").read_text() == "study: small\n"
    assert [path.name for path in (old / "tables").iterdir()] == ["psd.csv"]


def test_a_root_of_one_machine_is_refused(finished, tmp_path):
    path = finished / "results/small/config.yaml"
    config = yaml.safe_load(path.read_text())
    config["datasets"]["leaves"] = {"source": "image_folder", "root": "/home/someone/photos"}
    path.write_text(yaml.safe_dump(config))
    with pytest.raises(ValueError, match="'leaves' has root '/home/someone/photos'.*relative path"):
        keep("small", finished, tmp_path / "archives")
    assert not (tmp_path / "archives").exists()


def test_a_verdict_that_the_kept_tables_do_not_give_is_named_and_nothing_is_replaced(
    finished, tmp_path
):
    before = keep("small", finished, tmp_path / "archives").table("psd")
    write_rows(finished / "results/small/tables/psd.csv", [{**r, "power": 1.0} for r in rows()])
    path = finished / "results/small/claims.json"
    claims = json.loads(path.read_text())
    next(c for c in claims if c["id"] == "psd.zeroing")["verdict"] = "holds"
    path.write_text(json.dumps(claims))
    with pytest.raises(ValueError, match="verdicts on .*psd.zeroing.* differ"):
        keep("small", finished, tmp_path / "archives")
    assert Archive(tmp_path / "archives/small").table("psd") == before
    assert [path.name for path in (tmp_path / "archives").iterdir()] == ["small"]


def test_verdicts_of_before_are_renewed_from_the_kept_tables(finished, tmp_path, capsys):
    folder = keep("small", finished, tmp_path / "docs/archives").folder
    before = (folder / "claims.json").read_bytes()
    old = json.loads(before)
    next(c for c in old if c["id"] == "psd.zeroing")["verdict"] = "holds"
    (folder / "claims.json").write_text(json.dumps(old[1:]))
    write_results_page([str(tmp_path / "docs"), "--no-pictures"])
    assert (folder / "claims.json").read_bytes() != before
    write_results_page([str(tmp_path / "docs"), "--no-pictures", "--judge"])
    assert (folder / "claims.json").read_bytes() == before
    assert "verdicts renewed: small" in capsys.readouterr().out
    assert judge_again(tmp_path / "docs/archives") == []


def test_losses_from_which_a_weight_was_chosen_are_kept(tmp_path):
    paths = [f"results/linear/leaves/{run}/solution.record.json" for run in ("patch-2", "patch-4")]
    for path, record in zip(
        paths, ({"held_out_losses": {"0.9": 0.2}}, {"seconds": 1}), strict=True
    ):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(json.dumps(record))
    found = held_out_losses(tmp_path, [*paths, "results/data/leaves/record.json"])
    assert found == {"held_out_losses": {"leaves/patch-2": {"0.9": 0.2}}}
    assert held_out_losses(tmp_path, paths[1:]) == {}


def test_tables_of_other_runs_than_the_config_asks_for_are_refused(finished, tmp_path):
    path = finished / "results/small/config.yaml"
    config = yaml.safe_load(path.read_text())
    config["experiments"][0]["grids"][0]["dataset"] = ["leaves", "ising"]
    config["datasets"]["ising"] = {"source": "ising"}
    path.write_text(yaml.safe_dump(config))
    manifest = finished / "results/data/ising/manifest.json"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(finished / "results/data/leaves/manifest.json", manifest)
    with pytest.raises(ValueError, match="'psd' is not .* 1 of 2 are missing .* dataset ising;"):
        keep("small", finished, tmp_path / "archives")
    assert not list((tmp_path / "archives").glob("small"))


def test_what_is_not_kept_is_named_with_what_is(finished, tmp_path):
    kept = keep("small", finished, tmp_path / "archives")
    with pytest.raises(ValueError, match="no experiment 'losses'; it has psd"):
        kept.table("losses")
    with pytest.raises(FileNotFoundError, match="no study is kept in .*other; there are small"):
        Archive(tmp_path / "archives/other")
    shutil.rmtree(finished / "results/small")
    with pytest.raises(FileNotFoundError, match="has not been run"):
        keep("small", finished, tmp_path / "archives")


def test_tables_of_files_that_another_study_has_replaced_are_refused(finished, tmp_path):
    run = finished / "results/linear/leaves/psd_one.csv"
    record = {"inputs": {"results/linear/leaves/psd_one.csv": sha256(run)}, "seconds": 1}
    record |= {"started": "2020-01-01T00:00:00Z", "python": "3.11", "device": "cpu"}
    (finished / "results/small/tables/psd.record.json").write_text(json.dumps(record))
    keep("small", finished, tmp_path / "archives")
    run.write_text("of another study\n")
    with pytest.raises(
        ValueError, match="psd_one.csv is not the file that .*psd.record.json names"
    ):
        keep("small", finished, tmp_path / "others")
    assert not (tmp_path / "others").exists()

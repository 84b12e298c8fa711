"""A rung's file from tables of scores."""

import pytest
from simulated_advice import look

from spatial_mae.advise import rungs
from spatial_mae.cli.rank_settings import main
from spatial_mae.files import read_json, read_rows, write_json, write_rows

LAST = 3


def score_table(folder, patch, mask, seed, error, probe=None):
    """A table as evaluate_mae writes it, in the folder of its run; its path. probe: by epoch."""
    run = f"patch-{patch}_unit-1_mask-{mask}_enc-1_dec-1_seed-{seed}_until-{LAST}"
    common = {"epochs": 10, "status": "training", "block": None}
    rows = []
    for epoch in (0, 1, LAST):
        at = {"epoch": epoch, "pretrain_seconds": 2.0 * epoch, **common}
        hidden = {"protocol": "reconstruction", "representation": None, "metric": "hidden_error"}
        rows.append(at | hidden | {"value": error, "n_test": 50})
        if probe is not None:
            accuracy = {"protocol": "linear_probe", "representation": "mean", "metric": "accuracy"}
            rows.append(at | accuracy | {"value": probe[epoch], "n_test": 1000})
    write_rows(folder / run / "scores_advise.csv", rows)
    return folder / run / "scores_advise.csv"


def test_the_probe_compares_patches_at_the_last_rung_and_masks_at_the_first(tmp_path):
    write_json(tmp_path / "look.json", look("probe"))
    turned = [
        score_table(tmp_path, 4, mask, seed, 0.5, {0: 0.1, 1: early, LAST: late})
        for mask, early, late in ((0.5, 0.9, 0.2), (0.75, 0.3, 0.8))
        for seed in (0, 1)
    ]
    found = run(tmp_path, "masks", tmp_path / "look.json", turned)
    assert found["kept"][0]["mask"] == 0.5 and "90.0 %" in found["kept"][0]["why"]
    other = score_table(tmp_path, 8, 0.75, 0, 0.5, {0: 0.1, 1: 0.9, LAST: 0.2})
    found = run(tmp_path, "patches", tmp_path / "look.json", [*turned[2:], other])
    assert found["kept"][0]["patch"] == 4


def tables(folder):
    errors = {2: 0.9, 4: 0.5, 8: 0.51, 16: 0.95}
    runs = [(p, seed, e + seed / 100) for p, e in errors.items() for seed in (0, 1)]
    return [score_table(folder, patch, 0.75, seed, error) for patch, seed, error in runs]


def run(folder, rung, before, scores):
    flags = {"rung": rung, "look": folder / "look.json", "before": before}
    flags |= {"decision": folder / f"{rung}.json", "table": folder / f"{rung}.csv"}
    flags |= {"record": folder / f"{rung}.record.json"}
    arguments = [text for key, value in flags.items() for text in (f"--{key}", str(value))]
    main([*arguments, "--epochs", "1", str(LAST), "--scores", *map(str, scores)])
    return read_json(folder / f"{rung}.json")


def test_patches_then_masks(tmp_path):
    write_json(tmp_path / "look.json", look("error"))
    found = run(tmp_path, "patches", tmp_path / "look.json", tables(tmp_path))
    assert [s["patch"] for s in found["kept"]] == [4, 8]
    assert {s["patch"] for s in found["dropped"]} == {2, 16}
    assert len(read_rows(tmp_path / "patches.csv")) == 24
    kept = [p for p in tables(tmp_path) if p.parent.name.startswith(("patch-4", "patch-8"))]
    found = run(tmp_path, "masks", tmp_path / "patches.json", kept)
    assert (4, 0.75) in [(s["patch"], s["mask"]) for s in found["kept"]]


def test_a_file_edited_by_hand_is_used_or_refused(tmp_path):
    write_json(tmp_path / "look.json", look("error"))
    run(tmp_path, "patches", tmp_path / "look.json", tables(tmp_path))
    file = read_json(tmp_path / "patches.json")
    file["kept"] = [{"patch": 16, "mask": 0.75, "masks": [0.75]}]
    write_json(tmp_path / "patches.json", file)
    assert rungs.is_edited(read_json(tmp_path / "patches.json"))
    own = [p for p in tables(tmp_path) if p.parent.name.startswith("patch-16_")]
    found = run(tmp_path, "masks", tmp_path / "patches.json", own)
    assert [s["patch"] for s in found["kept"]] == [16, 4]
    write_json(tmp_path / "patches.json", file | {"kept": [{"patch": 3, "mask": 0.75}]})
    with pytest.raises(ValueError, match="names patch 3 at mask ratio 0.75"):
        run(tmp_path, "masks", tmp_path / "patches.json", own)

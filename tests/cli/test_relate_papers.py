"""The entry point that puts both papers' quantities of a run side by side."""

import json

import pytest

from spatial_mae.cli.relate_papers import main
from spatial_mae.files import read_json, read_rows, write_rows
from spatial_mae.study.measurements import RELATED

MADE = {"epochs": 3, "status": "completed", "standard_error": 0.1}


@pytest.fixture
def related(pretrained):
    spread = {"measure": "spread", "source": "network", "value": 2.5, "epoch": 3}
    spread |= {"outputs": "hidden", "power": 1, "channels": "sum", "base": "", "normalised": ""}
    empty = {"metric": "none", "epoch": 1, "query": "", "block": 1, "head": "", "uniform": 1}
    empty |= {"protocol": "", "space": "", "representation": "", "value": 0}
    paths = []
    for kind in RELATED:
        paths.append(pretrained / f"{kind}.csv")
        write_rows(paths[-1], [MADE | (spread if kind == "jacobian" else empty)])
    recipe = {"jacobian": "a", "inspection": "b", "evaluation": "c", "arities": [4]}
    flags = {
        "manifest": pretrained / "manifest.json",
        "run": "patch-2_unit-1_mask-0.5_enc-1_dec-1_seed-0",
        "training": json.dumps({"sampling": "exact"}),
        "recipe": json.dumps(recipe),
        "relation": pretrained / "relation.csv",
        "record": pretrained / "record.json",
        "seed": 0,
    }

    def call(**changes):
        given = {key: str(value) for key, value in (flags | changes).items()}
        main(
            [text for key, value in given.items() for text in (f"--{key}", value)]
            + ["--tables", *map(str, paths)]
        )
        return read_rows(pretrained / "relation.csv")

    return call


def test_levels_of_the_runs_own_masks_stand_beside_its_measurements(related, pretrained):
    rows = related()
    assert [(r["measure"], r["source"]) for r in rows] == [
        ("spread", "network"),
        *((f"level_{name}", "arity 4") for name in ("lowest", "mean", "highest")),
    ]
    assert {r["paper"] for r in rows} == {"bisulco", "kong"}
    assert all((r["epochs"], r["status"]) == (3, "completed") for r in rows)
    assert 1 < rows[2]["value"] < 3  # units of two pixels, of an image of eight
    assert read_json(pretrained / "record.json")["inputs"]


def test_a_tree_that_does_not_fit_writes_nothing(related, pretrained):
    with pytest.raises(ValueError, match="no power of 3"):
        related(
            recipe=json.dumps(
                {"jacobian": "a", "inspection": "b", "evaluation": "c", "arities": [3]}
            )
        )
    assert not (pretrained / "relation.csv").exists()

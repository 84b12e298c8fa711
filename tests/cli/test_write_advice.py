"""The advice entry point: from tables of scores to the page, the numbers and the next study."""

import json

import numpy as np
import pytest
import yaml
from simulated_advice import COMMON, EPOCHS, LAST, PATCHES, Trial, look

from spatial_mae.advise.rungs import signed
from spatial_mae.advise.usage import next_study
from spatial_mae.cli.write_advice import main
from spatial_mae.files import read_json, read_rows, write_arrays, write_json, write_rows, write_text
from spatial_mae.study import configuration
from spatial_mae.study.data_fit import data_misfits
from spatial_mae.study.schema import schema

BLOCK = {"dataset": "photos", "model": "small", "training": "short", "rungs": list(EPOCHS)}


def study(project):
    """The merged config of the study that advises, with our names."""
    base, overlay = (
        yaml.safe_load((project / path).read_text())
        for path in ("config.yaml", "workflow/studies/advise.yaml")
    )
    merged = configuration.merged(base, overlay)
    merged["datasets"]["photos"] = merged["datasets"]["advised"]
    merged["models"]["small"] = merged["models"]["advised"]
    merged["recipes"]["pretraining"]["short"] = merged["recipes"]["pretraining"]["advise"]
    return base, configuration.checked(merged)


def score_table(folder, row, epochs):
    run = f"patch-{row['patch']}_unit-1_mask-{row['mask']}_enc-1_dec-1_seed-{row['seed']}"
    common = {"block": None, "epochs": LAST, "status": "completed"}
    rows = []
    for epoch in epochs:
        at = {"epoch": epoch, "pretrain_seconds": row["seconds"], **common, "n_test": 1200}
        accuracy = {"protocol": "linear_probe", "representation": "mean", "metric": "accuracy"}
        hidden = {"protocol": "reconstruction", "representation": None, "metric": "hidden_error"}
        rows += [at | accuracy | {"value": row["probe"] if epoch else 0.2}]
        rows += [at | hidden | {"value": 0.5}]
    write_rows(folder / run / "scores.csv", rows)
    return folder / run / "scores.csv"


@pytest.fixture
def advised(tmp_path, project):
    """Run the entry point on a trial in which patch 8 is better by 12 points, files edited."""

    def call(edit=lambda files: None):
        trial = Trial(np.random.default_rng(0), lambda p, m, e: 0.4 + 0.12 * (p == 8), 0.01)
        patches, masks, first, last = trial.decisions()
        files = {"look": trial.look | {"references": {}, "mean_image_share": 1.0}}
        files["look"] |= {"dropped": [], "correlation_length": 3.0, "pixels": "drawn"}
        files = {"look": signed({k: v for k, v in files["look"].items() if k != "checksum"})}
        files |= {"patches": first, "masks": last}
        edit(files)
        for name, content in files.items():
            write_json(tmp_path / f"{name}.json", content)
        write_arrays(tmp_path / "look.npz", {"images": np.zeros((3, 32, 32, 3), np.uint8)})
        write_rows(tmp_path / "patches.csv", patches)
        write_rows(tmp_path / "masks.csv", masks)
        settings = [(s["patch"], s["mask"]) for s in last["kept"]]
        rows = trial.rows("final", settings, (0, 1, 2), (LAST,))
        final = [score_table(tmp_path / "final", row, (0, LAST)) for row in rows]
        test = [score_table(tmp_path / "test", row | {"probe": 0.3}, (LAST,)) for row in rows]
        write_text(tmp_path / "config.yaml", yaml.safe_dump(study(project)[1]))
        flags = {"study": "mine", "block": json.dumps(BLOCK), "config": tmp_path / "config.yaml"}
        flags |= {"look": tmp_path / "look.json", "images": tmp_path / "look.npz"}
        flags |= {n: tmp_path / f"{n}.json" for n in ("patches", "masks")}
        flags |= {f"{n}-table": tmp_path / f"{n}.csv" for n in ("patches", "masks")}
        flags |= {"json": tmp_path / "advice.json", "table": tmp_path / "advice.csv"}
        flags |= {"page": tmp_path / "advice.html", "next": tmp_path / "next_study.yaml"}
        flags |= {"record": tmp_path / "record.json"}
        arguments = [text for key, value in flags.items() for text in (f"--{key}", str(value))]
        main([*arguments, "--final", *map(str, final), "--test", *map(str, test)])
        return tmp_path

    return call


def test_the_page_begins_with_the_sentence_and_has_its_evidence(advised):
    folder = advised()
    advice, page = read_json(folder / "advice.json"), (folder / "advice.html").read_text()
    assert advice["verdict"] == "advice" and advice["patch"] == 8
    assert advice["sentence"].startswith("For your 6,000 images of 32 x 32 pixels: patch 8, mask")
    assert advice["sentence"] in page and page.count("data:image/png") == 4
    assert "30.0 %" in page and "Edited by hand" not in page and "Not tried" in page
    assert "patch_size=8" in advice["keyword_arguments"]["timm"]


def test_every_number_has_its_setting_rung_and_seed(advised):
    rows = read_rows(advised() / "advice.csv")
    assert {row["rung"] for row in rows} == {"patches", "masks", "final"}
    tested = {row["rung"] for row in rows if row["test_probe"] is not None}
    assert tested == {"final"}
    assert {(r["patch"], r["mask"]) for r in rows if r["rung"] == "patches"} == {
        (p, COMMON) for p in PATCHES
    }


def test_the_next_study_can_be_run(advised, project):
    overlay = yaml.safe_load((advised() / "next_study.yaml").read_text())
    found = configuration.checked(configuration.merged(study(project)[0], overlay))
    (experiment,) = found["experiments"]
    assert experiment["grids"][0]["patch"] == [8] and "advise" in schema()["properties"]
    assert found["recipes"]["pretraining"]["advised"]["held_out"] == 0


def test_the_next_study_trains_and_probes_on_all_training_images(advised, project):
    text = (advised() / "next_study.yaml").read_text()
    found = configuration.checked(configuration.merged(study(project)[0], yaml.safe_load(text)))
    assert study(project)[1]["recipes"]["pretraining"]["short"]["n_train"] == 8000
    kinds = found["recipes"]["pretraining"], found["recipes"]["evaluation"]
    assert [recipes["advised"]["n_train"] for recipes in kinds] == [None, None]
    assert "--configfile results/advise/advise/next_study.yaml\n" in text


@pytest.mark.parametrize("channels", [1, 3])
def test_the_next_study_suits_arrays_of_one_channel(tmp_path, project, channels):
    base, config = study(project)
    draw = {s: np.zeros((20, 32, 32, channels), np.uint8) for s in ("train", "test")}
    np.savez(tmp_path / "x.npz", **{f"{split}_images": images for split, images in draw.items()})
    arrays = {"source": "array_file", "root": str(tmp_path / "x.npz"), "classes": None}
    config["datasets"] = {"photos": arrays | {"pixels": "drawn", "licence": "none"}}
    write_text(tmp_path / "config.yaml", yaml.safe_dump(config))
    advice = {"verdict": "advice", "patch": 4, "mask": 0.75, "tied_patches": [4]}
    advice |= {"sentence": "For your images: patch 4.", "scope": {"n_labels": 0}}
    seen = look(channels=channels)
    block = config["advise"] | {"dataset": "photos"}
    overlay = yaml.safe_load(next_study(advice, seen, tmp_path / "config.yaml", block))
    found = configuration.checked(configuration.merged(base, overlay))
    manifest = {"height": 32, "width": 32, "channels": channels, "n_train": 20, "n_test": 20}
    manifest |= {"class_counts": None, "classes": None, "has_depth": False, "factors": {}}
    assert data_misfits(found, "photos", manifest) == []


MASKS = {"4": [0.25, 0.575, 0.75, 0.9], "16": [0.25, 0.75]}  # at 16, 0.9 hides all 4 patches


@pytest.mark.parametrize(
    ("mask", "found"),
    [
        (0.25, {4: (0.25, "advised", 0.0), 8: (0.75, "advised", 0.0), 16: (0.25, "advised", 0.0)}),
        (0.9, {4: (0.9, "advised", 0.0), 8: (0.75, "advised", 0.0), 16: (0.75, "advised", 0.0)}),
        (
            0.575,  # drawn from 0.25 to 0.9
            {
                4: (0.575, "advised", 0.325),
                8: (0.75, "advised_common", 0.0),
                16: (0.75, "advised_common", 0.0),
            },
        ),
    ],
)
def test_without_advice_each_patch_size_has_a_mask_ratio_that_it_admits(
    tmp_path, project, mask, found
):
    base, config = study(project)
    write_text(tmp_path / "config.yaml", yaml.safe_dump(config))
    advice = {"verdict": "cannot tell", "patch": 4, "mask": mask, "tied_patches": [4, 8, 16]}
    advice |= {"sentence": "For your images: cannot tell.", "scope": {"n_labels": 6000}}
    seen = look(masks=MASKS, default={"patch": 8, "mask": 0.75, "feasible": True})
    overlay = yaml.safe_load(next_study(advice, seen, tmp_path / "config.yaml", config["advise"]))
    merged = configuration.checked(configuration.merged(base, overlay))
    recipes = merged["recipes"]["pretraining"]
    grids = overlay["experiments"][0]["grids"]
    widths = {name: recipes[name]["mask_half_width"] for g in grids for name in g["training"]}
    settings = {g["patch"][0]: (g["mask"][0], g["training"][0]) for g in grids}
    assert {p: (m, name, widths[name]) for p, (m, name) in settings.items()} == found
    assert all(recipes[name]["epochs"] == 40 for name in widths)


def test_a_file_edited_by_hand_is_named_on_the_page(advised):
    def edit(files):
        files["patches"]["kept"][0]["why"] = "I prefer it"

    folder = advised(edit)
    assert read_json(folder / "advice.json")["edited"] == ["patches"]
    assert "Edited by hand" in (folder / "advice.html").read_text()

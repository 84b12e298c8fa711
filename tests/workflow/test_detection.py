"""Detection through the workflow: from pretrained weights and a COCO set to the paper's table."""

import shutil

import pytest
import yaml
from planning import TINY, planned, snakemake_in
from toy_coco import draw_set

from spatial_mae.files import read_rows

SMALL = {
    "initialisation": "pretrained",
    "image_size": None,
    "max_size": 64,
    "epochs": 1,
    "warmup_epochs": 0,
    "batch_size": 4,
    "micro_batch": None,
    "base_learning_rate": 0.1,
    "weight_decay": 0.05,
    "betas": [0.9, 0.999],
    "layer_decay": 1.0,
    "clip_norm": 1.0,
    "flip": True,
    "scale_jitter": [1.0, 1.0],
    "n_train": None,
    "n_test": None,
    "precision": "float32",
    "out_channels": 16,
    "anchor_sizes": [8, 16, 32, 64, 128],
    "regions": 16,
    "score_threshold": 0.05,
    "detections": 5,
}


PATHS = ("train_images", "train_annotations", "test_images", "test_annotations")


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished study, whose own results stay as they are."""
    return shutil.copytree(finished, tmp_path / "copied", symlinks=True)


def overlay(folder, **paths):
    """A config for two detectors on the tiny study's encoders."""
    config = yaml.safe_load(TINY.read_text())
    (run,) = (e["grids"][0] for e in config["experiments"] if e["name"] == "jacobian")
    grid = {**run, "patch": [4], "mask": [0.5, 0.75]}
    experiment = {"name": "found", "kind": "detection", "recipe": "tiny", "grids": [grid]}
    study = {
        "recipes": {"detection": {"tiny": SMALL | paths}},
        "experiments": [*config["experiments"], experiment],
    }
    path = folder / "detection.yaml"
    path.write_text(yaml.safe_dump(study))
    return path


def test_from_weights_and_a_coco_set_to_the_papers_table(copied, tmp_path):
    paths = {}
    for part, n in (("train", 8), ("test", 4)):
        folder = draw_set(tmp_path / part, n, seed=n)
        paths |= {f"{part}_images": str(folder), f"{part}_annotations": str(folder / "coco.json")}
    names = ("table_detection", "detection")
    figures = [f"results/tiny/figures/{name}.pdf" for name in names]
    flags = ("--configfile", TINY, overlay(tmp_path, **paths), "--", *figures)
    snakemake_in(copied)(*flags)
    rows = read_rows(copied / "results/tiny/figures/table_detection.csv")
    ours = [row for row in rows if row["value"] is not None]
    assert {row["column"] for row in ours} == {"APbox", "APmask"}
    assert {row["mask"] for row in ours} == {0.5, 0.75}
    assert any(row["printed"] == 39.72 and row["printed_mask"] == 0.75 for row in rows)


def test_a_set_that_is_not_there_is_refused_before_anything_runs(finished, tmp_path):
    paths = dict.fromkeys(PATHS) | {"train_images": "no/such/folder"}
    flags = ("--configfile", TINY, overlay(tmp_path, **paths))
    done = snakemake_in(finished)("-n", *flags, "--", "detection", check=False)
    assert done.returncode != 0
    assert "train_images 'no/such/folder' does not exist" in done.stdout + done.stderr


OF_DETECTOR = ("scores.csv", "history.csv", "detector.pt", "record.json")
OF_NETWORK = ("weights.safetensors", "history.csv", "record.json")


def test_other_pixels_under_the_same_outlines_train_detectors_again(copy_project):
    folder = copy_project()
    shapes = {"source": "outlined_shapes", "n_train": 4, "n_test": 2, "size": [32, 32]}
    study = {
        "datasets": {"shapes": {**shapes, "radius": [4, 8]}},
        "recipes": {"detection": {"tiny": SMALL | {"generated": "shapes"}}},
    }
    (folder / "shapes.yaml").write_text(yaml.safe_dump(study))
    (folder / "paler.yaml").write_text("datasets: {shapes: {contrast: 0.1}}\n")
    before, after = (TINY, "shapes.yaml"), (TINY, "shapes.yaml", "paler.yaml")
    run, coco = snakemake_in(folder), "results/data/shapes/coco/train.json"
    of_run = "leaves/tiny/tiny/patch-4_unit-1_mask-0.5_enc-2_dec-1_seed-0"
    network, detector = f"results/pretrain/{of_run}", f"results/detect/{of_run}/tiny"
    run(coco, "results/data/leaves/manifest.json", "--configfile", *before)
    (folder / network / "checkpoints").mkdir(parents=True)
    (folder / detector).mkdir(parents=True)
    for path in [
        *(f"{network}/{n}" for n in OF_NETWORK),
        *(f"{detector}/{n}" for n in OF_DETECTOR),
    ]:
        (folder / path).write_text("stands in for the real one\n")
    scores, rules = f"{detector}/scores.csv", ("pretrain_mae", "fine_tune_detector")
    run(scores, "--touch", "--forcerun", *rules, "--configfile", *before)
    assert planned(run("-n", scores, "--configfile", *before)) == {}
    outlines = (folder / coco).read_bytes()
    run(coco, "--configfile", *after)  # images are drawn again, no detector is asked for yet
    assert (folder / coco).read_bytes() == outlines
    assert planned(run("-n", scores, "--configfile", *after)) == {"fine_tune_detector": 1}

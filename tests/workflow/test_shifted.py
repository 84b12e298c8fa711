"""CIFAR-10-C and cue-conflict images through the workflow: sets whose answers are known."""

import numpy as np
import pytest
import yaml
from PIL import Image
from planning import snakemake_in

from spatial_mae.data.cifar10 import CLASSES
from spatial_mae.files import read_rows

SIDE = 8
COUNTS = {"train": 24, "test": 5}  # images of a class
RUN = {"dataset": ["ten"], "model": ["tiny"], "training": ["brief"], "patch": [4], "unit": [1]}
RUN |= {"mask": [0.5, 0.75], "enc": [1], "dec": [1]}


def draw(label, rng):
    """Noise about a colour near the class's own: uint8 (SIDE, SIDE, 3)."""
    colour = 40 + 170 * np.array([label % 2, label // 2 % 2, label // 4 / 2])
    colour += rng.normal(0, 50, 3)
    return (colour + rng.normal(0, 25, (SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def rows(copy_project):
    """The table of a study of ten classes, two corruptions and two cue-conflict images.

    `none` is the test images themselves at all severities, `black` hides them completely.
    """
    folder = copy_project()
    rng = np.random.default_rng(0)
    drawn = {split: [] for split in COUNTS}
    for split, count in COUNTS.items():
        for label, name in enumerate(CLASSES):
            (folder / "ten" / split / name).mkdir(parents=True)
            for i in range(count):
                drawn[split].append(draw(label, rng))
                Image.fromarray(drawn[split][-1]).save(folder / f"ten/{split}/{name}/{i}.png")
    test = np.stack(drawn["test"])
    (folder / "corrupted").mkdir()
    labels = np.repeat(np.arange(len(CLASSES)), COUNTS["test"])
    np.save(folder / "corrupted/labels.npy", np.tile(labels, 5))
    np.save(folder / "corrupted/none.npy", np.tile(test, (5, 1, 1, 1)))
    np.save(folder / "corrupted/black.npy", np.zeros((5 * len(test), SIDE, SIDE, 3), np.uint8))
    (folder / "cues").mkdir()
    for name in ("cat1-dog1", "dog1-cat1"):  # one image: by shape under one name, else by texture
        Image.fromarray(test[0]).save(folder / f"cues/{name}.png")
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    snakemake_in(folder)("inspection", "tables", "figures", "--configfile", "study.yaml")
    figures = folder / "results/shifts/figures"
    assert {path.stem for path in figures.glob("*.pdf")} == set(FIGURES)
    return read_rows(folder / "results/shifts/tables/robustness.csv")


FIGURES = ["robustness", "shape_bias", "table_shape_bias"]
STUDY = {
    "study": "shifts",
    "datasets": {
        "ten": {
            "source": "image_folder",
            "root": "ten",
            "size": [SIDE, SIDE],
            "pixels": "drawn",
            "licence": "none",
        }
    },
    "recipes": {
        "pretraining": {
            "brief": {
                "epochs": 1,
                "warmup_epochs": 0,
                "batch_size": 40,
                "base_learning_rate": 0.01,
            }
        },
        "evaluation": {
            "default": {"checkpoints": "last", "representations": ["mean"], "neighbours": 0}
        },
        "robustness": {
            "default": {"prepared": [], "cifar10_c": "corrupted", "cue_conflict": "cues"}
        },
    },
    "experiments": [{"kind": "robustness", "figures": FIGURES, "grids": [RUN]}],
}


def accuracies(rows, **choice):
    """Mask ratio -> the different accuracies of the rows chosen."""
    found = {}
    for row in rows:
        if row["metric"] == "accuracy" and choice.items() <= row.items():
            found.setdefault(row["mask"], set()).add(row["value"])
    return found


def test_images_that_are_not_corrupted_have_the_accuracy_of_the_data_sets_own(rows):
    own = accuracies(rows, shifted="own")
    assert own.keys() == {0.5, 0.75} and all(0.3 < max(values) < 1 for values in own.values())
    assert {row["severity"] for row in rows if row["corruption"] == "none"} == {1, 2, 3, 4, 5}
    assert accuracies(rows, corruption="none") == own


def test_images_that_are_all_black_are_all_one_class(rows):
    assert accuracies(rows, corruption="black") == {0.5: {0.1}, 0.75: {0.1}}


def test_one_image_under_both_names_is_decided_once_by_shape_and_once_by_texture(rows):
    values = {(row["metric"], row["value"]) for row in rows if row["shifted"] == "cue_conflict"}
    assert values == {(name, 0.5) for name in ("shape_accuracy", "texture_accuracy", "shape_bias")}

"""The probes of any features: rows of a table, for networks and for their controls alike."""

import time

import numpy as np

from spatial_mae.data.labels import CLASS, class_names
from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.knn import knn_accuracy
from spatial_mae.evaluation.probe import Labelled, Probe, linear_probe
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.files import Row

COLUMNS = (
    "epoch",
    "protocol",
    "representation",
    "block",
    "label",
    "control_colour",
    "metric",
    "value",
    "penalty",
    "n_train",
    "n_test",
    "epochs",
    "status",
    "pretrain_n_train",
    "batch_size",
    "warmup_epochs",
    "weight_decay",
    "random_crop",
    "flip",
    "boundary_width",
    "recipe_but_boundary",
    "pretrain_seconds",
    "pretrain_images_per_second",
    "pretrain_peak_memory_bytes",
    "parameters",
    "model_width",
    "encoder_heads",
    "decoder_heads",
    "precision",
    "device",
    "seconds",
    "images_per_second",
    "converged",
)
"""Columns of the table of scores, in order."""


def probe_rows(
    train: Labelled,
    test: Labelled,
    representation: str,
    block: int | None,
    recipe: EvaluationRecipe,
    seed: int,
    label: str = CLASS,
) -> tuple[list[Row], Probe]:
    """Accuracy, in [0, 1], of the linear probe and, for whole networks' features, of the k-NN vote.

    label: what is to be said of an image; the column of this name is empty for its class. The
    validation split depends on `seed` and the number of images alone, so that all features of
    the same images are probed alike. seconds are those of the fits. Returns the probe as well.
    """
    common = {
        "representation": representation,
        "block": block,
        "label": None if label == CLASS else label,
        "metric": "accuracy",
        "n_train": len(train),
        "n_test": len(test),
    }
    row, probe = _linear(train, test, recipe, seed)
    rows = [row]
    if recipe.neighbours and block is None:
        rows.append(_vote(train, test, recipe.neighbours))
    return [common | row for row in rows], probe


def _linear(
    train: Labelled, test: Labelled, recipe: EvaluationRecipe, seed: int
) -> tuple[Row, Probe]:
    start = time.perf_counter()
    found = linear_probe(
        train,
        test,
        recipe.penalties,
        recipe.validation_share,
        recipe.max_iterations,
        np.random.default_rng(seed),
    )
    row = {
        "protocol": "linear_probe",
        "value": found.accuracy,
        "penalty": found.penalty,
        "converged": found.converged,
        "seconds": time.perf_counter() - start,
    }
    return row, found.probe


def _vote(train: Labelled, test: Labelled, neighbours: int) -> Row:
    start = time.perf_counter()
    value = knn_accuracy(train, test, neighbours)
    return {"protocol": "knn", "value": value, "seconds": time.perf_counter() - start}


def ordered(rows: list[Row]) -> list[Row]:
    """The rows with all of COLUMNS, in order; None where a row has no value."""
    return [{column: row.get(column) for column in COLUMNS} for row in rows]


def check_probes(dataset: Dataset, recipe: EvaluationRecipe) -> None:
    """ValueError where the recipe's labels are not the data set's, or it asks for too many images.

    Or for more neighbours than training images.
    """
    if not recipe.representations:
        return
    name, manifest = dataset.manifest["dataset"], dataset.manifest
    if not manifest["classes"]:
        raise ValueError(
            f"data set {name!r} has no labels to probe with: name a data set with classes, or set "
            "`representations: []` in the evaluation recipe to evaluate reconstructions alone"
        )
    for label in recipe.labels:
        class_names(manifest, label)
    for split, wanted in (("train", recipe.n_train), ("test", recipe.n_test)):
        if wanted is not None and wanted > dataset.count(split):
            raise ValueError(
                f"n_{split} {wanted}: data set {name!r} has {dataset.count(split)} {split} "
                "images; ask for as many, or null for all"
            )
    n_train = recipe.n_train or dataset.count("train")
    if recipe.neighbours > n_train:
        raise ValueError(f"neighbours {recipe.neighbours}: expected 0 to {n_train} training images")

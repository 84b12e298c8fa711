"""The small print under a figure: data sets, n, pixels, and every setting that all rows share."""

from collections.abc import Mapping, Sequence

from spatial_mae.tables.rows import Row, distinct, levels, pick
from spatial_mae.tables.runs import SETTING

# Columns that are named under the figure where they are constant, and how.
SETTINGS = {
    "split": "{} split",
    "colour": "{}",
    "centring": "{} moments",
    "ridge": "ridge {}",
    "flip": "flip {}",
    "border": "border {}",
    "mean_removal": "mean removal: {}",
    "lattice": "{}",
    "size": "size {}",
    "dimensions": "{}-D",
    "moment": "{} correlations",
    "n_samples": "{} samples",
    "coupling": "J = {}",
    "patch": "patch {}",
    "sampling": "{} masks",
    "mask_ratio": "m = {}",
    "noise_deviation": "σ = {}",
    "n_latents": "k = {}",
    "reading": "{} reading",
    "readout": "{} readout",
    "input": "{} input",
    "target": "target {}",
    "n_masks": "{} masks averaged",
    "n_image_masks": "masks an image: {}",
    "outputs": "{} output pixels",
    "power": "|J| to the power {}",
    "channels": "channels of a pixel: {}",
    "base": "logarithm to base {}",
    "normalised": "entropy normalised: {}",
    "n_affine": "affine maps fitted to {} images",
    "network": "network {}",
    "model_width": "width {}",
    "unit": "mask unit {0} x {0} patches",
    "mask": "m = {}",
    "trained_mask": "pretrained at m = {}",
    "enc": "encoder depth {}",
    "dec": "decoder depth {}",
    "training": "recipe {}",
    "pretrain_epochs": "{} epochs of pretraining",
    "pretrain_n_train": "pretrained on {} images",
    "tuning_epochs": "{} epochs of fine-tuning",
    "supervised_epochs": "{} epochs of supervised training",
    "n_fitted": "probes fitted on {} images",
    "n_judged": "judged on {}",
    "n_reconstructed": "errors on {} images",
    "n_train": "{} training images",
    "n_test": "{} test images",
    "tokens": "tokens compared: {}",
    "precision": "{}",
    "device": "on {}",
}


def notes(rows: Sequence[Row], *remarks: str) -> list[str]:
    """Lines for under a figure whose plotted rows are given; `remarks` come last.

    Each data set is named with its n and what happened to its pixels; settings that differ between
    data sets stand with the data set, those common to all on the first line.
    """
    common = _settings(rows, SETTINGS)
    rest = [column for column in SETTINGS if column not in common]
    lines = ["; ".join([*common.values(), *remarks])]
    for dataset in distinct(rows, "dataset"):
        own = [row for row in rows if row.get("dataset") == dataset]
        parts = [_count(own), *_settings(own, rest).values()]
        pixels = "; ".join(map(str, distinct(own, "pixels")))
        parts += [f"pixels: {pixels}"] if pixels else []
        lines.append(f"{readable(dataset)}: " + "; ".join(part for part in parts if part))
    return [line for line in lines if line]


def varied(rows: Sequence[Row]) -> list[str]:
    """The settings of trained networks that differ between the rows."""
    return [name for name in SETTING if len(levels(rows, name)) > 1]


def run_name(row: Row, columns: Sequence[str], names: Mapping[str, str] = SETTINGS) -> list[str]:
    """A run by some of its settings, in words: `patch 4`, `m = 0.5`."""
    return [names[key].format(number(row.get(key))) for key in columns]


def readable(name: object) -> str:
    """A name of the config as words."""
    return str(name).replace("_", " ")


def number(value: object) -> str:
    """A number as one writes it: 8,068 and 0.75; text stays text."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else readable(value)


def _settings(rows: Sequence[Row], columns: Sequence[str]) -> dict[str, str]:
    found = {}
    for column in columns:
        values = distinct(rows, column)
        if len(values) == 1:
            found[column] = SETTINGS[column].format(number(values[0]))
    return found


def _count(rows: Sequence[Row]) -> str:
    counts = levels(rows, "n_images")
    if not counts:
        return ""
    span = number(counts[0]) if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    return f"n = {span} images"


def remarks(rows: Sequence[Row]) -> list[str]:
    """For under a figure of rows from `over_seeds`: seeds, missing runs, the controls' colour.

    Controls are not counted.
    """
    counts = levels(pick(rows, control=None), "seeds")
    said = "one seed"
    if counts[-1] > 1:
        span = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        said = f"means of {span} seeds"
    missing = rows[0].get("runs_left_out") or 0
    lost = [f"runs left out because they did not complete: {missing}"] if missing else []
    return [said, *lost, *(f"controls of {c} pixels" for c in distinct(rows, "control_colour"))]

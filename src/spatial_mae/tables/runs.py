"""Rows of trained networks: which count, what of a run they measure, and after which epoch."""

from spatial_mae.files import Row
from spatial_mae.tables.rows import Rows, distinct, first, groups
from spatial_mae.tables.settings import setting

SETTING = ("patch", "unit", "mask", "enc", "dec")
RUN = (*SETTING, "blocks", "seed")
# One pretraining.
PRETRAINING = ("dataset", "model", "training", *SETTING, "seed")
STATUSES, COMPLETED = ("status", "pretrain_status"), "completed"
# What is asked of a network: protocol and metric.
PROBE, HIDDEN_ERROR = ("linear_probe", "accuracy"), ("reconstruction", "hidden_error")
# Representations of the encoder that a linear probe reads; a probe of each block is not counted.
PROBES = ("class_token", "mean")
# Features that no network made, which the same probe reads.
PIXELS = ("raw_pixels", "pca", "linear_mae")
# Of the training: networks that agree in these, and in their epochs, differ in their loss alone.
BUDGET = ("pretrain_n_train", "batch_size", "warmup_epochs", "weight_decay")
BUDGET += ("random_crop", "flip", "recipe_but_boundary", "precision")


def ended(row: Row) -> bool:
    """Whether the trainings behind a row ended well, as far as it says."""
    return all(row.get(column) in (None, COMPLETED) for column in STATUSES)


def completed(rows: Rows) -> list[Row]:
    """The rows of runs that ended well, with the architecture's name as `network`.

    Elsewhere `model` is a kind of linear model, which judges compare within one setting.
    """
    return [{**row, "network": row.get("model")} for row in rows if ended(row)]


def first_completed(rows: Rows, epochs: str) -> list[Row]:
    """The runs of the first data set, model and training that completed.

    Each row gains `runs_left_out`, how many did not; its `model`, an architecture's name, becomes
    `network` and its `epochs` what `epochs` says. Raises ValueError if no run is left.
    """
    rows = first(rows, "dataset", "model", "training")
    runs = groups(rows, *RUN)
    whole = [run for run in runs.values() if all(map(ended, run))]
    done = [row for run in whole for row in run]
    if not done:
        there = ", ".join(str(value) for s in STATUSES for value in distinct(rows, s))
        raise ValueError(
            f"no run of this figure's table completed (there: {there}); a run that diverged needs "
            "another recipe in the config, such as one with a lower base_learning_rate"
        )
    left_out = {"runs_left_out": len(runs) - len(whole)}
    names = {"model": "network", "epochs": epochs}
    return [{names.get(key, key): row[key] for key in row} | left_out for row in done]


def asked(row: Row) -> tuple:
    """What is asked of the network: `PROBE`, `HIDDEN_ERROR`, ..."""
    return (row["protocol"], row["metric"])


def probes(rows: Rows) -> list[Row]:
    """Linear probes of [CLS] and mean token at every evaluated epoch of the completed runs."""
    return [
        row
        for row in once(completed(rows))
        if asked(row) == PROBE
        and row.get("representation") in PROBES
        and row.get("epoch") is not None
    ]


def once(rows: Rows) -> list[Row]:
    """The first row of each measure of a run: two recipes may ask for the same.

    Otherwise a seed that two experiments evaluate would count twice in a mean over seeds.
    """
    found: dict[tuple, Row] = {}
    for row in rows:
        found.setdefault((setting(row), row.get("seed"), row.get("epoch")), row)
    return list(found.values())


def at_end(row: Row, epochs: str = "pretrain_epochs") -> bool:
    """Whether a row is of the last epoch, the column `epochs`; other features' rows have none."""
    return row.get("epoch") is not None and row["epoch"] == row[epochs]


def last(rows: Rows) -> list[Row]:
    """The rows at the end of pretraining."""
    return [row for row in rows if at_end(row, "epochs")]


def trained_blocks(row: Row) -> int:
    """How many blocks were fine-tuned, where a table has `all` too."""
    return row["enc"] if row["blocks"] == "all" else row["blocks"]


def tuned(rows: Rows) -> list[Row]:
    """Completed fine-tuning: accuracy as `value`, the number of tuned blocks as a number."""
    return [
        {
            **row,
            "protocol": "fine_tuning",
            "value": row["accuracy"],
            "blocks": trained_blocks(row),
        }
        for row in completed(rows)
    ]


def fully_tuned(rows: Rows) -> list[Row]:
    """Completed fine-tuning of all blocks, however many the encoder has."""
    return [{**row, "blocks": "all"} for row in tuned(rows) if row["blocks"] == row["enc"]]


def with_unit(rows: Rows) -> list[Row]:
    """The rows with the side of their mask unit in pixels as `unit_pixels`."""
    return [row | {"unit_pixels": row["patch"] * row["unit"]} for row in rows]


def over_units(rows: Rows) -> list[Row]:
    """The rows twice, `unit_pixels` their only size: among patches of one size, then among units
    of as many patches.
    """
    return [row | {axis: None} for axis in ("unit", "patch") for row in with_unit(rows)]


def predicting(rows: Rows) -> list[Row]:
    """The rows of networks that predict pixels by themselves.

    Those trained on normalised targets take a patch's mean and deviation from the true patch, so
    that their errors compare with no other model's, nor with those at another patch size.
    """
    return [row for row in rows if row.get("normalised_targets") != "yes"]


def in_percent(row: Row) -> Row:
    """A row whose value, a share, is given in percent."""
    return row | {"value": 100 * row["value"]}

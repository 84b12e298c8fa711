"""What networks do at each budget: probes, errors and spatial scale, over the rungs of a ladder."""

from collections.abc import Iterator, Mapping, Sequence

from spatial_mae.tables.rows import Row, Tables, pick, widest
from spatial_mae.tables.runs import (
    HIDDEN_ERROR,
    PRETRAINING,
    asked,
    at_end,
    completed,
    probes,
)

PROBE, ERROR, SPREAD, ENTROPY = "probe", "hidden_error", "spread", "entropy"
MEASURES = (PROBE, ERROR, SPREAD, ENTROPY)
TRAINED, UNTRAINED = "trained", "untrained"
# What figures say of networks.
NAMED = ("pixels", "model_width", "pretrain_n_train", "precision", "normalised_targets")
NAMED += ("n_judged",)
SUMS = {"power": 1, "channels": "sum", "normalised": (None, "no")}  # of |J|, in pixels or nats


def measured(tables: Tables, epochs: Mapping[str, int]) -> list[Row]:
    """A row for each network of a ladder and measure, trained and untrained.

    epochs: recipe -> epochs, the rungs. Rows: the columns of `PRETRAINING`, `height` and `width` of
    the images, `measure` (of `MEASURES`), `state`, `epochs` and `value`: the accuracy of a linear
    probe of the mean token, in [0, 1]; the squared error of hidden pixels over the pixels'
    variance; the mean distance in pixels, and the entropy in nats, of |J| summed over channels. Of
    several data sets and networks the first is kept, and of depths and mask units the choice with
    the most mask ratios. Rows of other recipes are left out.
    """
    found = [*_evaluated(tables.get("evaluation", ())), *_jacobians(tables.get("jacobian", ()))]
    found = [
        row | {"epochs": epochs[row["training"]]} for row in found if row["training"] in epochs
    ]
    if not found:
        return []
    first = {key: found[0][key] for key in ("dataset", "model")}
    return widest(pick(found, **first), "mask", "enc", "dec", "unit")


def _evaluated(rows: Sequence[Row]) -> Iterator[Row]:
    errors = [row for row in completed(rows) if asked(row) == HIDDEN_ERROR]
    scores = [row | {"n_judged": row["n_test"]} for row in probes(rows)]
    for measure, found in ((PROBE, pick(scores, representation="mean")), (ERROR, errors)):
        for row in found:
            if row["epoch"] == 0:
                yield _one(row, measure, UNTRAINED)
            elif at_end(row, "epochs"):
                yield _one(row, measure, TRAINED)


def _jacobians(rows: Sequence[Row]) -> Iterator[Row]:
    rows = pick(completed(rows), **SUMS)
    for measure in (SPREAD, ENTROPY):
        for source, state in (("network", TRAINED), ("untrained", UNTRAINED)):
            for row in pick(rows, measure=measure, source=source):
                yield _one(row, measure, state)


def _one(row: Row, measure: str, state: str) -> Row:
    found = {key: row.get(key) for key in (*PRETRAINING, "height", "width", *NAMED)}
    return found | {"measure": measure, "state": state, "value": row["value"]}

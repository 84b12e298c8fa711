"""What is measured of a kept study's networks, setting by setting, as lines of a table."""

from collections.abc import Iterator, Sequence
from math import sqrt
from statistics import fmean, stdev

from spatial_mae.files import Row
from spatial_mae.ladder.costs import frontier
from spatial_mae.ladder.measures import PROBE as LADDER_PROBE
from spatial_mae.ladder.measures import TRAINED, UNTRAINED
from spatial_mae.report.kept_cells import decimal
from spatial_mae.tables.rows import groups, levels, pick
from spatial_mae.tables.runs import PIXELS, PROBE, asked, last, probes

HEADS = ("label (chance)", "patch", "m", "seeds", "pretrained", "untrained", "without a network")


def probe_lines(rows: Sequence[Row], representation: str) -> Iterator[list[str]]:
    """A line per label, patch size and mask ratio: percent, mean over seeds ± its standard error.

    rows: of an experiment of the kind `evaluation`. Without a network: the best of raw pixels,
    PCA and the linear MAE.
    """
    probed = pick(probes(rows), representation=representation)
    for (label, patch, mask), group in groups(probed, "label", "patch", "mask").items():
        pixels = [row for row in pick(rows, label=label, patch=patch, mask=mask) if _pixels(row)]
        trained = last(group)
        chance = 1 / trained[0]["n_classes"]
        yield [
            f"{label or 'class'} ({100 * chance:.1f})",
            str(patch),
            str(mask),
            str(len(trained)),
            _percent(trained),
            _percent(pick(group, epoch=0)),
            f"at most {100 * max(row['value'] for row in pixels):.1f}" if pixels else "",
        ]


def _pixels(row: Row) -> bool:
    return row["representation"] in PIXELS and asked(row) == PROBE


def _percent(rows: Sequence[Row]) -> str:
    return mean_and_error([100 * row["value"] for row in rows])


def budget_lines(
    rows: Sequence[Row], digits: int, factor: float
) -> tuple[list[str], list[list[str]]]:
    """Heads and lines, a line per patch size and mask ratio, of one measure of a ladder's networks.

    rows: of `spatial_mae.ladder.measures.measured`. Values times `factor`, with decimal `digits`.
    """
    epochs = levels(rows, "epochs")
    cells = [pick(rows, state=UNTRAINED), *(pick(rows, state=TRAINED, epochs=e) for e in epochs)]
    lines = []
    for patch, mask in sorted({(row["patch"], row["mask"]) for row in rows}):
        own = [_of_seeds(pick(cell, patch=patch, mask=mask)) for cell in cells]
        values = [mean_and_error([factor * v for v in seeds.values()], digits) for seeds in own]
        seeds = " / ".join(str(len(one)) for one in own[1:])
        lines.append([str(patch), str(mask), seeds, *values])
    return ["patch", "m", "seeds", "untrained", *(f"{e} epochs" for e in epochs)], lines


def front_lines(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of a ladder's settings that are best for their cost, the cheapest first.

    rows: of `spatial_mae.ladder.costs.with_costs`.
    """
    best = sorted((row for row in frontier(rows) if row["front"]), key=lambda row: row["cost"])
    keys = ("patch", "mask", "epochs")
    lines = []
    for row in best:
        place = {key: row[key] for key in keys}
        seeds = _of_seeds(pick(rows, measure=LADDER_PROBE, state=TRAINED, **place))
        probe = mean_and_error([100 * value for value in seeds.values()])
        lines.append([*map(str, place.values()), f"{row['cost']:.1f}", probe])
    return ["patch", "m", "epochs", "10^12 operations", "probe, %"], lines


def _of_seeds(rows: Sequence[Row]) -> dict[int, float]:
    """Seed -> value. An untrained network is the same at every rung."""
    return {row["seed"]: row["value"] for row in rows}


def mean_and_error(values: Sequence[float], digits: int = 1) -> str:
    """Mean ± its standard error; no error of one value, nothing of none."""
    if len(values) < 2:
        return "".join(decimal(value, digits) for value in values)
    error = stdev(values) / sqrt(len(values))
    return f"{decimal(fmean(values), digits)} ± {error:.{digits}f}"

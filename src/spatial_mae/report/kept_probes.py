"""What linear probes of a kept study's networks say, setting by setting, as lines of a table."""

from collections.abc import Iterator, Sequence
from math import sqrt
from statistics import fmean, stdev

from spatial_mae.files import Row
from spatial_mae.tables.rows import groups, pick
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


def mean_and_error(values: Sequence[float], digits: int = 1) -> str:
    """Mean ± its standard error; no error of one value, nothing of none."""
    if len(values) < 2:
        return "".join(f"{value:.{digits}f}" for value in values)
    error = stdev(values) / sqrt(len(values))
    return f"{fmean(values):.{digits}f} ± {error:.{digits}f}"

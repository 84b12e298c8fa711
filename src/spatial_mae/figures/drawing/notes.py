"""The small print under a figure: data sets, n, pixels, and every setting that all rows share."""

from collections.abc import Mapping, Sequence

from spatial_mae.tables.rows import Row, distinct, levels, pick
from spatial_mae.tables.runs import SETTING
from spatial_mae.tables.words import PHRASES

NORMALISED = "normalised targets: "
GIVEN = "predicted patches take the mean and deviation of the true ones"
# What bars are, and lines that no legend names.
TWO_ERRORS = "bars: two standard errors"
INTERVALS = "bars: 95 % intervals"
OF_OUTPUTS = "bars: 95 % intervals of the sampled outputs alone; images add more"
EVEN = "grey line of boundary energies: 1, no preference for boundaries"
PATCH_SIDE = "grey line: side of a patch"


def notes(rows: Sequence[Row], *remarks: str) -> list[str]:
    """Lines for under a figure whose plotted rows are given; `remarks` come last.

    Each data set is named with its n and what happened to its pixels; settings that differ between
    data sets are written with the data set, those common to all on the first line.
    """
    common = _settings(rows, PHRASES)
    rest = [column for column in PHRASES if column not in common]
    lines = ["; ".join([*common.values(), *remarks])]
    for dataset in distinct(rows, "dataset"):
        own = [row for row in rows if row.get("dataset") == dataset]
        parts = [_count(own), _stationary(own), *_settings(own, rest).values()]
        pixels = "; ".join(map(_plain, distinct(own, "pixels")))
        parts += [f"pixels: {pixels}"] if pixels else []
        lines.append(f"{readable(dataset)}: " + "; ".join(part for part in parts if part))
    return [line for line in lines if line]


def varied(rows: Sequence[Row]) -> list[str]:
    """The settings of trained networks that differ between the rows."""
    return [name for name in SETTING if len(levels(rows, name)) > 1]


def run_name(row: Row, columns: Sequence[str], names: Mapping[str, str] = PHRASES) -> list[str]:
    """A run by some of its settings, in words: `patch 4`, `m = 0.5`."""
    return [names[key].format(number(row.get(key))) for key in columns]


def readable(name: object) -> str:
    """A name of the config, or of a class, as words; its `$` starts no formula."""
    return _plain(name).replace("_", " ")


def _plain(text: object) -> str:
    return str(text).replace("$", r"\$")


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
            found[column] = PHRASES[column].format(number(values[0]))
    return found


def _count(rows: Sequence[Row]) -> str:
    counts = levels(rows, "n_images")
    if not counts:
        return ""
    span = number(counts[0]) if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    return f"n = {span} images"


def _stationary(rows: Sequence[Row]) -> str:
    """The weight of the stationary covariance in S; chosen by patch size, it may differ."""
    weights = levels(rows, "stationary_weight")
    if not weights:
        return ""
    about = "weight of the stationary covariance"
    if len(weights) == 1:
        return f"{about} {number(weights[0])}"
    patches = {p: levels(pick(rows, patch=p), "stationary_weight") for p in levels(rows, "patch")}
    if any(len(found) > 1 for found in patches.values()):
        return f"{about} {number(weights[0])} to {number(weights[-1])}"
    shown = [f"{number(found[0])} (patch {p})" for p, found in patches.items() if found]
    return f"{about} {', '.join(shown)}"


def remarks(rows: Sequence[Row], given: str = GIVEN) -> list[str]:
    """For under a figure of rows from `over_seeds`: seeds, missing runs, targets, controls' colour.

    Controls are not counted. given: what it means where targets were normalised.
    """
    counts = levels(pick(rows, control=None), "seeds")
    said = "one seed"
    if counts[-1] > 1:
        span = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        said = f"means of {span} seeds"
    missing = rows[0].get("runs_left_out") or 0
    lost = [f"runs left out because they did not complete: {missing}"] if missing else []
    told = [NORMALISED + given] if "yes" in distinct(rows, "normalised_targets") else []
    return [
        said,
        *lost,
        *told,
        *(f"controls of {c} pixels" for c in distinct(rows, "control_colour")),
    ]


def ranges(rows: Sequence[Row], single: str = TWO_ERRORS) -> list[str]:
    """For under a figure that draws rows from `over_seeds` with bands or bars: what these are.

    single: what they are where there is one seed. Empty where the rows have neither.
    """
    alone = [row for row in rows if row["seeds"] == 1]
    barred = any(row.get("half_width") or row["high"] - row["low"] for row in alone)
    if all(row["seeds"] < 2 for row in rows):
        return [single] if barred else []
    of_one = f"; of one seed, {single.partition(': ')[2]}" if barred else ""
    return [f"bands and bars: range of the seeds{of_one}"]

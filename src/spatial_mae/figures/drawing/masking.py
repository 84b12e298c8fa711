"""Curves over mask ratio and mask unit: which runs are comparable, and two rows of panels."""

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import chance, curves, entries, looks, setting_axis
from spatial_mae.figures.drawing.notes import notes, ranges, remarks
from spatial_mae.figures.drawing.style import legend, panels, title
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, groups, levels, pick, project
from spatial_mae.tables.runs import SETTING, with_unit

# What is on the axis; what has a colour, its name, and its colours.
VIEWS = {
    "mask": ("unit_pixels", "mask unit {} pixels", "viridis"),
    "unit_pixels": ("mask", "m = {}", "copper"),
}


def over_masking(rows: Iterable[Row], *keys: str) -> list[Row]:
    """Means over seeds of the largest group of runs in which mask-unit size identifies the network.

    These are runs of one choice of depths and either one patch size or mask units of one patch;
    `unit_pixels` is the side of their mask unit. keys: columns of a measure. Raises ValueError
    where they have one mask ratio and one unit.
    """
    rows = with_unit(rows)
    same_depth = groups(rows, "enc", "dec").values()
    choices = [g for group in same_depth for g in groups(group, "patch").values()]
    choices += [pick(group, unit=1) for group in same_depth]
    found = max(choices, key=lambda group: len(project(group, SETTING)))
    if not _axes(found):
        raise ValueError(
            "this figure compares mask ratios or mask units and its table holds one of each; list "
            "at least two in the experiment's grid"
        )
    return over_seeds(found, (*SETTING, "unit_pixels", *keys))


def draw_over_masking(rows: Sequence[Row], measures: Mapping[str, Sequence[Row]]) -> Figure:
    """A row of panels over the mask ratio, one over the mask unit.

    A row without two values is left out, and the second where each axis has only two.

    measures: label of a panel's axis -> its rows, of those of `over_masking`.
    """
    views = _axes(rows)
    if all(len(levels(rows, x)) == 2 for x in views):
        views = views[:1]  # the second row would show the same few points again
    figure, axes = panels(
        len(views), len(measures), notes(rows, *remarks(rows), *ranges(rows)), height=1.6
    )
    named = {}
    for down, x in enumerate(views):
        column, label, palette = VIEWS[x]
        styles = looks(levels(rows, column), palette)
        named |= entries(styles, label)
        for axis, (name, shown) in zip(axes[down], measures.items(), strict=True):
            curves(axis, shown, x, column, styles)
            setting_axis(axis, rows, x)
            if "(%)" in name:
                chance(axis, shown, whole=100)
            axis.set_ylabel(name)
            title(axis)
    legend(figure, named)
    return figure


def _axes(rows: Sequence[Row]) -> list[str]:
    return [x for x in VIEWS if len(levels(rows, x)) > 1]

"""What the networks of a ladder cost to train, and what their probes reach for it."""

from collections.abc import Iterator, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import entries, log_cost, looks, percent
from spatial_mae.figures.drawing.notes import notes, ranges, remarks
from spatial_mae.figures.drawing.scores import ahead, bar, with_errors
from spatial_mae.figures.drawing.style import BLACK, legend, panels, styled, title
from spatial_mae.ladder.drawing import empty
from spatial_mae.ladder.measures import NAMED, PROBE, TRAINED
from spatial_mae.models.architecture import Architecture, Backbone, flops_per_image
from spatial_mae.study import sources
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, distinct, groups, levels, pick

UNIT = 1e12
AXIS = "multiplications and additions of the training (10$^{12}$)"
NOTE = (
    "matrix products of all passes, forward and backward; lines join the budgets of one patch size "
    "and mask ratio where there are three or more; black: settings whose bar is above those of all "
    "that cost no more"
)
SETTING = ("patch", "mask", "epochs", "training_flops", *NAMED)
FRONT = {"color": BLACK, "linewidth": 1}


def with_costs(rows: Sequence[Row], models: Mapping, datasets: Mapping) -> Iterator[Row]:
    """Rows of `measures.measured`, trained networks with `training_flops`.

    These are the multiplications and additions of the whole training (`flops_per_image`, times
    images and epochs). models, datasets: as in the config; of others it is None.
    """
    for row in rows:
        known = row["state"] == TRAINED and row["model"] in models and row["dataset"] in datasets
        yield row | {"training_flops": _flops(row, models, datasets) if known else None}


def _flops(row: Row, models: Mapping, datasets: Mapping) -> float:
    architecture = Architecture(
        row["height"],
        row["width"],
        sources.channels(datasets[row["dataset"]]),
        row["patch"],
        row["unit"],
        row["enc"],
        row["dec"],
        Backbone(**models[row["model"]]),
    )
    return flops_per_image(architecture, row["mask"]) * row["pretrain_n_train"] * row["epochs"]


def frontier(rows: Sequence[Row]) -> list[Row]:
    """Probes over seeds with their cost; `front`: whether no setting is as good for as little.

    rows: of `with_costs`. Cost: `cost`, in 10^12 operations.
    """
    probes = pick(rows, measure=PROBE, state=TRAINED)
    found = over_seeds([row for row in probes if row["training_flops"]], SETTING)
    points = [row | {"cost": row["training_flops"] / UNIT} for row in with_errors(found)]
    return [row | {"front": ahead(row, points, "cost")} for row in points]


def draw_costs(rows: Sequence[Row]) -> Figure:
    """rows: of `with_costs`; without any cost the figure says so."""
    return _drawn(frontier(rows))


@styled
def _drawn(points: list[Row]) -> Figure:
    if not points:
        return empty("no rung has a table of probes yet")
    note = notes(points, *remarks(points), *ranges(points), NOTE)
    figure, ((axis,),) = panels(1, 1, note, height=2.6)
    colours = {patch: look["color"] for patch, look in looks(levels(points, "patch")).items()}
    markers = {mask: look["marker"] for mask, look in looks(levels(points, "mask")).items()}
    for (patch, mask), own in groups(points, "patch", "mask").items():
        _draw_setting(axis, own, color=colours[patch], marker=markers[mask])
    front = sorted((row["cost"], row["value"]) for row in points if row["front"])
    if len(front) > 1:
        axis.step(*zip(*front, strict=True), where="post", zorder=2, **FRONT)
    log_cost(axis)
    axis.set_xlabel(AXIS)
    percent(axis, "accuracy (%)")
    title(axis, "linear probe, mean token")
    of_patch = {patch: {"color": color, "marker": ""} for patch, color in colours.items()}
    of_mask = {
        mask: {"color": BLACK, "marker": marker, "linestyle": "none"}
        for mask, marker in markers.items()
    }
    best = {"best for its cost": FRONT} if len(front) > 1 else {}
    legend(
        figure,
        entries(of_patch, "patch {}") | entries(of_mask, "mask ratio {}") | best,
    )
    return figure


def _draw_setting(axis: Axes, rows: Sequence[Row], **look: object) -> None:
    """A patch size and mask ratio over its budgets; two points are not joined."""
    joined = "-" if len(distinct(rows, "epochs")) > 2 else "none"
    along = sorted(rows, key=lambda row: row["cost"])
    costs, values = ([row[name] for row in along] for name in ("cost", "value"))
    axis.plot(costs, values, markersize=4, linewidth=0.7, linestyle=joined, zorder=3, **look)
    for row in along:
        axis.vlines(row["cost"], *bar(row), color=look["color"], linewidth=0.7)

"""Linear probe accuracy against the time of pretraining

An overview for Sec. 4 of Bisulco et al. (2025), which asks how to train a masked autoencoder best
for its cost, at the scale and on the device named below. Each point is one setting of patch size,
mask and depths: test accuracy of a linear probe on the frozen encoder, which sees whole images,
against the time of its training loop; vertical bars are the range of the seeds or, with one seed,
two standard errors of the judged images. Colour: the encoder's depth; marker: patch size. The
stepped line joins the fastest setting and those whose bars are above the bars of all settings that
took no more time; without any there is no line. It describes these test accuracies and is not used
to choose anything. Horizontal lines are probes of features without pretraining: raw pixels, their
principal components, and the best linear MAE and the best untrained network. The first data set,
network and recipe of the table are drawn. Runs that shared a machine slowed each other down.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import (
    control_levels,
    control_looks,
    log_cost,
    looks,
    measure_panels,
    of_panel,
    percent,
    score_title,
)
from spatial_mae.figures.drawing.measures import ACCURACY
from spatial_mae.figures.drawing.notes import notes, ranges, remarks
from spatial_mae.figures.drawing.scores import (
    EVALUATION,
    ahead,
    bar,
    in_units,
    labelled,
    shown_scores,
    with_errors,
)
from spatial_mae.figures.drawing.style import BLACK, legend, styled, title
from spatial_mae.tables.columns import label
from spatial_mae.tables.needs import keep, runs
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, groups, levels, pick
from spatial_mae.tables.runs import PROBES, SETTING

KIND = "evaluation"
IN_PAPER = ""
STEPS = {"color": BLACK, "linewidth": 1}
KEYS = (*SETTING, "measure", "control")


def select(rows: list[Row]) -> list[Row]:
    """Accuracy and time of every setting, and the best of each control."""
    rows = shown_scores(runs(rows, KIND, (*EVALUATION, "pretrain_seconds")))
    timed = [row for row in rows if row["pretrain_seconds"] is not None]
    trained = keep(timed, control=None, measure=list(PROBES))
    keys = (*KEYS, *labelled(rows))
    times = in_units(over_seeds(trained, keys, "pretrain_seconds"), "pretrain_seconds")
    points = [
        point | {"time": time["value"], "time_unit": time["cost_unit"]}
        for point, time in zip(with_errors(over_seeds(trained, keys)), times, strict=True)
    ]
    return [_placed(row, points) for row in points] + [
        max(over_seeds(own, keys), key=lambda row: row["value"])
        for (control, *_), own in groups(rows, "control", "measure", "label").items()
        if control
    ]


def _placed(point: Row, points: list[Row]) -> Row:
    """A point that says whether it is above all of its measure that take no more time."""
    rivals = of_panel(points, point["measure"], [point])
    return point | {"front": "yes" if ahead(point, rivals, "time") else "no"}


@styled
def draw(rows: list[Row]) -> Figure:
    points, controls = pick(rows, control=None), [row for row in rows if row["control"]]
    note = notes(points, *remarks(rows), *ranges(points))
    figure, cells = measure_panels(points, PROBES, note=note, height=2.2, sharey=True)
    colours, markers = looks(levels(points, "enc")), looks(levels(points, "patch"))
    for measure, axis, shown in cells:
        _draw_front(axis, pick(shown, front="yes"))
        for row in shown:
            _draw_point(axis, row, colours[row["enc"]]["color"], markers[row["patch"]]["marker"])
        control_levels(axis, of_panel(controls, measure, shown))
        log_cost(axis)
        axis.set_xlabel(f"{label('pretrain_seconds')} ({points[0]['time_unit']})")
        percent(axis, ACCURACY, shown)
        title(axis, score_title(measure, shown))
    stepped = any(len(pick(shown, front="yes")) > 1 for _, _, shown in cells)
    entries = _entries(colours, markers) | ({"best for its time": STEPS} if stepped else {})
    legend(figure, entries | control_looks(controls))
    return figure


def _draw_point(axis: Axes, row: Row, colour: object, marker: str) -> None:
    look = {"color": colour, "zorder": 3}
    axis.plot(row["time"], row["value"], marker=marker, markersize=3.5, **look)
    axis.vlines(row["time"], *bar(row), linewidth=0.7, **look)


def _draw_front(axis: Axes, rows: list[Row]) -> None:
    front = sorted((row["time"], row["value"]) for row in rows)
    if len(front) < 2:
        return
    axis.step(*zip(*front, strict=True), where="post", zorder=2, **STEPS)


def _entries(colours: dict, markers: dict) -> dict[str, dict]:
    entries = {
        f"encoder depth {depth}": {"color": look["color"], "marker": "s", "linestyle": "none"}
        for depth, look in colours.items()
    }
    for patch, look in markers.items():
        marker = {"marker": look["marker"], "linestyle": "none"}
        entries[f"patch {patch}"] = {"color": BLACK, **marker}
    return entries

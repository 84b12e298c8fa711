"""What the figures of trained networks select, on rows whose answer is plain."""

import pytest
from drawn_figures import small_print
from matplotlib.collections import PolyCollection

from spatial_mae.figures import (
    accuracy_hours,
    boundary_loss,
    depth_grid,
    depth_hours,
    masking_grid,
    probe_over_epochs,
)
from spatial_mae.figures.drawing.catalogue import figure_names, load_figure
from spatial_mae.figures.drawing.scores import in_units
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.runs import first_completed

KINDS = ("evaluation", "fine_tuning", "supervised", "similarity")
AVERAGED = [name for name in figure_names() if load_figure(name).KIND in KINDS]


def bands(figure) -> list:
    return [c for axis in figure.axes for c in axis.collections if isinstance(c, PolyCollection)]


def diverged(table, **run):
    """The table in which one run diverged, and some of its rows do not say so."""
    lost = [row for row in table if all(row[key] == value for key, value in run.items())]
    assert lost
    last = {id(lost[0])}
    return [row | {"status": "diverged"} if id(row) in last else row for row in table]


def test_over_seeds_is_mean_lowest_highest_and_count():
    rows = [{"k": 1, "seed": s, "value": v} for s, v in enumerate((1.0, 4.0, 1.0))]
    rows.append({"k": 2, "seed": 0, "value": None})
    [row] = over_seeds(rows, ("k",))
    assert row == {"k": 1, "value": 2.0, "low": 1.0, "high": 4.0, "seeds": 3}


def test_units_are_the_largest_that_the_greatest_exceeds():
    rows = [{"value": v, "low": v, "high": v} for v in (60.0, 7200.0)]
    assert [row["value"] for row in in_units(rows, "pretrain_seconds")] == [1 / 60, 2]
    assert in_units(rows[:1], "pretrain_seconds")[0]["cost_unit"] == "min"
    assert (
        in_units([{"value": 0.1, "low": 0.1, "high": 0.1}], "pretrain_seconds")[0]["value"] == 0.1
    )


@pytest.mark.parametrize("name", AVERAGED)
def test_a_run_that_diverged_is_left_out_and_counted(name, sample):
    module = load_figure(name)
    table = sample(module.KIND)
    run = {key: table[0][key] for key in ("patch", "enc", "seed") if key in table[0]}
    rows = module.select(table)
    fewer = module.select(diverged(table, **run))
    assert {row["runs_left_out"] for row in fewer} == {1}
    assert {row["runs_left_out"] for row in rows} == {0}
    assert "runs left out because they did not complete: 1" in small_print(module.draw(fewer))
    assert "left out" not in small_print(module.draw(rows))


def test_nothing_is_drawn_of_runs_that_all_diverged(sample):
    table = [row | {"status": "diverged"} for row in sample("evaluation")]
    with pytest.raises(ValueError, match="no run .* completed .there: diverged"):
        first_completed(table, "pretrain_epochs")


@pytest.mark.parametrize("name", AVERAGED)
def test_seeds_are_a_band_and_one_seed_pretends_nothing(name, sample):
    module = load_figure(name)
    one = module.select([row for row in sample(module.KIND) if row["seed"] == 0])
    several = module.select(sample(module.KIND))
    figure = module.draw(one)
    drawn = [row for row in one if row.get("control") is None]
    assert all(row["low"] == row["high"] in (row["value"], None) for row in drawn)
    assert not bands(figure)
    assert "one seed" in small_print(figure)
    assert "seeds" in small_print(module.draw(several))
    assert any(row["low"] < row["value"] < row["high"] for row in several)


@pytest.mark.parametrize("name", AVERAGED)
def test_the_scale_of_the_runs_stands_below(name, sample):
    module = load_figure(name)
    text = small_print(module.draw(module.select(sample(module.KIND))))
    assert "width 96" in text
    if module.KIND != "similarity":
        assert "epochs of" in text


def test_masking_grid_takes_errors_and_probes_after_the_last_epoch(sample):
    table = sample("evaluation")
    cell = {"patch": 8, "mask": 0.25, "enc": 2, "dec": 1}
    for measure in ("hidden_error", "class_token", "mean"):
        wanted = [
            row["value"]
            for row in table
            if all(row[key] == value for key, value in cell.items())
            and row["epoch"] == 4
            and measure in (row["metric"], row["representation"])
        ]
        rows = [
            r
            for r in masking_grid.select(table)
            if r["measure"] == measure and r["control"] is None
            if all(r[key] == value for key, value in cell.items())
        ]
        assert len(wanted) == 3
        assert [row["value"] for row in rows] == [pytest.approx(sum(wanted) / 3)]


def test_controls_are_the_untrained_network_and_features_of_no_network(sample):
    controls = [row for row in masking_grid.select(sample("evaluation")) if row["control"]]
    count = {
        name: sum(row["control"] == name for row in controls) for name in ("pca", "linear_mae")
    }
    assert count == {"pca": 1, "linear_mae": 9}  # the latter for each patch size and mask ratio
    untrained = [row for row in controls if row["control"] == "untrained"]
    assert {row["measure"] for row in untrained} == {"class_token", "mean"}
    assert len(untrained) == 2 * 9


def test_the_setting_drawn_is_the_one_with_most_values(sample):
    rows = depth_grid.select(sample("evaluation"))
    drawn = [row for row in rows if row["control"] is None]
    assert {(row["patch"], row["mask"]) for row in drawn} == {(4, 0.75)}
    assert {(row["enc"], row["dec"]) for row in drawn} == {
        (e, d) for e in (1, 2, 4) for d in (1, 2)
    }


@pytest.mark.parametrize("module", [masking_grid, depth_grid])
def test_images_without_labels_still_have_reconstructions(module, sample):
    table = [row for row in sample("evaluation") if row["protocol"] == "reconstruction"]
    rows = module.select(table)
    assert {row["measure"] for row in rows} == {"hidden_error"}
    assert len(module.draw(rows).axes) == 1


def test_probes_asked_of_unlabelled_images_are_an_error_that_says_so(sample):
    table = [row for row in sample("evaluation") if row["protocol"] == "reconstruction"]
    for module in (probe_over_epochs, accuracy_hours):
        with pytest.raises(ValueError, match="recipe"):
            module.select(table)


def test_time_is_that_of_the_whole_pretraining(sample):
    table = sample("evaluation")
    times = [r for r in depth_hours.select(table) if r["cost"] == "pretrain_seconds"]
    row = next(row for row in times if (row["enc"], row["dec"]) == (4, 2))
    seconds = {
        r["seed"]: r["pretrain_seconds"]
        for r in table
        if (r["enc"], r["dec"], r["epoch"]) == (4, 2, 4)
    }
    assert row["cost_unit"] == "min"
    assert row["value"] * 60 == pytest.approx(sum(seconds.values()) / 3)


def test_probes_over_epochs_start_at_the_untrained_network(sample):
    rows = probe_over_epochs.select(sample("evaluation"))
    probes = [row for row in rows if row["control"] is None]
    assert {row["epoch"] for row in probes} == {0, 1, 2, 4}
    assert {row["control"] for row in rows} == {None, "raw_pixels", "pca"}


def test_long_pretraining_gets_a_logarithmic_axis_with_epoch_0(sample):
    far = {0: 0, 1: 1, 2: 50, 4: 2000, None: None}
    table = [row | {"epoch": far[row["epoch"]], "epochs": 2000} for row in sample("evaluation")]
    axis = probe_over_epochs.draw(probe_over_epochs.select(table)).axes[0]
    assert axis.get_xscale() == "symlog"
    assert [t.get_text() for t in axis.get_xticklabels()] == ["0", "1", "50", "2,000"]


def test_the_front_is_the_fastest_and_what_is_above_all_faster_bars():
    def shown(*points):
        rows = [_timed(depth, *point) for depth, point in enumerate(points, start=1)]
        found = accuracy_hours.select(rows)
        return [row["enc"] for row in found if row["front"] == "yes"]

    assert shown((1, 0.2), (2, 0.6), (3, 0.5), (4, 0.9)) == [1, 2, 4]
    # Two standard errors of 100 images are 0.1 at an accuracy of one half.
    assert shown((1, 0.5), (2, 0.6)) == [1]


def _timed(depth, seconds, accuracy):
    run = {"dataset": "a", "model": "b", "training": "c", "patch": 4, "unit": 1, "mask": 0.5}
    run |= {"enc": depth, "dec": 1, "seed": 0, "status": "completed", "epoch": 3, "epochs": 3}
    asked = {"protocol": "linear_probe", "representation": "mean", "metric": "accuracy"}
    return run | asked | {"value": accuracy, "pretrain_seconds": seconds, "n_test": 100}


@pytest.mark.parametrize("module", [masking_grid, depth_grid, probe_over_epochs, accuracy_hours])
def test_the_colour_of_the_controls_stands_below(module, sample):
    assert "controls of luma pixels" in small_print(
        module.draw(module.select(sample("evaluation")))
    )


@pytest.mark.parametrize(
    ("module", "titles"),
    [
        (masking_grid, ("hidden pixels", "[CLS] token,\n{}", "mean token,\n{}")),
        (probe_over_epochs, ("[CLS] token,\n{}", "mean token,\n{}")),
        (accuracy_hours, ("[CLS] token,\n{}", "mean token,\n{}")),
    ],
)
def test_each_label_has_its_panel_and_its_controls(module, titles, sample):
    table = [
        row | {"label": label, "value": row["value"] + more}
        for row in sample("evaluation")
        for label, more in (("texture", 0), ("layout", 100))
        if row["protocol"] == "linear_probe" or not more
    ]
    table = [r | {"label": None} if r["protocol"] == "reconstruction" else r for r in table]
    figure = module.draw(module.select(table))
    expected = [
        title.format(label)
        for title in titles
        for label in (("texture", "layout") if "{}" in title else ("",))
    ]
    shown = [axis.get_title(loc="left") or axis.get_title() for axis in figure.axes]
    assert [text.split(") ")[-1].split("  ")[-1] for text in shown] == expected
    for axis, title in zip(figure.axes, shown, strict=True):
        heights = [y for line in axis.lines for y in line.get_ydata()]
        assert (min(heights) > 50) == title.endswith("layout")


def test_the_boundary_is_drawn_for_the_first_label(sample):
    table = sample("evaluation")
    other = [
        r | {"label": "layout", "value": 0.0} for r in table if r["protocol"] == "linear_probe"
    ]
    assert boundary_loss.select([*table, *other]) == boundary_loss.select(table)


def test_one_pair_of_seeds_has_no_error_of_the_difference_from_the_plain_loss(sample):
    table = sample("evaluation")
    paired = [row for row in table if row["seed"] == 0 or row["boundary_width"] < 2]
    assert _errors(boundary_loss.select(table)) == {0: {0.0}, 1: {"known"}, 2: {"known"}}
    assert _errors(boundary_loss.select(paired)) == {0: {0.0}, 1: {"known"}, 2: {None}}
    rows = boundary_loss.select([row for row in table if row["seed"] == 0])
    assert _errors(rows) == {0: {0.0}, 1: {None}, 2: {None}}
    means = [row for row in rows if row["seed"] is None]
    assert all(row["difference"] is not None for row in means)
    assert {row["low"] for row in means if row["boundary_width"]} == {None}
    assert "bars" not in small_print(boundary_loss.draw(rows))
    assert "bars: one standard error" in small_print(
        boundary_loss.draw(boundary_loss.select(paired))
    )


def _errors(rows) -> dict:
    """Width -> its errors: 0, `known` where above 0, or None."""
    found = {}
    for row in rows:
        if row["seed"] is None:
            error = row["difference_error"]
            found.setdefault(row["boundary_width"], set()).add("known" if error else error)
    return found

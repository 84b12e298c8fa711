"""The parts that figures are made of."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from spatial_mae.figures.drawing import catalogue, curves, models, notes, style


def test_an_unknown_figure_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'gabor'"):
        catalogue.load_figure("gabors")
    with pytest.raises(ValueError, match="no figure is called"):
        catalogue.describe("../cli/draw_figure")


def test_a_variant_is_drawn_by_its_module_and_named_in_the_title():
    variant, plain = "separability-own_units", "separability"
    assert catalogue.load_figure(variant) is catalogue.load_figure(plain)
    title, caption = catalogue.describe(plain)
    assert catalogue.describe(variant) == (f"{title} (own units)", caption)
    with pytest.raises(ValueError, match="no figure is called 'separabilty'"):
        catalogue.load_figure("separabilty-own_units")


def test_notes_name_common_settings_once_and_differing_ones_with_the_data_set():
    rows = [
        {"dataset": "dead_leaves", "ridge": 0, "n_latents": k, "n_images": n, "pixels": "JPEG"}
        for k, n in ((64, 1000), (64, 2000))
    ]
    rows.append({"dataset": "photos", "ridge": 0, "n_latents": 9, "n_images": 5, "pixels": "PNG"})
    assert notes.notes(rows, "a remark") == [
        "ridge 0; a remark",
        "dead leaves: n = 1,000 to 2,000 images; k = 64; pixels: JPEG",
        "photos: n = 5 images; k = 9; pixels: PNG",
    ]


def test_notes_give_the_weight_of_the_stationary_covariance_where_there_is_one():
    def said(*weights):
        rows = [{"dataset": "a", "patch": p, "stationary_weight": w} for p, w in weights]
        return notes.notes(rows)[-1]

    about = "a: weight of the stationary covariance"
    assert said((8, 0.9), (16, 1.0)) == f"{about} 0.9 (patch 8), 1 (patch 16)"
    assert said((8, 0.9), (16, 0.9)) == f"{about} 0.9"
    assert said((8, 0.9), (8, 0.5), (16, 1.0)) == f"{about} 0.5 to 1"
    assert said((8, None)) == "a: "


@pytest.mark.parametrize(("columns", "width"), [(1, style.COLUMN), (2, style.FULL)])
def test_panels_wrap_the_note_to_the_figures_width(columns, width):
    figure, axes = style.panels(1, columns, ["luma; raw moments; ridge 0; JPEG 4:2:0; " * 8])
    assert figure.get_figwidth() == width
    lines = figure.texts[0].get_text().splitlines()
    assert len(lines) > 1
    box = figure.texts[0].get_window_extent()
    assert box.width < width * figure.dpi


def test_grid_of_places_values_by_ascending_coordinates():
    rows = [{"y": y, "x": x, "v": 10 * y + x} for y in (1, 0) for x in (-1, 2)]
    assert np.array_equal(style.grid_of(rows, "y", "x", "v"), [[-1, 2], [9, 12]])


def test_log_x_ticks_are_plotted_values():
    axis = Figure().subplots()
    axis.plot([4, 16, 64], [1, 2, 3])
    style.log_x(axis, [4, 16, 64, 16])
    assert [label.get_text() for label in axis.get_xticklabels()] == ["4", "16", "64"]


def test_ordered_colours_differ():
    colours = style.ordered([0.1, 0.5, 0.9])
    assert len(set(colours.values())) == 3
    assert len(style.ordered([0.5])) == 1


def test_fixing_the_layout_rounds_the_places_and_keeps_labels_inside():
    figure, axes = style.panels(1, 2, ["a note"])
    axes[0, 0].set_ylabel("a label")
    style.fix_layout(figure)
    for axis in axes.flat:
        place = np.array(axis.get_position().bounds)
        assert np.allclose(place, np.round(place, 5), rtol=0, atol=1e-12)
        box = axis.get_tightbbox()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1
        assert box.y0 > figure.texts[0].get_window_extent().y1


def test_save_writes_equal_bytes_and_no_date(tmp_path):
    for run in ("first", "second"):
        figure, axes = style.panels(1, 1, ["a note"])
        axes[0, 0].plot([1, 2, 3])
        style.save(figure, tmp_path / f"{run}.pdf", tmp_path / f"{run}.png")
    for suffix in ("pdf", "png"):
        one, two = ((tmp_path / f"{run}.{suffix}").read_bytes() for run in ("first", "second"))
        assert one == two
        assert b"CreationDate" not in one


@pytest.mark.parametrize(("value", "written"), [(2.0, []), (0.4, ["AE: 0.40 ↓"])])
def test_an_autoencoder_far_from_the_others_is_written_not_drawn(value, written):
    axis = Figure().subplots()
    rows = [{"model": "mae", "patch": 4, "y": y} for y in (1.0, 2.0)]
    rows.append({"model": "ae", "patch": 4, "y": value})
    models.draw_ae(axis, rows, "y", {4: "red"})
    assert [text.get_text() for text in axis.texts] == written
    assert [list(line.get_ydata()) for line in axis.lines] == ([] if written else [[value]])


def test_only_the_autoencoders_that_are_far_are_written():
    axis = Figure().subplots()
    rows = [{"model": "mae", "patch": 4, "y": y} for y in (1.0, 2.0)]
    rows += [{"model": "ae", "patch": p, "y": y} for p, y in enumerate((0.4, 0.6, 2.4, 2.6, 9.0))]
    assert models.draw_ae(axis, rows, "y", dict.fromkeys(range(5), "red"))
    assert [text.get_text() for text in axis.texts] == ["AE: 0.40 ↓", "AE: 2.60 to 9.00 ↑"]
    assert [list(line.get_ydata()) for line in axis.lines] == [[0.6], [2.4]]
    far = [row for row in rows if row["y"] in (1.0, 2.0, 9.0)]
    assert not models.draw_ae(axis, far, "y", {4: "red"})


def test_two_points_of_a_dashed_curve_are_hollow_and_not_joined():
    axis = Figure().subplots()
    rows = [{"x": x, "value": x, "seeds": 1, "low": x, "high": x} for x in (1, 2)]
    curves.curve(axis, rows, "x", color="red", linestyle="--", marker="o")
    curves.curve(axis, rows, "x", color="red")
    dashed, plain = axis.lines
    assert (dashed.get_linestyle(), dashed.get_markerfacecolor()) == ("None", "white")
    assert (plain.get_linestyle(), plain.get_marker()) == ("None", "_")
    three = [row | {"x": 1 + row["x"] / 2} for row in (*rows, rows[0] | {"x": 4})]
    curves.curve(axis, three, "x", color="blue")
    assert axis.lines[-1].get_zorder() < min(dashed.get_zorder(), plain.get_zorder())


@pytest.mark.parametrize(
    ("labels", "columns"), [(["ab"] * 7, 7), (["a" * 30, *["ab"] * 6], 7), (["a" * 20] * 7, 4)]
)
def test_a_legend_has_as_few_lines_as_fit(labels, columns):
    looks = {f"{label}{n}": {"color": "red"} for n, label in enumerate(labels)}
    with matplotlib.rc_context(style.STYLE):
        figure, _ = style.panels(1, 2, [])
        style.legend(figure, looks)
        figure.draw_without_rendering()
    (legend,) = figure.legends
    assert legend._ncols == columns
    assert legend.get_window_extent().width <= figure.bbox.width


def test_ranges_say_what_is_drawn():
    row = {"value": 1, "low": 1, "high": 1, "seeds": 1}
    assert notes.ranges([row]) == []
    assert notes.ranges([row | {"half_width": 0.1}]) == [notes.TWO_ERRORS]
    assert notes.ranges([row | {"high": 2}], "bands: an error") == ["bands: an error"]
    several = row | {"seeds": 2, "high": 2}
    assert notes.ranges([row, several]) == ["bands and bars: range of the seeds"]


def test_where_one_seed_is_drawn_next_to_several_both_kinds_of_bars_are_named():
    row = {"value": 1, "low": 1, "high": 1, "seeds": 1, "half_width": 0.1}
    several = row | {"seeds": 2, "high": 2, "half_width": None}
    said = "bands and bars: range of the seeds; of one seed, two standard errors"
    assert notes.ranges([row, several]) == [said]
    profile = row | {"high": 2, "half_width": None}
    said = "bands and bars: range of the seeds; of one seed, one standard error over images"
    assert notes.ranges([profile, several], "bands: one standard error over images") == [said]


def test_a_logarithmic_axis_of_one_value_has_room_around_it():
    axis = style.panels(1, 1, [])[1][0, 0]
    style.log_x(axis, [3])
    assert axis.get_xlim() == (1.5, 6)


def test_the_small_print_says_that_patches_are_told_their_mean_and_deviation():
    rows = [{"seeds": 1, "normalised_targets": "yes"}, {"seeds": 1, "normalised_targets": "no"}]
    assert f"normalised targets: {notes.GIVEN}" in notes.remarks(rows)
    assert "normalised targets: as they are" in notes.remarks(rows, "as they are")
    assert notes.remarks(rows[1:]) == ["one seed"]

"""Figures of chosen output pixels' kernels, and of masked losses of trained networks."""

import math

import numpy as np
import pytest
from drawn_figures import small_print
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from spatial_mae.figures import basis_kernels, basis_over_training, mean_kernels, taylor_networks
from spatial_mae.figures.drawing.pictures import OUTPUTS, output_colours, tint

MODULES = [basis_kernels, basis_over_training, mean_kernels, taylor_networks]


def written(figure) -> list[str]:
    """What stands on the axes, titles and axis labels left out."""
    return [text.get_text() for axis in figure.axes for text in axis.texts]


@pytest.mark.parametrize("module", MODULES)
def test_the_scale_of_the_runs_stands_below(module, sample):
    text = small_print(module.draw(module.select(sample(module.KIND))))
    seeds = "means of 2 seeds" if module is basis_over_training else "one seed"
    for part in (seeds, "n = 3 images", "pixels: lossless", "width 96", "4 epochs of pretraining"):
        assert part in text


@pytest.mark.parametrize("module", MODULES)
def test_a_checkpoint_of_unknown_training_is_drawn(module, sample):
    unknown = ("model", "training", "seed", "epochs", "pretrain_n_train", "status", "pixels")
    table = [row for row in sample(module.KIND) if not row["seed"]]
    for changed in (
        [{key: row[key] for key in row if key not in unknown} for row in table],
        [row | dict.fromkeys(unknown) for row in table],
    ):
        assert "one seed" in small_print(module.draw(module.select(changed)))


@pytest.mark.parametrize("module", MODULES)
def test_runs_that_diverged_are_not_drawn(module, sample):
    table = [row | {"status": "diverged"} for row in sample(module.KIND)]
    with pytest.raises(ValueError, match="no run .* completed"):
        module.select(table)
    later = [row | {"status": "completed", "seed": 7} for row in table]
    rows = module.select(table + later)
    lost = {(row["patch"], row["mask"], row["seed"]) for row in table}
    assert {row["runs_left_out"] for row in rows} == {len(lost)}


@pytest.mark.parametrize("module", [basis_kernels, basis_over_training, taylor_networks])
def test_only_the_first_setting_is_drawn(module, sample):
    table = sample(module.KIND)
    other = [row | {"patch": 8, "mask": 0.25, "n_images": 99} for row in table]
    rows = module.select(table + other)
    assert {row["n_images"] for row in rows} == {3}
    assert rows == module.select(table)


def test_kernels_are_of_few_images_epochs_and_outputs(sample):
    table = sample("basis_kernels")
    table += [row | {"image": row["image"] + 3} for row in table if row["image"] is not None]
    table += [row | {"epoch": 8 * row["epoch"]} for row in table if row["epoch"]]
    table += [row | {"epoch": 64 * row["epoch"]} for row in table if row["epoch"]]
    table += [row | {"output": 2} for row in table if row["output"] == 1]
    rows = basis_kernels.select(table)
    assert {row["image"] for row in rows if row["source"] != "linear"} == set(range(5))
    epochs = {row["epoch"] for row in rows if row["source"] == "network"}
    assert len(epochs) == 6 and min(epochs) == 0 and max(epochs) == 2048
    assert {row["output"] for row in rows if row["source"] != "image"} == {0, 1}


def test_hidden_pixels_are_grey_in_the_image_and_white_behind_kernels(sample):
    rows = basis_kernels.select(sample("basis_kernels"))
    for row in (row for row in rows if row["source"] == "image"):
        seen = [row[f"seen_{channel}"] for channel in range(3)]
        assert row["grey"] is None if row["hidden"] else row["grey"] == pytest.approx(np.mean(seen))
        assert not row["hidden"] or seen == [0.5] * 3


def test_each_picture_has_its_outputs_numbers_in_their_colours(sample):
    rows = basis_kernels.select(sample("basis_kernels"))
    figure = basis_kernels.draw(rows)
    axes = np.array(figure.axes).reshape(3, 6)  # image, four epochs, linear MAE
    cell = [(t.get_text(), t.get_color()) for t in axes[1, 3].texts]
    kernel = next(row for row in rows if row.get("epoch") == 2)
    for measure in ("spread", "entropy"):
        wanted = f"{kernel[measure]:.2f}"
        assert [pair for pair in cell if pair[0] == wanted] == [(wanted, c) for c in OUTPUTS[:2]]
    feet = [[t.get_text() for t in axis.texts[-2:]] for axis in axes[-1, 1:]]
    assert feet == [[f"{value:.2f}"] * 2 for value in (0.0, 0.1, 0.2, 0.4, 0.0)]
    assert len(axes[0, 1].texts) == 4


def test_every_picture_has_both_circles(sample):
    figure = basis_kernels.draw(basis_kernels.select(sample("basis_kernels")))
    for axis in figure.axes:
        places = [tuple(c.get_offsets()[0]) for c in axis.collections]
        assert places == [(2, 1), (4, 5)]


def test_kernels_are_drawn_without_a_linear_model_and_of_grey_images(sample):
    gone = ("original_1", "original_2")
    table = [row for row in sample("basis_kernels") if row["source"] != "linear"]
    table = [{key: row[key] for key in row if key not in gone} for row in table]
    figure = basis_kernels.draw(basis_kernels.select(table))
    assert len(figure.axes) == 3 * 5
    assert figure.axes[0].images[0].get_array().shape == (8, 8)


def test_a_network_of_unknown_epoch_is_drawn_and_no_zero_is_negative(sample):
    table = [row for row in sample("basis_kernels") if not row["epoch"]]
    table = [row | {"epoch": None, "adaptivity": -1e-17} for row in table]
    figure = basis_kernels.draw(basis_kernels.select(table))
    assert [axis.get_title() for axis in figure.axes[:3]] == ["image", "network", "linear MAE"]
    assert figure.axes[-1].texts[-1].get_text() == "0.00"


def shown(weights: dict) -> np.ndarray:
    """The colours of pixels on white under the maps that `tint` draws."""
    axis = Figure().subplots()
    tint(axis, weights)
    found = np.ones((*next(iter(weights.values())).shape, 3))
    for image in axis.images:
        alpha = np.asarray(image.get_alpha())[..., None]
        found = (1 - alpha) * found + alpha * np.array(to_rgb(image.get_cmap()(0.5)))
    return found


def test_tint_is_the_share_of_the_maximum_and_mixes_in_proportion():
    red, green = OUTPUTS[:2]
    first, second = np.array([[4.0, 0.0, 2.0, 0.0]]), np.array([[0.0, 3.0, 1.5, 0.0]])
    found = shown({red: first, green: second})
    for other in (found, shown({green: second, red: first})):
        assert np.allclose(other[0, 0], to_rgb(red))
        assert np.allclose(other[0, 1], to_rgb(green))
        mixed = np.mean([to_rgb(red), to_rgb(green)], axis=0)
        assert np.allclose(other[0, 2], 0.5 + 0.5 * mixed)
        assert np.allclose(other[0, 3], 1)
    assert np.allclose(shown({red: first})[0, 2], 0.5 + 0.5 * np.array(to_rgb(red)))
    assert np.allclose(shown({red: 0 * first}), 1)


def test_the_two_figures_give_an_output_one_colour(sample):
    first, second = (output_colours(sample(kind)) for kind in ("basis", "basis_kernels"))
    assert first == second == {0: "#D55E00", 1: "#009E73"}


def test_measures_are_means_over_seeds_in_the_first_conventions(sample):
    table = sample("basis")
    rows = basis_over_training.select(table)
    assert len(rows) == 3 * 2 * (4 + 1)
    cell = {"measure": "spread", "epoch": 2, "output": 1, "power": 1}
    values = [r["value"] for r in table if all(r[k] == v for k, v in cell.items())]
    [row] = [r for r in rows if all(r[k] == v for k, v in cell.items())]
    assert len(values) == 2
    assert row["value"] == pytest.approx(np.mean(values))
    assert row["high"] - row["value"] == pytest.approx(2 * np.mean([0.1, 0.2]))
    assert {row["base"] for row in rows if row["measure"] == "entropy"} == {"e"}
    flat = [row for row in rows if row["source"] == "linear" or row["measure"] == "adaptivity"]
    assert all(row["low"] == row["value"] == row["high"] for row in flat)


def test_the_axis_of_epochs_shows_the_untrained_network_and_the_linear_mae_crosses_it(sample):
    rows = basis_over_training.select(sample("basis"))
    figure = basis_over_training.draw(rows)
    labels = [axis.get_ylabel() for axis in figure.axes]
    assert labels == ["spread (pixels)", "entropy (nats)", "adaptivity"]
    for axis, measure in zip(figure.axes, ("spread", "entropy", "adaptivity"), strict=True):
        assert [t.get_text() for t in axis.get_xticklabels()] == ["0", "1", "2", "4"]
        assert axis.get_xlim()[0] < 0
        levels = [line.get_ydata()[0] for line in axis.lines if len(line.get_ydata()) == 2]
        linear = [row for row in rows if row["source"] == "linear"]
        assert sorted(levels) == sorted(r["value"] for r in linear if r["measure"] == measure)


def test_the_untrained_network_alone_is_an_error_that_says_so(sample):
    with pytest.raises(ValueError, match="'epoch'.*at least two"):
        basis_over_training.select([row for row in sample("basis") if not row["epoch"]])


def test_mean_kernels_are_the_first_seeds_of_at_most_four_runs(sample):
    table = [row for row in sample("mean_kernels") if (row["patch"], row["seed"]) != (2, 0)]
    table += [row | {"patch": 16} for row in table if row["patch"] == 4]
    rows = mean_kernels.select(table)
    runs = {(row["patch"], row["mask"]) for row in rows}
    assert runs == {(2, 0.5), (4, 0.5), (4, 0.75), (16, 0.75)}
    cell = {"patch": 2, "mask": 0.5, "source": "network", "output": 0, "row": 7, "column": 7}
    second = next(r for r in table if all(r[k] == v for k, v in (cell | {"seed": 1}).items()))
    [row] = [r for r in rows if all(r[k] == v for k, v in cell.items())]
    assert row["value"] == second["value"]


def test_a_pair_has_one_symmetric_scale_and_gaps_where_nothing_is_shown(sample):
    figure = mean_kernels.draw(mean_kernels.select(sample("mean_kernels")))
    maps = [axis for axis in figure.axes if axis.images]
    assert len(maps) == 4 * 2 * 2
    for left, right in zip(maps[::2], maps[1::2], strict=True):
        limits = left.images[0].get_clim()
        assert limits == right.images[0].get_clim()
        assert limits[0] == -limits[1] < 0
        gaps = np.ma.getmaskarray(np.ma.masked_invalid(left.images[0].get_array()))
        [output] = (circle.get_offsets()[0] for circle in left.collections)
        assert gaps[int(output[1]), int(output[0])]
    numbers = [axis.get_xlabel() for axis in maps[:2]]
    largest = np.nanmax(np.abs(np.ma.filled(maps[1].images[0].get_array(), np.nan)))
    assert numbers == ["spread 2.0 px", f"spread 4.0 px\nlargest {largest:.2g}\ncosine 0.85"]
    assert maps[0].get_ylabel() == "patch 2\nm = 0.5"


def test_lemma_6_is_held_against_its_own_measured_loss(sample):
    rows = taylor_networks.select(sample("masked_loss"))
    axis = taylor_networks.draw(rows).axes[0]
    points = {c.lines[0].get_markerfacecolor(): c.lines[0].get_ydata() for c in axis.containers}
    drawn = [row for row in rows if row["input_scale"] == 0.1]
    for lemma, colour in ((6, "white"), (4, "#000000")):
        wanted = [row["measured"] for row in drawn if row["lemma"] == lemma]
        assert list(points[colour]) == wanted
    without = taylor_networks.draw([row for row in rows if row["lemma"] != 6])
    assert len(without.axes[0].containers) == 1
    assert [t.get_text() for t in without.legends[0].get_texts()] == [
        "measured",
        "Lemma 4",
        "Lemma 5",
    ]


def test_errors_are_relative_and_empty_where_nothing_was_lost(sample):
    table = sample("masked_loss")
    table += [row | {"mask_ratio": 0.0, "measured": 0.0, "predicted": 0.0} for row in table[:2]]
    rows = taylor_networks.select(table)
    for row in rows:
        if row["mask_ratio"]:
            wrong = (row["lemma"] - 3) * row["mask_ratio"] * row["input_scale"] / 2
            assert row["relative_error"] == pytest.approx(wrong)
        else:
            assert row["relative_error"] is None
    taylor_networks.draw(rows)


def test_the_networks_own_mask_ratio_is_told_from_that_of_the_loss(sample):
    rows = taylor_networks.select(sample("masked_loss"))
    assert "pretrained at m = 0.75" in small_print(taylor_networks.draw(rows))


def test_a_prediction_far_off_leaves_the_measured_losses_readable(sample):
    rows = taylor_networks.select(sample("masked_loss"))
    scales = sorted({row["input_scale"] for row in rows})
    near = taylor_networks.draw(rows)
    far = taylor_networks.draw([row | {"predicted": math.exp(9)} for row in rows])
    for index, scale in enumerate(scales):
        greatest = max(row["measured"] for row in rows if row["input_scale"] == scale)
        top = far.axes[index].get_ylim()[1]
        assert near.axes[index].get_ylim()[1] < top == pytest.approx(2.5 * greatest)

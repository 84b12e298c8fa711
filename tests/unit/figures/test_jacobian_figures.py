"""What the figures of Jacobians over mask ratio and patch size select, and what they show."""

import math

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb

from spatial_mae.figures import jacobian_profiles, overview, second_order, spatial_entropy
from spatial_mae.figures.drawing.jacobians import chosen, thinned, with_errors

MODULES = (overview, spatial_entropy, jacobian_profiles, second_order)
OPTIONAL = ("model", "training", "seed", "epochs", "pretrain_n_train", "status", "pixels")


def small_print(figure) -> str:
    """The small print in one line."""
    return " ".join(" ".join(text.get_text() for text in figure.texts).split())


def legends(figure) -> list[str]:
    found = [*figure.legends, *(axis.get_legend() for axis in figure.axes)]
    return [text.get_text() for legend in found if legend for text in legend.get_texts()]


def titles(figure) -> list[str]:
    """Of the panels, without their letters."""
    named = [axis.get_title(loc="left") for axis in figure.axes]
    return [name.partition("$  ")[2] for name in named if name]


def cells(rows, **wanted):
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def contrast(one, other) -> float:
    """WCAG 2's ratio of two colours' luminances, written as in its definition."""
    luminances = []
    for colour in (one, other):
        parts = [
            v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(colour)
        ]
        luminances.append(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


@pytest.mark.parametrize("module", MODULES)
def test_a_run_that_diverged_is_left_out_and_counted(module, sample):
    table = sample(module.KIND)
    whole = module.draw(module.select(table))
    lost = {"patch": 2, "mask": 0.5, "seed": 1}
    rows = [row | {"status": "diverged"} if cells([row], **lost) else row for row in table]
    rows = module.select(rows)
    assert {row["runs_left_out"] for row in rows} == {1}
    text = small_print(module.draw(rows))
    assert "runs left out because they did not complete: 1" in text
    assert "left out" not in small_print(whole)


@pytest.mark.parametrize("module", MODULES)
def test_the_small_print_names_scale_counts_and_seeds(module, sample):
    text = small_print(module.draw(module.select(sample(module.KIND))))
    for part in ("width 96", "4 epochs of pretraining", "pretrained on 300", "test split"):
        assert part in text
    assert "masks per image: 2" in text
    assert "means of 1 to 2 seeds" in text
    one = module.select(cells(sample(module.KIND), seed=0))
    assert "one seed" in small_print(module.draw(one))


@pytest.mark.parametrize("module", MODULES[:3])
def test_the_conventions_of_the_table_stand_below(module, sample):
    text = small_print(module.draw(module.select(sample(module.KIND))))
    assert "hidden output pixels; |J| to the power 1" in text
    if module is not jacobian_profiles:
        assert "channels of a pixel: sum; logarithm to base e; entropy normalised: no" in text


@pytest.mark.parametrize("module", MODULES)
def test_a_checkpoint_without_a_recipe_has_figures_too(module, sample):
    table = cells(sample(module.KIND), seed=0)
    bare = [{k: v for k, v in row.items() if k not in OPTIONAL} for row in table]
    empty = [row | dict.fromkeys(OPTIONAL) for row in table]
    for rows in (bare, empty):
        assert module.draw(module.select(rows)).axes


@pytest.mark.parametrize("module", MODULES)
def test_a_table_without_the_network_is_an_error(module, sample):
    table = sample(module.KIND)
    others = [row for row in table if row.get("source", "network") != "network"]
    with pytest.raises(ValueError, match="network" if others else "no rows"):
        module.select(others)


@pytest.mark.parametrize("module", MODULES)
def test_the_linear_model_may_be_missing(module, sample):
    table = sample(module.KIND)
    rows = [row for row in table if row.get("source") != "linear"]
    rows = [row for row in rows if row.get("measure") != "linear_error"]
    figure = module.draw(module.select(rows))
    assert not any("linear MAE" in text for text in (*titles(figure), *legends(figure)))


def test_the_choice_of_depths_is_the_one_with_most_cells(sample):
    table = sample("jacobian")
    few = [row | {"enc": 9} for row in cells(table, patch=2, mask=0.5)]
    rows = chosen([*few, *table])
    assert {row["enc"] for row in rows} == {2}
    assert len({(row["patch"], row["mask"]) for row in rows}) == 8
    assert {row["n_image_masks"] for row in rows} == {2}


def test_the_first_conventions_are_drawn_of_each_measure(sample):
    rows = chosen(sample("jacobian"))
    assert {row["measure"] for row in rows} == {"entropy", "spread"}
    assert {(row["power"], row["channels"]) for row in rows} == {(1, "sum")}
    assert {row["base"] for row in cells(rows, measure="entropy")} == {"e"}
    other = [row for row in sample("entropy_histogram") if row["power"] == 2]
    figure = spatial_entropy.draw(spatial_entropy.select(other))
    assert figure.axes[0].get_xlabel() == "entropy / log(all inputs)"
    bits = [row | {"normalised": "no"} for row in other]
    figure = spatial_entropy.draw(spatial_entropy.select(bits))
    assert figure.axes[0].get_xlabel() == "entropy (bits)"
    assert figure.axes[0].get_ylabel() == "density (per bit)"


def test_thinning_keeps_both_ends():
    rows = [{"patch": p, "mask": m / 10} for p in (1, 2, 4, 8, 16) for m in range(1, 10)]
    kept = thinned(rows)
    assert len(kept) == 16
    assert {1, 16} < {row["patch"] for row in kept}
    assert {0.1, 0.9} < {row["mask"] for row in kept}


def test_one_seed_has_the_error_over_images_and_several_have_their_range():
    rows = [{"k": 1, "seed": s, "mean": v, "standard_error": 0.5} for s, v in ((0, 2.0), (1, 6.0))]
    rows += [{"k": 2, "seed": 0, "mean": 3.0, "standard_error": 0.5}]
    rows += [{"k": 3, "seed": 0, "mean": 3.0, "standard_error": None}]
    found = [(r["value"], r["low"], r["high"]) for r in with_errors(rows, ("k",), "mean")]
    assert found == [(4.0, 2.0, 6.0), (3.0, 2.5, 3.5), (3.0, 3.0, 3.0)]


def test_overview_has_means_over_seeds_and_grey_where_nothing_was_run(sample):
    table = sample("jacobian")
    rows = overview.select(table)
    cell = {"patch": 4, "mask": 0.5, "measure": "spread", "source": "linear"}
    wanted = [row["value"] for row in cells(table, **cell, power=1)]
    assert len(wanted) == 2
    assert [row["value"] for row in cells(rows, **cell)] == [pytest.approx(sum(wanted) / 2)]
    figure = overview.draw(rows)
    names = ["linear MAE: spread", "network: spread", "network: entropy"]
    assert titles(figure) == names
    for axis, name in zip(figure.axes, names, strict=False):
        shown = np.ma.filled(axis.images[0].get_array(), np.nan)
        source, measure = name.split(": ")
        source = source.split()[0]
        for row in cells(rows, source=source, measure=measure):
            place = (2, 4, 8).index(row["patch"]), (0.25, 0.5, 0.75).index(row["mask"])
            assert shown[place] == row["value"]
        assert np.isnan(shown).sum() == 1 and np.isnan(shown[2, 0])


def test_both_spreads_have_one_scale_of_colours(sample):
    rows = overview.select(sample("jacobian"))
    linear, network, entropy = (axis.images[0] for axis in overview.draw(rows).axes[:3])
    values = [row["value"] for row in cells(rows, measure="spread")]
    assert linear.get_clim() == network.get_clim() == (min(values), max(values))
    assert entropy.get_clim() != network.get_clim()


@pytest.mark.parametrize("reach", [0.1, 3.0])
def test_numbers_can_be_read_on_their_colours(reach, sample):
    table = [row | {"value": row["value"] ** reach} for row in sample("jacobian")]
    rows = overview.select(table)
    figure = overview.draw(rows)
    printed = []
    for axis in figure.axes[:3]:
        image = axis.images[0]
        for text in axis.texts:
            across, up = text.get_position()
            colour = image.to_rgba(image.get_array()[up, across])
            assert contrast(text.get_color(), colour) > 4.5
            printed.append(float(text.get_text()))
            assert printed[-1] == pytest.approx(image.get_array()[up, across], rel=5e-3)
    assert len(printed) == len(rows)


def test_panels_of_many_mask_ratios_stand_above_each_other(sample):
    table = sample("jacobian")
    more = [row | {"mask": row["mask"] + shift} for row in table for shift in (0, 0.05, 0.1)]
    for rows, stacked in ((table, False), (more, True)):
        first, second = overview.draw(overview.select(rows)).axes[:2]
        lower = second.get_position().y0 < first.get_position().y0 - 0.1
        assert lower == stacked


def test_overview_needs_two_cells(sample):
    table = sample("jacobian")
    assert overview.draw(overview.select(cells(table, mask=0.75))).axes
    assert overview.draw(overview.select(cells(table, patch=4))).axes
    with pytest.raises(ValueError, match="'mask'.*at least two"):
        overview.select(cells(table, mask=0.75, patch=4))


def test_densities_integrate_to_one_and_means_are_the_histograms(sample):
    rows = spatial_entropy.select(sample("entropy_histogram"))
    cell = {"patch": 8, "mask": 0.75, "source": "network"}
    bins = cells(rows, mark="bin", **cell)
    widths = [row["to"] - row["from"] for row in bins]
    assert sum(row["value"] * w for row, w in zip(bins, widths, strict=True)) == pytest.approx(1)
    [mean] = cells(rows, mark="mean", **cell)
    table = cells(sample("entropy_histogram"), **cell, power=1)
    middles = [(row["low"] + row["high"]) / 2 * row["share"] for row in table]
    assert mean["value"] == pytest.approx(sum(middles))
    assert {row["source"] for row in rows} == {"network", "linear", "uniform"}


def test_histograms_are_averaged_over_seeds(sample):
    table = sample("entropy_histogram")
    cell = {"patch": 4, "mask": 0.5, "source": "linear"}
    for row in cells(spatial_entropy.select(table), mark="bin", **cell):
        seeds = cells(table, **cell, power=1, low=row["from"])
        assert len(seeds) == 2
        density = sum(r["share"] for r in seeds) / 2 / (row["to"] - row["from"])
        assert row["value"] == pytest.approx(density)


def test_entropies_have_a_panel_a_mask_ratio_and_one_a_patch_size(sample):
    table = sample("entropy_histogram")
    figure = spatial_entropy.draw(spatial_entropy.select(table))
    masks, patches = ["m = 0.25", "m = 0.5", "m = 0.75"], ["patch 2", "patch 4", "patch 8"]
    assert titles(figure) == masks + patches
    assert legends(figure)[:3] == ["network", "linear MAE", "equal weights"]
    assert legends(figure)[3:] == patches + masks


def test_a_row_of_panels_in_which_nothing_differs_is_left_out(sample):
    table = sample("entropy_histogram")
    one_mask = spatial_entropy.select(cells(table, mask=0.75))
    assert titles(spatial_entropy.draw(one_mask)) == ["m = 0.75"]
    one_patch = spatial_entropy.select(cells(table, patch=4))
    assert titles(spatial_entropy.draw(one_patch)) == ["patch 4"]
    single = spatial_entropy.select(cells(table, patch=4, mask=0.75))
    assert titles(spatial_entropy.draw(single)) == ["m = 0.75"]


def test_an_output_that_nothing_moves_has_no_mean(sample):
    table = sample("entropy_histogram")
    dead = [row | {"share": 0.0} if row["source"] == "linear" else row for row in table]
    rows = spatial_entropy.select(dead)
    assert not cells(rows, mark="mean", source="linear")
    assert spatial_entropy.draw(rows).axes


def test_profiles_are_normalised_ones_of_network_and_linear_model(sample):
    table = sample("jacobian_profile")
    rows = jacobian_profiles.select(table)
    assert {row["weighting"] for row in rows} == {"normalised"}
    assert {row["source"] for row in rows} == {"network", "linear"}
    [row] = cells(rows, patch=8, mask=0.5, source="network", distance=3)
    [measured] = cells(
        table, patch=8, mask=0.5, source="network", distance=3, power=1, weighting="normalised"
    )
    assert row["value"] == measured["mean"]
    assert row["high"] - row["value"] == pytest.approx(measured["standard_error"])


def test_profiles_leave_zeros_out_of_a_logarithmic_axis(sample):
    figure = jacobian_profiles.draw(jacobian_profiles.select(sample("jacobian_profile")))
    assert titles(figure) == ["patch 2", "patch 4", "patch 8"]
    curves = [line for axis in figure.axes for line in axis.lines if len(line.get_xdata()) > 2]
    assert max(line.get_xdata().max() for line in curves) == 10
    assert {line.get_linestyle() for line in curves} == {"-", "--"}
    lowest = min(line.get_ydata().min() for line in curves)
    for axis in figure.axes:
        assert axis.get_yscale() == "log"
        assert 0.5 * lowest < axis.get_ylim()[0] < lowest
        assert any(isinstance(c, PolyCollection) for c in axis.collections)


def test_squared_weights_are_called_so(sample):
    table = [row for row in sample("jacobian_profile") if row["power"] == 2]
    figure = jacobian_profiles.draw(jacobian_profiles.select(table))
    assert figure.axes[0].get_ylabel() == "mean J², normalised"


def test_second_order_has_shares_and_errors_over_mask_ratios(sample):
    table = sample("second_order")
    rows = second_order.select(table)
    wanted = [
        row["value"] for row in cells(table, patch=2, mask=0.5, measure="explained_all_masks")
    ]
    [row] = cells(rows, patch=2, mask=0.5, measure="explained_all_masks")
    assert row["value"] == pytest.approx(math.fsum(wanted) / 2)
    assert row["low"] == min(wanted) < row["high"] == max(wanted)
    figure = second_order.draw(rows)
    assert "affine maps fitted to 250 images" in small_print(figure)
    assert "training images" not in small_print(figure)
    assert [axis.get_xlabel() for axis in figure.axes] == ["mask ratio m"] * 2
    assert legends(figure)[3:] == ["one mask", "all masks", "network", "linear MAE"]


def test_second_order_needs_two_mask_ratios(sample):
    with pytest.raises(ValueError, match="'mask'.*at least two"):
        second_order.select(cells(sample("second_order"), mask=0.5))


def test_second_order_without_errors_has_one_panel(sample):
    table = [row for row in sample("second_order") if row["measure"].startswith("explained")]
    assert len(second_order.draw(second_order.select(table)).axes) == 1

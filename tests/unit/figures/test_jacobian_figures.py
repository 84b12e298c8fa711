"""What the figures of Jacobians over mask ratio and patch size have in common."""

import pytest
from drawn_figures import cells, legends, small_print, titles

from spatial_mae.figures import jacobian_profiles, overview, second_order, spatial_entropy
from spatial_mae.figures.drawing.jacobians import chosen, thinned, with_errors

MODULES = (overview, spatial_entropy, jacobian_profiles, second_order)
OPTIONAL = ("model", "training", "seed", "epochs", "pretrain_n_train", "status", "pixels")


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

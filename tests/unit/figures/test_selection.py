"""What single figures select, on rows whose answer is plain."""

import math

import pytest
from drawn_figures import legends, small_print

from spatial_mae.figures import (
    autocorrelation,
    depth,
    estimation_noise,
    gabor,
    gabor_map,
    hierarchy_levels,
    influence_choices,
    influence_grid,
    influence_models,
    ising,
    ising_torus,
    jacobian_profiles,
    losses,
    mask_spectrum,
    masked_psd,
    recovered_latents,
    sampling_laws,
    taylor,
)
from spatial_mae.figures.drawing.measures import METRICS


def test_autocorrelation_averages_shifts_of_one_rounded_distance(sample):
    rows = autocorrelation.select(sample("autocorrelation"))
    decay = {
        row["distance"]: row["correlation"]
        for row in rows
        if row["panel"] == "decay"
        and (row["dataset"], row["border"], row["mean_removal"]) == ("leaves", "valid", "none")
    }
    # Distance 1 are the four neighbours and, at sqrt(2), the four diagonal ones.
    assert decay[1] == pytest.approx((math.exp(-1 / 4) + math.exp(-math.sqrt(2) / 4)) / 2)
    assert max(decay) == 6


def test_an_mae_at_mask_ratio_zero_is_not_drawn_beside_the_ae(sample):
    table = sample("profile")
    table += [row | {"model": "mae", "mask_ratio": 0.0} for row in table if row["model"] == "ae"]
    rows = influence_models.select(table)
    assert {row["mask_ratio"] for row in rows if row["model"] == "mae"} == {0.25, 0.5, 0.75}


def test_models_are_drawn_without_denoising_ones(sample):
    table = [row for row in sample("profile") if row["model"] != "dae"]
    (legend,) = influence_models.draw(influence_models.select(table)).legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names[0] == "AE"
    assert all(name.startswith("MAE") for name in names[1:])


def test_losses_of_one_number_of_latents_have_no_curves_over_it(sample):
    table = sample("losses")
    most = max(row["n_latents"] for row in table)
    one = [row for row in table if row["n_latents"] == most]
    one = [row for row in one if row["sampling"] in (None, "bernoulli")]
    whole, few = (losses.draw(losses.select(rows)) for rows in (table, one))
    assert 2 * len(few.axes) == len(whole.axes)
    assert all(axis.lines for axis in few.axes)


def test_sampled_outputs_have_intervals(sample):
    plain = sample("influence")
    sampled = [row | {"mean_distance_se": 0.1 * row["mean_distance"]} for row in plain]
    counts = []
    for table in (plain, sampled):
        axis = influence_grid.draw(influence_grid.select(table)).axes[0]
        counts.append(len(axis.collections))
    assert counts[1] > counts[0]


def test_choices_hold_all_others_at_one_setting(sample):
    rows = influence_choices.select(sample("influence"))
    values = {
        choice: {r["value"] for r in rows if r["choice"] == choice} for choice in ("centring",)
    }
    assert values["centring"] == {"raw", "centred"}
    for choice in ("n_latents", "centring", "colour"):
        shown = [row for row in rows if row["choice"] == choice]
        fixed = {"n_latents", "centring", "colour", "ridge", "flip"} - {choice}
        assert all(len({row[key] for row in shown}) == 1 for key in fixed)
    assert "ridge" not in {row["choice"] for row in rows}


def test_choices_use_the_most_images(sample):
    assert {row["n_images"] for row in influence_choices.select(sample("influence"))} == {400}


def test_noise_needs_two_numbers_of_images(sample):
    rows = estimation_noise.select(sample("influence"))
    assert {row["n_images"] for row in rows} == {50, 100, 200, 400}
    with pytest.raises(ValueError, match="'n_images'.*at least two"):
        estimation_noise.select([row for row in sample("influence") if row["n_images"] == 400])


def test_gabor_error_is_the_mean_over_orientations(sample):
    table = sample("gabor")
    cell = {"reading": "window", "readout": "free", "input": "whole", "mask_ratio": 0.5, "scale": 4}
    cell["frequency"] = table[0]["frequency"]
    errors = [row["error"] for row in table if all(row[k] == v for k, v in cell.items())]
    rows = [r for r in gabor.select(table) if all(r[k] == v for k, v in cell.items())]
    assert len(errors) == 2
    assert [row["error"] for row in rows] == [pytest.approx(sum(errors) / 2)]


def test_depth_needs_an_autoencoder_to_compare_with(sample):
    table = [row for row in sample("depth") if row["model"] == "mae"]
    with pytest.raises(ValueError, match=r"no row with model = 'ae'.*\(there: model: mae\)"):
        depth.select(table)


def test_depth_shows_gains_of_the_first_readout_at_the_errors_of_the_ae(sample):
    rows = depth.select(sample("depth"))
    assert {row["readout"] for row in rows} == {"free"}
    known = [row for row in rows if row["model"] == "ae"]
    assert [row["n_latents"] for row in known] == [4, 16, 64]
    gains = {row["gain"] for row in rows if row["model"] == "mae"}
    assert gains <= {row["gain"] for row in sample("depth")} and len(gains) > 3
    small_print = " ".join(text.get_text() for text in depth.draw(rows).texts)
    assert "0.600 (k = 4)" in " ".join(small_print.split())


def test_ising_takes_the_first_coupling_of_the_chain(sample):
    table = sample("ising_weights")
    rows = ising.select(table + [row | {"coupling": 2, "value": 9.0} for row in table])
    assert {(row["lattice"], row["coupling"]) for row in rows} == {("chain", 1)}


def test_torus_figure_needs_a_torus(sample):
    table = [row for row in sample("ising_summary") if row["lattice"] == "chain"]
    with pytest.raises(ValueError, match="lattice = 'torus'"):
        ising_torus.select(table)


def test_losses_thins_curves_but_keeps_both_ends(sample):
    latents = {
        row["n_latents"] for row in losses.select(sample("losses")) if row["panel"] == "latents"
    }
    assert {1, 64} <= latents
    assert len(latents) <= losses.MOST_POINTS + 4


def test_losses_draws_powers_of_two_against_the_mask_ratio(sample):
    rows = [row for row in losses.select(sample("losses")) if row["panel"] == "ratios"]
    assert {row["n_latents"] for row in rows} == {1, 4, 16, 64}


def test_sampling_laws_need_two_laws(sample):
    one = [row for row in sample("losses") if row["sampling"] == "bernoulli"]
    with pytest.raises(ValueError, match="'sampling'"):
        sampling_laws.select(one)


def test_masked_psd_draws_one_image_spectrum(sample):
    rows = masked_psd.select(sample("psd"))
    image = [row for row in rows if row["part"] == "image"]
    assert len(image) == len({(row["frequency_x"], row["frequency_y"]) for row in image}) == 64


def test_levels_are_lines_by_the_best_method(sample):
    rows = hierarchy_levels.select(sample("hierarchy_levels"))
    assert {r["law"] for r in rows} == set(hierarchy_levels.LAWS)
    methods = {(r["law"], r["drawn"]): r["method"] for r in rows}
    assert methods[("exact", "line")] == "formula" != methods[("exact", "points")]
    assert methods[("displaced", "line")] == "sampling"
    assert {r["definition"] for r in rows} == {"mean", "highest"}


def test_recovered_latents_are_shared_by_level_and_others_as_one(sample):
    rows = recovered_latents.select(sample("latent_recovery"))
    parts = {(row["role"], row["level"]) for row in rows}
    assert parts == {("shared", 2), ("shared", 1), ("hidden", "all"), ("visible", "all")}
    first = next(
        r for r in rows if (r["source"], r["mask"], r["role"]) == ("trained", 0.5, "shared")
    )
    assert (first["low"], first["high"], first["seeds"]) == (0.85, 0.86, 2)
    assert first["standard_error"] == 0.02
    assert "bars: two standard errors over masks" in small_print(recovered_latents.draw(rows))


def test_recovered_latents_of_one_mask_have_no_bars(sample):
    one = {"standard_error": None, "n_masks": 1}
    rows = recovered_latents.select([row | one for row in sample("latent_recovery")])
    assert {row["standard_error"] for row in rows} == {None}
    assert "bars" not in small_print(recovered_latents.draw(rows))


def test_taylor_adds_the_relative_error(sample):
    row = next(
        r for r in taylor.select(sample("taylor")) if r["lemma"] == 5 and r["input_scale"] == 1
    )
    assert row["relative_error"] == pytest.approx(row["mask_ratio"])


def test_profiles_leave_out_distances_that_not_every_image_has(sample):
    table = sample("jacobian_profile")
    far = [row | {"n_images": 1} if row["distance"] == 10 else row for row in table]
    assert {row["distance"] for row in jacobian_profiles.select(table)} == set(range(12))
    assert {row["distance"] for row in jacobian_profiles.select(far)} == set(range(12)) - {10}


def test_spectra_of_masks_name_the_mask_ratio_where_the_table_does(sample):
    def said(table):
        return small_print(mask_spectrum.draw(mask_spectrum.select(table)))

    table = sample("spectrum")
    assert "m = 0.25;" in said(table)
    older = [{key: row[key] for key in row if key != "mask_ratio"} for row in table]
    assert "m = " not in said(older) and mask_spectrum.BROKEN in said(older)


def test_frequencies_of_gabors_have_their_unit(sample):
    assert gabor.MEANING in small_print(gabor.draw(gabor.select(sample("gabor"))))
    first = gabor_map.draw(gabor_map.select(sample("gabor_map"))).axes[0]
    assert first.get_ylabel() == "frequency of the Gabor,\nw (rad/pixel)"


def test_gains_of_depth_have_their_unit(sample):
    figure = depth.draw(depth.select(sample("depth")))
    assert "share of\nthe mean map's error" in figure.axes[0].get_ylabel()
    assert ", as shares of the mean map's: " in small_print(figure)


@pytest.mark.parametrize(("kept", "said"), [((16,), "solved at k = 16"), ((4, 16), "")])
def test_the_loss_of_hidden_pixels_says_what_it_counts_and_where_it_is_solved(kept, said):
    common = {"dataset": "leaves", "n_images": 9, "model": "mae", "patch": 2}
    table = [
        common | {"mask_ratio": m, "n_latents": k, "sampling": law, "loss": 0.5}
        for law, latents in (("bernoulli", (4, 16)), ("hidden", kept))
        for k in latents
        for m in (0.25, 0.5)
    ]
    words = small_print(sampling_laws.draw(sampling_laws.select(table)))
    assert "crossings with other curves mean nothing" in words
    assert said in words and ("solved at" in words) == bool(said)
    (first, *others) = [row for row in table if row["sampling"] == "bernoulli"]
    table = [first | {"sampling": "exact"}, first, *others]
    assert "hidden only" not in small_print(sampling_laws.draw(sampling_laws.select(table)))


def test_a_grid_of_influence_names_only_what_it_draws_and_what_its_bars_leave_out(sample):
    rows = influence_grid.select(sample("influence"))
    rows = [row | {"mean_distance_se": 0.1} for row in rows]
    assert "sampled outputs alone; images add more" in small_print(influence_grid.draw(rows))
    far = [row | dict.fromkeys(METRICS, 99.0) if row["model"] == "ae" else row for row in rows]
    assert "AE (m = 0)" in legends(influence_grid.draw(rows))
    assert "AE (m = 0)" not in legends(influence_grid.draw(far))

"""Without d x d matrices against the closed forms with them."""

import numpy as np
import pytest

from spatial_mae.linear import comparison as dense
from spatial_mae.linear.decomposition import decompose
from spatial_mae.linear.matrix_free.comparison import influence_tables, loss_rows
from spatial_mae.linear.matrix_free.models import Model, Solver
from spatial_mae.linear.matrix_free.run import Run
from spatial_mae.linear.matrix_free.samples import pixel_samples
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.recipe import ComparisonRecipe
from spatial_mae.linear.store import LinearRun, RunSettings
from spatial_mae.linear.store import solve_run as solve_dense

RELATIVE = 1e-5


def images(n: int = 90, side: int = 8, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Smooth noise with unequal variances."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n, side + 4, side + 4, channels)).cumsum(1).cumsum(2)
    smooth = noise[:, 4:, 4:] - noise[:, :-4, 4:] - noise[:, 4:, :-4] + noise[:, :-4, :-4]
    scale = np.linspace(4, 9, side)[:, None]
    return np.clip(128 + scale * smooth, 0, 255).astype(np.uint8)


def recipe(n_outputs: int, **changes: object) -> ComparisonRecipe:
    given = {
        "mask_ratios": (0.0, 0.25, 0.75),
        "noise_deviations": (0.1,),
        "n_latents": (3, "all"),
        "samplings": ("bernoulli", "exact"),
    }
    return ComparisonRecipe(**given | changes, n_outputs=n_outputs)


SETTINGS = [
    ("luma", 1, RunSettings(2, "centred", 1e-3, False)),
    ("rgb", 3, RunSettings(4, "raw", 1e-2, True)),
    ("gray", 3, RunSettings(4, "standardised", 1e-2, True)),
]


def both(colour: str, channels: int, settings: RunSettings) -> tuple[LinearRun, Run]:
    """The same images, decomposed, and kept: sums of pixels and pixels."""
    pixels = images(channels=channels)
    moments = pixel_moments(pixels, colour)
    run = LinearRun(settings, moments, solve_dense(moments, settings))
    return run, Run(settings, pixel_samples(pixels, colour), 0.0)


def agree(found: list[dict], expected: list[dict], measured: tuple[str, ...]) -> None:
    assert len(found) == len(expected)
    for row, known in zip(found, expected, strict=True):
        keys = [name for name in known if name not in measured or known[name] is None]
        assert {name: row[name] for name in keys} == {name: known[name] for name in keys}
        for name in set(measured) - set(keys):
            assert row[name] == pytest.approx(known[name], rel=RELATIVE, abs=1e-7), (name, known)


@pytest.mark.parametrize(("colour", "channels", "settings"), SETTINGS)
def test_influence_of_all_outputs_is_that_of_the_closed_forms(colour, channels, settings):
    run, free = both(colour, channels, settings)
    size = len(run.S)
    known = dense.influence_tables(run, recipe(size))
    found = influence_tables(free, recipe(size), seed=0)
    measures = tuple(name for name in known[0][0] if name not in KEYS)
    agree(found[0], known[0], measures)
    agree(found[1], known[1], ("mean_absolute", "mean_square"))
    assert all(row["mean_distance_se"] == 0 for row in found[0])


@pytest.mark.parametrize(("colour", "channels", "settings"), SETTINGS)
def test_losses_of_all_outputs_are_those_of_the_closed_forms(colour, channels, settings):
    run, free = both(colour, channels, settings)
    size = len(run.S)
    known = dense.loss_rows(run.decomposition, recipe(size))
    known = [row for row in known if row["n_latents"] in (1, 2, 3, size)]
    found = loss_rows(free, recipe(size), seed=0)
    order = [(r["model"], r["mask_ratio"], r["sampling"], r["n_latents"]) for r in known]
    by_key = {(r["model"], r["mask_ratio"], r["sampling"], r["n_latents"]): r for r in found}
    agree(
        [by_key[key] | {"eigenvalue": 0} for key in order],
        [row | {"eigenvalue": 0} for row in known],
        ("loss",),
    )


@pytest.mark.parametrize("settings", [SETTINGS[0][2], SETTINGS[1][2]])
def test_the_loss_on_hidden_patches_is_the_same(settings):
    run, free = both("luma", 1, settings)
    size = len(run.S)
    chosen = recipe(size, n_latents=("all",), samplings=("hidden",))
    known = dense.influence_tables(run, chosen)
    found = influence_tables(free, chosen, seed=0)
    agree(found[0], known[0], tuple(name for name in known[0][0] if name not in KEYS))
    of_hidden = [row for row in (*known[0], *found[0]) if row["sampling"] == "hidden"]
    assert {row[name] for row in of_hidden for name in WIDTHS} == {None}
    assert {row["half_width_halves"] for row in found[0] if row["sampling"] == "hidden"} == {None}
    known = [row for row in dense.loss_rows(run.decomposition, chosen) if row["model"] == "mae"]
    found = [row for row in loss_rows(free, chosen, seed=0) if row["model"] == "mae"]
    agree(found, known, ("loss",))


KEYS = ("model", "mask_ratio", "noise_deviation", "n_latents", "sampling")


def test_sums_of_many_images_give_the_same_as_the_images():
    pixels = images()
    settings = SETTINGS[0][2]
    kept = Run(settings, pixel_samples(pixels), 0.0)
    summed = Run(settings, pixel_moments(pixels), 0.0)
    found = [loss_rows(run, recipe(10), seed=3) for run in (kept, summed)]
    for one, other in zip(*found, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=RELATIVE, abs=1e-9)
        assert (one["loss_halves"] is not None) == (one["n_latents"] == 64)
        assert other["loss_halves"] is None


MEASURES = ("mean_distance", "intra_patch_share", "entropy")
WIDTHS = ("half_width", "half_width_square")  # whose intervals are given as 1.96 errors
T = {16: 2.13, 32: 2.04}  # 97.5 % quantiles by outputs
DRAWS = 50
MIXED = Run(SETTINGS[0][2], pixel_samples(images(n=20)), 0.5)


def held(
    free: Run,
    latents: int | str,
    measures: tuple[str, ...],
    n_outputs: int = 16,
    sampling: str = "bernoulli",
) -> dict[str, int]:
    """Draws of some of 64 outputs whose interval holds what all outputs give, by measure."""
    one = {"mask_ratios": (0.5,), "noise_deviations": (), "samplings": (sampling,)}
    few, whole = (recipe(n, **one, n_latents=(latents,)) for n in (n_outputs, 64))

    def row(chosen: ComparisonRecipe, seed: int) -> dict:
        if measures == ("loss",):
            return loss_rows(free, chosen, seed)[-1]
        return influence_tables(free, chosen, seed)[0][-1]

    exact, found = row(whole, 0), [row(few, seed) for seed in range(DRAWS)]
    assert all(one[f"{name}_se"] > 0 for one in found for name in measures)
    reach = {name: 1.96 if name in WIDTHS else T[n_outputs] for name in measures}
    return {
        name: sum(abs(one[name] - exact[name]) <= reach[name] * one[f"{name}_se"] for one in found)
        for name in measures
    }


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("measures", [MEASURES + WIDTHS, ("loss",)])
def test_intervals_hold_the_value_of_all_outputs(mixed, measures):
    free = MIXED if mixed else both(*SETTINGS[0])[1]
    assert min(held(free, "all", measures).values()) >= 0.9 * DRAWS


@pytest.mark.parametrize(("n_outputs", "sampling"), [(16, "bernoulli"), (32, "exact")])
def test_intervals_of_few_latents_hold_the_value_of_all_outputs(n_outputs, sampling):
    found = held(MIXED, 3, MEASURES + WIDTHS, n_outputs, sampling)
    assert min(found.values()) >= 0.9 * DRAWS, found


@pytest.mark.parametrize("n_latents", [3, 64])
@pytest.mark.parametrize("sampling", ["bernoulli", "exact"])
def test_a_mixture_is_solved_as_its_matrix_is(n_latents, sampling):
    S = MIXED.system.moment.apply(np.eye(64))
    known = decompose((S + S.T) / 2, MIXED.patch_index).influences(0.75, [n_latents], sampling)[0]
    model = Model("mae", 0.75, None, n_latents, sampling)
    found = Solver(MIXED.system, (3, 64)).columns(model, np.arange(64))
    gaps = np.linalg.norm(found - known, axis=0) / np.linalg.norm(known, axis=0)
    assert gaps.max() <= RELATIVE

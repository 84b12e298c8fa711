"""Without d x d matrices against the closed forms with them."""

import numpy as np
import pytest

from spatial_mae.linear import comparison as dense
from spatial_mae.linear.matrix_free.comparison import influence_tables, loss_rows
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
        keys = [name for name in known if name not in measured]
        assert {name: row[name] for name in keys} == {name: known[name] for name in keys}
        for name in measured:
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


@pytest.mark.parametrize("measure", ["mean_distance", "intra_patch_share", "entropy", "loss"])
def test_intervals_hold_the_value_of_all_outputs(measure):
    _, free = both(*SETTINGS[0])
    one = {"mask_ratios": (0.5,), "noise_deviations": (), "n_latents": ("all",)}
    few, whole = (recipe(n, **one, samplings=("bernoulli",)) for n in (16, 64))

    def row(chosen: ComparisonRecipe, seed: int) -> dict:
        rows = loss_rows if measure == "loss" else influence_tables
        found = rows(free, chosen, seed)
        return (found if measure == "loss" else found[0])[-1]

    exact = row(whole, 0)[measure]
    errors = [
        (found[measure], found[f"{measure}_se"]) for found in (row(few, s) for s in range(50))
    ]
    held = sum(abs(value - exact) <= 2.13 * error for value, error in errors)  # t of 15 degrees
    assert held >= 45
    assert all(error > 0 for _, error in errors)

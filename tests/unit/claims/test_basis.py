"""Judges of the adaptive basis on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.basis import kernels_spread_during_training, kernels_vary_with_the_image
from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN

EPOCHS = (0, 1, 2, 4)


@pytest.fixture
def adaptivity(jacobian):
    """One row an output pixel and epoch of the network, and the linear MAE's, which is 0."""

    def rows(value, outputs=(0, 1), epochs=EPOCHS, linear=0.0, **others):
        start = {"measure": "adaptivity", "n_masks": 1, "standard_error": None, **others}
        fixed = {"source": "linear", "epoch": None}
        return [
            *(jacobian(value(e), epoch=e, output=o, **start) for e in epochs for o in outputs),
            *(jacobian(linear, output=o, **{**start, **fixed}) for o in outputs),
        ]

    return rows


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (lambda e: 0.1 * e, HOLDS),
        (lambda e: 0.5 - 0.1 * e, FAILS),
        (lambda e: 0.11, HOLDS),
        (lambda e: 0.09, FAILS),
    ],
)
def test_kernels_vary_with_the_image(adaptivity, value, verdict):
    found = kernels_vary_with_the_image({"basis": adaptivity(value)})
    assert (found.verdict, found.evidence["settings"], found.n) == (verdict, 2, 64)
    assert found.conditions.startswith("At 4 epochs of 1000 images")
    assert found.evidence["adaptivity_median"] == pytest.approx(value(4))
    assert found.evidence["adaptivity_untrained_median"] == pytest.approx(value(0))
    already = 2 if value(0) > 0.1 else 0
    assert f"Before training already in {already} of 2." in found.conditions


def test_adaptivity_is_above_the_linear_models(adaptivity):
    rows = adaptivity(lambda e: 0.5, linear=0.45)
    assert kernels_vary_with_the_image({"basis": rows}).verdict == FAILS


def test_output_pixels_are_settings(adaptivity):
    rows = adaptivity(lambda e: 0.5, (0,)) + adaptivity(lambda e: 0.0, (1,))
    found = kernels_vary_with_the_image({"basis": rows})
    assert found.verdict == CONDITIONAL
    assert "by output pixel: always for 0, never for 1" in found.conditions


def test_adaptivity_needs_the_last_epoch_and_the_linear_model(adaptivity):
    rows = adaptivity(lambda e: 0.5)
    early = [row for row in rows if row["epoch"] != 4]
    assert kernels_vary_with_the_image({"basis": early}).verdict == NOT_RUN
    alone = [row for row in rows if row["source"] == "network"]
    assert kernels_vary_with_the_image({"basis": alone}).verdict == NOT_RUN


def test_seeds_resolve_adaptivity(adaptivity):
    alike = adaptivity(lambda e: 0.5) + adaptivity(lambda e: 0.6, seed=1)
    found = kernels_vary_with_the_image({"basis": alike})
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 2)
    apart = adaptivity(lambda e: 0.05) + adaptivity(lambda e: 0.35, seed=1)
    assert kernels_vary_with_the_image({"basis": apart}).verdict == NOT_RUN


@pytest.fixture
def sizes(jacobian):
    """Spread and entropy of one output pixel at each epoch."""

    def rows(spread, entropy, epochs=EPOCHS, **others):
        shared = {"power": 1, "channels": "sum", "output": 0, "n_masks": 1, **others}
        logarithm = {"base": "e", "normalised": "no"}
        return [
            row
            for e in epochs
            for row in (
                jacobian(spread(e), epoch=e, **{"measure": "spread", **shared}),
                jacobian(entropy(e), epoch=e, **{"measure": "entropy", **logarithm, **shared}),
            )
        ]

    return rows


def up(epoch):
    return 3 + epoch


def down(epoch):
    return 9 - epoch


@pytest.mark.parametrize(
    ("spread", "entropy", "verdict"),
    [
        (up, up, HOLDS),
        (down, down, FAILS),
        (up, down, FAILS),
        (down, up, FAILS),
        (up, lambda e: 4.0, FAILS),
        (lambda e: 4.0, up, FAILS),
        # Rises from either start, whatever happens between.
        (up, lambda e: 9 if e == 2 else 3 + e, HOLDS),
    ],
)
def test_kernels_spread_during_training(sizes, spread, entropy, verdict):
    found = kernels_spread_during_training({"basis": sizes(spread, entropy)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)
    assert "First checkpoint: epoch 1; end: epoch 4." in found.conditions


def test_an_untrained_network_that_is_not_local(sizes):
    """Training first makes the kernels local, then more diffuse, but less so than untrained."""
    found = kernels_spread_during_training({"basis": sizes(lambda e: e or 20, lambda e: e or 20)})
    assert found.verdict == CONDITIONAL
    assert "by start: always for first checkpoint, never for untrained" in found.conditions
    assert "untrained 20, first checkpoint 1, end 4." in found.conditions
    assert found.evidence["spread_untrained_median"] == 20
    assert found.evidence["spread_first_checkpoint_median"] == 1
    assert found.evidence["spread_end_median"] == 4


def test_each_size_stands_alone_in_the_note(sizes):
    found = kernels_spread_during_training({"basis": sizes(up, down)})
    assert "Each alone rises: spread in 2 of 2, entropy in 0 of 2." in found.conditions


@pytest.mark.parametrize(
    ("epochs", "settings"), [((0, 4), 1), ((2, 4), 1), ((0, 1, 2), 0), ((4,), 0)]
)
def test_starts_and_end_are_needed(sizes, epochs, settings):
    found = kernels_spread_during_training({"basis": sizes(up, up, epochs)})
    assert found.verdict == (HOLDS if settings else NOT_RUN)
    assert found.evidence.get("settings", 0) == settings


def test_conventions_and_output_pixels_are_settings(sizes):
    rows = sizes(up, up) + sizes(up, up, power=2) + sizes(down, down, output=1)
    found = kernels_spread_during_training({"basis": rows})
    assert (found.verdict, found.evidence["settings"]) == (CONDITIONAL, 6)
    assert "by output pixel: always for 0, never for 1" in found.conditions


def test_the_linear_model_is_no_start(sizes):
    rows = sizes(up, up) + sizes(lambda e: 9, lambda e: 9, (None,), source="linear")
    assert kernels_spread_during_training({"basis": rows}).evidence["settings"] == 2


def test_seeds_and_standard_errors_resolve_the_growth(sizes):
    alike = sizes(up, up) + sizes(lambda e: 4 + e, lambda e: 4 + e, seed=1)
    assert kernels_spread_during_training({"basis": alike}).verdict == HOLDS
    apart = sizes(up, up) + sizes(down, down, seed=1)
    assert kernels_spread_during_training({"basis": apart}).verdict == NOT_RUN
    noisy = sizes(up, up, standard_error=5.0)
    assert kernels_spread_during_training({"basis": noisy}).verdict == NOT_RUN


def test_spread_without_entropy_tells_nothing(sizes):
    rows = [row for row in sizes(up, up) if row["measure"] == "spread"]
    assert kernels_spread_during_training({"basis": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(
    ("others", "verdict"), [({"mask": 0.8, "patch": 2}, HOLDS), ({"mask": 0.8}, NOT_RUN)]
)
def test_the_papers_setting_of_the_figure(adaptivity, others, verdict):
    claims = judge_all({"basis": adaptivity(lambda e: 0.5, **others)})
    (found,) = [claim for claim in claims if claim["id"] == "fig8.setting"]
    assert (found["verdict"], found["figure"]) == (verdict, "basis_kernels")
    assert "mask 0.8 (the paper: 0.8), patch" in found["conditions"]

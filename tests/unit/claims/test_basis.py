"""Judges of the adaptive basis on tables made so that the answer is known."""

from math import nan

import pytest

import spatial_mae.claims.training  # noqa: F401, registers fig8.setting
from spatial_mae.claims.basis import kernels_spread_during_training, kernels_vary_with_the_image
from spatial_mae.claims.registry import JUDGES, judge_statement
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, NOT_RUN, SETTING

EPOCHS = (0, 1, 2, 4)


@pytest.fixture
def adaptivity(jacobian, repeated):
    """One row an output pixel, epoch and seed of the network, and the linear MAE's."""

    def rows(value, outputs=(0, 1), epochs=EPOCHS, linear=0.0, seeds=3, noise=0.01, **others):
        start = {"measure": "adaptivity", "n_masks": 1, "standard_error": None, **others}
        fixed = {"source": "linear", "epoch": None}
        network = [jacobian(value(e), epoch=e, output=o, **start) for e in epochs for o in outputs]
        one_kernel = [jacobian(linear, output=o, **{**start, **fixed}) for o in outputs]
        return repeated(network, seeds=seeds, noise=noise) + repeated(
            one_kernel, seeds=seeds, noise=0
        )

    return rows


@pytest.mark.parametrize(
    ("value", "verdict", "over"),
    [
        (lambda e: 0.1 * e, HOLDS, ""),
        (lambda e: 0.07 * (e > 0), FAILS, ""),
        (lambda e: 0.02, FAILS, ""),
        # The untrained network is as adaptive, or more: training did not bring it.
        (lambda e: 0.5, FAILS, "untrained network"),
        (lambda e: 0.9 - 0.1 * e, FAILS, "untrained network"),
    ],
)
def test_kernels_vary_with_the_image(adaptivity, value, verdict, over):
    rows = adaptivity(value, noise=0.004)
    found = kernels_vary_with_the_image({"basis": rows})
    assert (found.verdict, found.evidence["settings"], found.n) == (verdict, 2, 64)
    assert f"adaptivity of the trained network beyond the {over}" in found.sentence
    assert found.scale == "4 epochs, width 48"
    assert found.evidence["adaptivity_median"] == pytest.approx(value(4), abs=0.02)
    assert found.evidence["adaptivity_untrained_median"] == pytest.approx(value(0), abs=0.02)


def test_adaptivity_is_above_the_linear_models(adaptivity):
    rows = adaptivity(lambda e: 0.1 * e, linear=0.38)
    found = kernels_vary_with_the_image({"basis": rows})
    assert found.verdict == FAILS
    assert "beyond the linear MAE's" in found.sentence


def test_output_pixels_are_settings(adaptivity):
    rows = adaptivity(lambda e: 0.1 * e, (0,)) + adaptivity(lambda e: 0.0, (1,))
    found = kernels_vary_with_the_image({"basis": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("output pixel 0: adaptivity")
    assert "; output pixel 1: " in found.sentence


@pytest.mark.parametrize(
    "lacks", [{"epoch": 4}, {"epoch": 0}, {"source": "linear"}, {"source": "network"}]
)
def test_adaptivity_needs_both_ends_of_training_and_the_linear_model(adaptivity, lacks):
    ((column, value),) = lacks.items()
    rows = [row for row in adaptivity(lambda e: 0.1 * e) if row[column] != value]
    assert kernels_vary_with_the_image({"basis": rows}).verdict == NOT_RUN


@pytest.mark.parametrize("change", [{"seeds": 1}, {"noise": 0.3}])
def test_one_seed_or_seeds_that_differ_are_inconclusive(adaptivity, change):
    rows = adaptivity(lambda e: 0.05 * e, **change)
    assert kernels_vary_with_the_image({"basis": rows}).verdict == INCONCLUSIVE


@pytest.fixture
def sizes(jacobian, repeated):
    """Spread and entropy of one output pixel at each epoch."""

    def rows(spread, entropy, epochs=EPOCHS, seeds=3, noise=0.01, **others):
        shared = {"power": 1, "channels": "sum", "output": 0, "n_masks": 1, **others}
        logarithm = {"base": "e", "normalised": "no"}
        made = [
            row
            for e in epochs
            for row in (
                jacobian(spread(e), epoch=e, **{"measure": "spread", **shared}),
                jacobian(entropy(e), epoch=e, **{"measure": "entropy", **logarithm, **shared}),
            )
        ]
        return repeated(made, seeds=seeds, noise=noise)

    return rows


def up(epoch):
    return 3 + epoch


def down(epoch):
    return 9 - epoch


@pytest.mark.parametrize(
    ("spread", "entropy", "verdict", "says"),
    [
        (up, up, HOLDS, "mean distance"),
        (down, down, FAILS, "mean distance"),
        (up, down, FAILS, "entropy"),
        (down, up, FAILS, "mean distance"),
        (up, lambda e: 4.0, FAILS, "entropy"),
        (lambda e: 4.0, up, FAILS, "mean distance"),
        (lambda e: 4 + 0.05 * e, up, FAILS, "mean distance"),  # by 4 to 5%
        # Rises from either start, whatever happens between.
        (up, lambda e: 9 if e == 2 else 3 + e, HOLDS, "mean distance"),
    ],
)
def test_kernels_spread_during_training(sizes, spread, entropy, verdict, says):
    found = kernels_spread_during_training({"basis": sizes(spread, entropy)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)
    assert says in found.sentence
    assert "First checkpoint: epoch 1; end: epoch 4." in found.conditions


def test_an_untrained_network_that_is_not_local(sizes):
    """Training first makes the kernels local, then more diffuse, but less so than untrained."""
    found = kernels_spread_during_training({"basis": sizes(lambda e: e or 20, lambda e: e or 20)})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("start first checkpoint: relative rise in training")
    assert "; start untrained: -1" in found.sentence
    assert found.evidence["spread_untrained_median"] == pytest.approx(20, abs=0.05)
    assert found.evidence["spread_first_checkpoint_median"] == pytest.approx(1, abs=0.05)
    assert found.evidence["spread_end_median"] == pytest.approx(4, abs=0.05)


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
    assert found.sentence.startswith("output pixel 0: ")


def test_the_linear_model_is_no_start(sizes):
    rows = sizes(up, up) + sizes(lambda e: 9, lambda e: 9, (None,), source="linear")
    assert kernels_spread_during_training({"basis": rows}).evidence["settings"] == 2


@pytest.mark.parametrize("change", [{"seeds": 1}, {"noise": 4.0}, {"standard_error": 5.0}])
def test_noise_between_seeds_or_images_is_inconclusive(sizes, change):
    found = kernels_spread_during_training({"basis": sizes(up, up, **change)})
    assert found.verdict == INCONCLUSIVE


def test_spread_without_entropy_decides_nothing(sizes):
    rows = [row for row in sizes(up, up) if row["measure"] == "spread"]
    assert kernels_spread_during_training({"basis": rows}).verdict == NOT_RUN


@pytest.mark.parametrize("value", [nan, None])
def test_a_missing_number_is_inconclusive_with_its_reason(adaptivity, sizes, value):
    for identity, rows, place in (
        ("fig8.adaptive", adaptivity(lambda e: 0.1 * e), 0),
        ("fig8.diffuse", sizes(up, up), -1),
    ):
        rows[place]["value"] = value
        found = judge_statement({"id": identity, "needs": "train"}, {"basis": rows})
        assert found.verdict == INCONCLUSIVE
        assert f"is {value} in " in found.sentence


@pytest.mark.parametrize(
    ("others", "verdict"), [({"mask": 0.8, "patch": 2}, HOLDS), ({"mask": 0.8}, NOT_RUN)]
)
def test_the_papers_setting_of_the_figure(adaptivity, others, verdict):
    tables = {"basis": adaptivity(lambda e: 0.5, **others)}
    found = judge_statement({"id": "fig8.setting", "needs": "train"}, tables)
    assert (found.verdict, found.role) == (verdict, SETTING)
    assert JUDGES["fig8.setting"].figure == "basis_kernels"
    assert "mask 0.8 (the paper: 0.8), patch" in found.conditions

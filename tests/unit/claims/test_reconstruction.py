"""Judges of reconstruction and autocorrelation on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import reconstruction
from spatial_mae.claims.verdict import (
    CONDITIONAL,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    Undecidable,
)

DATA = {"dataset": "leaves", "n_images": 1000, "pixels": "lossless", "patch": 4}


def losses(loss, latents=(4, 16)):
    return [
        {**DATA, "model": "mae", "mask_ratio": m, "n_latents": k, "loss": loss(m, k)}
        for m in (0.1, 0.5, 0.9)
        for k in latents
    ]


@pytest.mark.parametrize(
    ("loss", "verdict"),
    [
        (lambda m, k: 0.1 + m, HOLDS),
        (lambda m, k: 1 - m, FAILS),
        (lambda m, k: 0.5, FAILS),
        (lambda m, k: 0.1 + m if k == 4 else 1 - m, CONDITIONAL),
    ],
)
def test_reconstruction_improves_with_less_masking(loss, verdict):
    found = reconstruction.reconstruction_improves({"losses": losses(loss)})
    assert found.verdict == verdict
    assert found.n == 1000


def test_reconstruction_needs_two_mask_ratios():
    rows = [row for row in losses(lambda m, k: m) if row["mask_ratio"] == 0.1]
    assert reconstruction.reconstruction_improves({"losses": rows}).verdict == NOT_RUN


@pytest.fixture
def errors(probe, repeated):
    def rows(error, masks=(0.25, 0.5, 0.75), seeds=3):
        names = {"protocol": "reconstruction", "representation": None}
        made = [
            probe(value, mask=m, metric=metric, **names)
            for m in masks
            for metric, value in (("hidden_error", error(m)), ("visible_error", 1 - error(m)))
        ]
        return repeated(made, seeds=seeds)

    return rows


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (lambda m: 0.1 + m, HOLDS),
        (lambda m: 1 - m, FAILS),
        (lambda m: 0.5, FAILS),
        (lambda m: {0.25: 0.4, 0.5: 0.7, 0.75: 0.45}[m], FAILS),
    ],
)
def test_trained_networks_decide_where_there_are_any(errors, error, verdict):
    tables = {"losses": losses(lambda m, k: 0.1 + m), "evaluation": errors(error)}
    found = reconstruction.reconstruction_improves(tables)
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    assert found.conditions.startswith("At 4 epochs of 1000 images")
    assert found.scale == "4 epochs, width 48"


@pytest.mark.parametrize("masks", [(), (0.25,)])
def test_the_linear_mae_decides_where_no_networks_can(errors, masks):
    rows = errors(lambda m: 0.5, masks)
    tables = {"losses": losses(lambda m, k: 0.1 + m), "evaluation": rows}
    found = reconstruction.reconstruction_improves(tables)
    assert (found.verdict, found.scale) == (HOLDS, "")
    assert "the paper's sentence is about trained networks" in found.conditions


def test_networks_of_one_seed_or_of_seeds_apart_decide_nothing(errors):
    tables = {"losses": losses(lambda m, k: 0.1 + m)}
    one = errors(lambda m: 0.1 + m, seeds=1)
    found = reconstruction.reconstruction_improves({**tables, "evaluation": one})
    assert found.verdict == INCONCLUSIVE
    apart = [{**row, "seed": row["mask"] > 0.5} for row in one]
    found = reconstruction.reconstruction_improves({**tables, "evaluation": apart})
    assert found.verdict == NOT_RUN
    assert "No seed of the evaluation tables" in found.sentence


def test_numbers_that_are_none_decide_nothing(errors):
    rows = errors(lambda m: 0.1 + m)
    rows[0]["value"] = float("nan")
    tables = {"losses": losses(lambda m, k: 0.1 + m), "evaluation": rows}
    with pytest.raises(Undecidable, match="nan in 1 of 9"):
        reconstruction.reconstruction_improves(tables)
    tables["losses"][0]["loss"] = float("nan")
    with pytest.raises(Undecidable, match="nan in 1 of 6"):
        reconstruction.reconstruction_improves({"losses": tables["losses"]})


@pytest.fixture
def grid(probe, repeated):
    """Rows of error(one, two) over two axes, of three seeds."""

    def rows(error, one=("patch", (2, 4, 8)), two=("mask", (0.25, 0.75)), noise=0.002, **others):
        names = {"protocol": "reconstruction", "representation": None, "metric": "hidden_error"}
        made = [
            probe(error(a, b), **names, **{one[0]: a, two[0]: b}, **others)
            for a in one[1]
            for b in two[1]
        ]
        return repeated(made, noise=noise)

    return rows


@pytest.mark.parametrize(
    ("error", "noise", "verdict"),
    [
        (lambda p, m: 0.1 + 0.05 * p + m, 0.002, HOLDS),
        (lambda p, m: 1 - 0.05 * p, 0.002, FAILS),
        (lambda p, m: 0.5, 0.002, FAILS),
        (lambda p, m: {2: 0.4, 4: 0.7, 8: 0.45}[p], 0.002, FAILS),
        (lambda p, m: 0.5 + 0.01 * p, 0.3, INCONCLUSIVE),
        (lambda p, m: 0.5 + 0.1 * p if m > 0.5 else 1.3 - 0.1 * p, 0.002, CONDITIONAL),
    ],
)
def test_smaller_patches_reconstruct_better(grid, error, noise, verdict):
    found = reconstruction.smaller_patches_reconstruct_better(
        {"evaluation": grid(error, noise=noise)}
    )
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)
    assert found.scale == "4 epochs, width 48"


def test_patches_whose_mean_is_told_are_not_compared(grid):
    rows = grid(lambda p, m: 0.1 + 0.05 * p, normalised_targets="yes")
    found = reconstruction.smaller_patches_reconstruct_better({"evaluation": rows})
    assert found.verdict == NOT_RUN
    assert "without normalised targets" in found.sentence


ENC, DEC = ("enc", (1, 2, 4)), ("dec", (1, 2, 4))


@pytest.mark.parametrize(
    ("error", "noise", "verdict", "says"),
    [
        (lambda e, d: 1 - 0.1 * e - 0.05 * d, 0.002, HOLDS, " depth "),
        (lambda e, d: 0.1 + 0.1 * e + 0.05 * d, 0.002, FAILS, " depth "),
        (lambda e, d: 0.5, 0.002, FAILS, " depth "),
        (lambda e, d: 0.6 - 0.001 * e - 0.001 * d, 0.4, INCONCLUSIVE, " depth "),
        (lambda e, d: 1 - 0.1 * e, 0.002, CONDITIONAL, "measure encoder depth: fall of the error"),
        (lambda e, d: 1 - 0.1 * d, 0.002, CONDITIONAL, "measure decoder depth: fall of the error"),
    ],
)
def test_deeper_networks_reconstruct_better(grid, error, noise, verdict, says):
    rows = grid(error, ENC, DEC, noise)
    found = reconstruction.deeper_networks_reconstruct_better({"evaluation": rows})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 6)
    assert says in found.sentence


@pytest.mark.parametrize("sides", [(ENC, ("dec", (1,))), (("enc", (2,)), DEC)])
def test_either_depth_alone_is_half_of_the_statement(grid, sides):
    rows = grid(lambda e, d: 1 - 0.1 * e - 0.05 * d, *sides)
    found = reconstruction.deeper_networks_reconstruct_better({"evaluation": rows})
    assert found.verdict == NOT_RUN


def correlation(curve, reach=16, **others):
    return [
        {**DATA, "border": "valid", "dx": d, "dy": 0, "distance": d, "correlation": curve(d)}
        | others
        for d in range(reach + 1)
    ]


@pytest.mark.parametrize(
    ("curve", "verdict"),
    [
        (lambda d: 1 / (1 + d / 4), HOLDS),
        (lambda d: 1 - 0.02 * d, HOLDS),
        (lambda d: 1.0, FAILS),
        (lambda d: 0.4 if d else 1.0, FAILS),
        (lambda d: 0.9 + d / 100, FAILS),
        (lambda d: [1, 0.9, 0.6, 0.8, 0.5][d] if d < 5 else 0.5, FAILS),
        (lambda d: 0.4 / (1 + d), FAILS),
    ],
)
def test_correlations_fall_with_distance(curve, verdict):
    rows = correlation(curve)
    assert reconstruction.correlations_are_local({"autocorrelation": rows}).verdict == verdict


def test_correlations_may_depend_on_the_mean():
    rows = correlation(lambda d: 1 / (1 + d / 4), mean_removal="dataset")
    rows += correlation(lambda d: 1.0, mean_removal="none")
    found = reconstruction.correlations_are_local({"autocorrelation": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence == (
        "mean removal dataset: correlation of neighbours, where it then falls with distance "
        "0.800; mean removal none: 0.000."
    )


def test_decay_exponent_of_an_inverse_law():
    rows = correlation(lambda d: 1 / d if d else 1.0)
    found = reconstruction.correlations_are_local({"autocorrelation": rows})
    assert found.evidence["decay_exponent_least"] == pytest.approx(-1)


def test_one_displacement_is_not_enough():
    rows = correlation(lambda d: 1.0, reach=1)
    assert reconstruction.correlations_are_local({"autocorrelation": rows}).verdict == NOT_RUN


def test_correlations_that_are_none():
    rows = correlation(lambda d: 1 / (1 + d / 4))
    rows[1]["correlation"] = float("nan")
    with pytest.raises(Undecidable, match="correlation.* is nan in 1 of 17 rows"):
        reconstruction.correlations_are_local({"autocorrelation": rows})
    empty = [{**row, "correlation": None} for row in rows]  # images without variance
    found = reconstruction.correlations_are_local({"autocorrelation": empty})
    assert found.verdict == NOT_RUN

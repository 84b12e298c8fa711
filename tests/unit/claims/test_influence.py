"""Judges of influence on made limits, with intervals; finite images decide nothing."""

import pytest

from spatial_mae.claims import influence as judges

MAES = (0.25, 0.5, 0.75)


def row(value, error=0.01, **others):
    start = {"dataset": "leaves", "n_images": 1000, "pixels": "lossless", "colour": "luma"}
    start |= {"patch": 4, "n_latents": 16, "model": "mae", "mask_ratio": 0.5, "against": None}
    start |= {"noise_deviation": None, "measure": "mean_distance", "sampling": "bernoulli"}
    ends = {"interval_low": value - 1.96 * error, "interval_high": value + 1.96 * error}
    return {**start, **ends, "value": value, "standard_error": error, **others}


def tables(*rows):
    return {"influence_limit": list(rows)}


def compared(gain, error=0.01, **others):
    """An MAE at distance 5 and its difference from the AE."""
    return [row(5.0, **others), row(gain, error, against="AE", **others)]


@pytest.mark.parametrize(
    ("gain", "error", "verdict"),
    [
        (1.0, 0.1, "holds"),
        (-1.0, 0.1, "fails"),
        (0.02, 0.001, "fails"),  # there, and less than 2% of 5 pixels
        (1.0, 1.0, "inconclusive"),
    ],
)
def test_mae_influence_comes_from_farther(gain, error, verdict):
    assert judges.distant(tables(*compared(gain, error))).verdict == verdict


def test_the_rival_is_the_condition_where_one_is_wider():
    rows = [row(5.0), row(1.0, against="AE"), row(-1.0, against="DAE 0.2")]
    found = judges.distant(tables(*rows))
    assert found.verdict == "holds-under-conditions"
    assert found.sentence.startswith("against AE: MAE influence farther")
    assert "against DAE 0.2: -20.0%" in found.sentence


def test_another_mae_is_no_rival():
    rows = [row(5.0), row(1.0, against="MAE 0.25")]
    assert judges.distant(tables(*rows)).verdict == "not-run"


def test_nothing_is_compared_with_an_autoencoder_that_is_the_identity():
    whole = {"n_latents": 64}
    rows = [
        *compared(-1.0, 0.1),
        *compared(5.0, 0.1, **whole),  # farther by all it has, whatever it is
        row(1e-13, model="ae", mask_ratio=0.0, sampling=None, **whole),
        row(2.0, model="ae", mask_ratio=0.0, sampling=None),
    ]
    assert judges.distant(tables(*rows)).verdict == "fails"
    assert judges.distant(tables(*rows[2:])).verdict == "not-run"
    dae = {"model": "dae", "mask_ratio": None, "noise_deviation": 0.2}
    rows += [row(4.0, **dae, **whole), row(4.0, against="AE", **dae, **whole)]
    assert judges.localized(tables(*rows)).verdict == "not-run"


def kernels(distance, width):
    start = {"model": "dae", "mask_ratio": None, "noise_deviation": 0.2}
    measures = {"mean_distance": distance, "half_width": width}
    return [
        made
        for measure, gain in measures.items()
        for made in (
            row(4.0, measure=measure, **start),
            row(gain, measure=measure, against="AE", **start),
        )
    ]


@pytest.mark.parametrize(
    ("distance", "width", "verdict"),
    [(1, 1, "holds"), (-1, -1, "fails"), (-1, 1, "holds-under-conditions")],
)
def test_kernels_are_compared_by_distance_and_by_their_main_lobe(distance, width, verdict):
    found = judges.localized(tables(*kernels(distance, width)))
    assert found.verdict == verdict
    if verdict == "holds-under-conditions":
        assert found.sentence.startswith("measure half width: ")


def ratios(*distances):
    """MAEs of rising mask ratio, each compared with all before, as the table has them."""
    rows = [row(d, mask_ratio=m) for m, d in zip(MAES, distances, strict=True)]
    return rows + [
        row(distances[j] - distances[i], mask_ratio=MAES[j], against=f"MAE {MAES[i]:g}")
        for j in range(3)
        for i in range(j)
    ]


def test_influence_widens_with_the_mask_ratio():
    assert judges.diffuse_with_mask_ratio(tables(*ratios(4, 5, 6))).verdict == "holds"
    assert judges.diffuse_with_mask_ratio(tables(*ratios(6, 5, 4))).verdict == "fails"
    assert judges.diffuse_with_mask_ratio(tables(*ratios(4, 6, 3))).verdict != "holds"


def test_a_pair_is_the_same_from_either_side():
    rows = ratios(4, 5, 6)
    swapped = [
        judges._swapped(r) if r["against"] == "MAE 0.25" and r["mask_ratio"] == 0.75 else r
        for r in rows
    ]
    first, second = (judges.diffuse_with_mask_ratio(tables(*part)) for part in (rows, swapped))
    assert first.evidence["estimate"] == pytest.approx(second.evidence["estimate"], rel=0.2)
    assert first.verdict == second.verdict


@pytest.mark.parametrize(
    ("distances", "error", "verdict"),
    [
        ({2: 3, 4: 4, 8: 5}, 0.05, "holds"),
        ({2: 5, 4: 4, 8: 3}, 0.05, "fails"),
        ({2: 3, 4: 4, 8: 5}, 2.0, "inconclusive"),
    ],
)
def test_influence_widens_with_the_patch(distances, error, verdict):
    rows = [row(d, error, patch=p) for p, d in distances.items()]
    assert judges.diffuse_with_patch_size(tables(*rows)).verdict == verdict


def shares(by_patch, by_ratio):
    rows = [row(s, 0.001, patch=p, measure="intra_patch_share") for p, s in by_patch.items()]
    few = [r | {"measure": "intra_patch_share"} for r in ratios(*by_ratio)]  # of patch size 4
    return [*rows, *few]


@pytest.mark.parametrize(
    ("by_patch", "by_ratio", "verdict"),
    [
        ({4: 0.6, 8: 0.4, 16: 0.2}, (0.8, 0.6, 0.4), "holds"),
        ({4: 0.2, 8: 0.9, 16: 1.2}, (0.3, 0.2, 0.1), "holds-under-conditions"),
        ({4: 0.2, 8: 0.9, 16: 1.2}, (0.1, 0.2, 0.3), "fails"),
    ],
)
def test_the_share_within_the_patch_falls(by_patch, by_ratio, verdict):
    assert judges.intra_patch(tables(*shares(by_patch, by_ratio))).verdict == verdict


def test_squared_weights_are_in_the_evidence():
    rows = compared(1.0) + compared(-1.0, measure="mean_distance_square")
    assert judges.distant(tables(*rows)).evidence["squared_weights_estimate"] == pytest.approx(-0.2)

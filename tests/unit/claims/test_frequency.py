"""Judges of App. F on spectra made so that the answer is known."""

import pytest

from spatial_mae.claims import frequency
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN, SETTING, Undecidable


def spectrum(expected, off=0.0, patch=4):
    """A 1-D spectrum of 16 frequencies; the average is `off` standard errors from it."""
    return [
        {
            "dimensions": 1,
            "patch": patch,
            "sampling": "bernoulli",
            "frequency_x": k / 16,
            "frequency_y": 0.0,
            "expected": expected(k),
            "averaged": expected(k) + off * 0.1,
            "standard_error": 0.1,
        }
        for k in range(-8, 8)
    ]


def zeros_at_multiples_of(step):
    return lambda k: 9.0 if k == 0 else float(k % step != 0)


@pytest.mark.parametrize(
    ("expected", "off", "verdict"),
    [
        (zeros_at_multiples_of(4), 0, HOLDS),
        (zeros_at_multiples_of(4), 5.9, HOLDS),
        (zeros_at_multiples_of(4), 6.1, FAILS),
        (zeros_at_multiples_of(100), 0, FAILS),
        (lambda k: float(abs(k) not in (3, 4)), 0, FAILS),
    ],
)
def test_grating(expected, off, verdict):
    tables = {"spectrum": spectrum(expected, off)}
    found = frequency.mask_spectrum_is_a_grating(tables)
    assert found.verdict == verdict
    assert found.evidence["standard_errors_off_largest"] == pytest.approx(off)


def test_grating_needs_more_than_one_pixel():
    rows = spectrum(zeros_at_multiples_of(4)) + spectrum(zeros_at_multiples_of(100), patch=1)
    found = frequency.mask_spectrum_is_a_grating({"spectrum": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("patch size 4: equally spaced zeros")
    assert found.sentence.endswith("on an axis 2; patch size 1: 0.")


def test_grating_shows_the_lemma_tables_numbers():
    lemmas = [{"check": "psd.grating", "quantity": "min_lines", "value": 2.0, "n": 4}]
    tables = {"spectrum": spectrum(zeros_at_multiples_of(4)), "lemmas": lemmas}
    assert frequency.mask_spectrum_is_a_grating(tables).evidence["min_lines"] == 2.0


def test_grating_without_frequencies_is_not_run():
    rows = [row for row in spectrum(zeros_at_multiples_of(4)) if row["frequency_x"] == 0]
    assert frequency.mask_spectrum_is_a_grating({"spectrum": rows}).verdict == NOT_RUN


@pytest.mark.parametrize("column", ["expected", "averaged", "standard_error"])
@pytest.mark.parametrize("bad", [float("nan"), None])
def test_a_spectrum_that_is_no_number_decides_nothing(column, bad):
    rows = spectrum(zeros_at_multiples_of(4))
    rows[3][column] = bad
    with pytest.raises(Undecidable, match=f"{bad} in 1 of 16 rows"):
        frequency.mask_spectrum_is_a_grating({"spectrum": rows})


def test_one_frequency_is_no_grating_and_no_crash():
    row = spectrum(zeros_at_multiples_of(4))[2]
    assert frequency.mask_spectrum_is_a_grating({"spectrum": [row]}).verdict == FAILS


def psd(kept, mask_ratio=0.2, patch=4, n_images=100, power=10):
    """Image and masked parts at 8 frequencies; the image's own part has no patch."""
    start = {"dataset": "leaves", "n_images": n_images, "pixels": "lossless", "frequency_y": 0.0}
    rows = [
        {
            **start,
            "patch": None,
            "mask_ratio": None,
            "part": "image",
            "frequency_x": k,
            "power": power,
        }
        for k in range(8)
    ]
    masked = {**start, "patch": patch, "mask_ratio": mask_ratio, "part": "masked"}
    return rows + [{**masked, "frequency_x": k, "power": power * kept(k)} for k in range(8)]


@pytest.mark.parametrize(
    ("kept", "verdict"),
    [(lambda k: 0.64, FAILS), (lambda k: 0.0 if k == 4 else 1.0, HOLDS), (lambda k: 0.01, FAILS)],
)
def test_zeroing(kept, verdict):
    found = frequency.masking_zeroes_frequencies({"psd": psd(kept)})
    assert found.verdict == verdict
    assert found.evidence["power_kept_smallest"] == pytest.approx(min(map(kept, range(8))))


def test_zeroing_for_one_patch_size_only():
    rows = psd(lambda k: 0.64) + psd(lambda k: 0.0, patch=8)
    found = frequency.masking_zeroes_frequencies({"psd": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence == (
        "patch size 8: share of frequencies whose power masking removes 100.0%; patch size 4: 0.0%."
    )


def test_images_of_another_experiment_are_not_those_that_were_masked():
    rows = psd(lambda k: 0.64) + psd(lambda k: 0.64, n_images=50, power=1e6)
    found = frequency.masking_zeroes_frequencies({"psd": rows})
    assert found.verdict == FAILS
    assert found.evidence["power_kept_smallest"] == pytest.approx(0.64)


def test_frequencies_without_power_are_not_removed_by_masking():
    rows = [{**row, "power": 0.0} if row["frequency_x"] == 3 else row for row in psd(lambda k: 1.0)]
    assert frequency.masking_zeroes_frequencies({"psd": rows}).verdict == FAILS


@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize("bad", [float("nan"), None])
def test_power_that_is_no_number_decides_nothing(place, bad):
    rows = psd(lambda k: 0.64)
    rows[place]["power"] = bad
    with pytest.raises(Undecidable, match=f"{bad} in 1 of 16 rows"):
        frequency.masking_zeroes_frequencies({"psd": rows})


def test_zeroing_needs_a_masked_part():
    rows = [row for row in psd(lambda k: 0.64) if row["part"] == "image"]
    assert frequency.masking_zeroes_frequencies({"psd": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(("mask_ratio", "verdict"), [(0.2, HOLDS), (0.25, NOT_RUN)])
def test_twenty_percent(mask_ratio, verdict):
    rows = psd(lambda k: 0.64, mask_ratio)
    found = frequency.share_of_hidden_patches({"psd": rows})
    assert (found.verdict, found.role) == (verdict, SETTING)


def test_twenty_percent_counts_masks():
    rows = psd(lambda k: 0.64) + psd(lambda k: 0.64, mask_ratio=0.5)
    found = frequency.share_of_hidden_patches({"psd": rows})
    assert found.evidence == {"masks": 2, "masks_in_setting": 1}
    assert found.data == "leaves (n = 100; lossless)"

"""Outcomes in words."""

from dataclasses import dataclass

import pytest

from spatial_mae.claims.wording import (
    deciding_axes,
    describe,
    describe_data,
    list_values,
    only_jpeg,
)


@dataclass
class Known:
    where: dict
    holds: bool | None


def outcomes(rule, latents=(4, 16), masks=(0.1, 0.5, 0.9)):
    return [Known({"n_latents": k, "mask_ratio": m}, rule(k, m)) for k in latents for m in masks]


def test_all_and_none():
    assert describe(outcomes(lambda k, m: True)).startswith("Holds in all 6 settings.")
    assert describe(outcomes(lambda k, m: False)).startswith("Does not hold in any of 6 settings.")
    assert describe([Known({}, True)]) == "Holds in the one setting."


def test_settings_are_listed():
    assert describe(outcomes(lambda k, m: True)).endswith("Settings: k 4, 16; m 0.1, 0.5, 0.9.")


def test_one_axis_that_decides_is_named_alone():
    known = outcomes(lambda k, m: m > 0.2)
    assert deciding_axes(known) == ["mask_ratio"]
    assert "by m: always for 0.5, 0.9, never for 0.1." in describe(known)


def test_two_axes_are_named_when_neither_decides_alone():
    known = outcomes(lambda k, m: m > 0.2 and k == 4)
    assert set(deciding_axes(known)) == {"n_latents", "mask_ratio"}
    assert "by k: in 2 of 3 for 4, never for 16" in describe(known)


def test_few_exceptions_are_named():
    known = outcomes(lambda k, m: (k, m) != (16, 0.9))
    assert "not for (k 16, m 0.9)" in describe(known)


def test_unresolved_settings_are_counted():
    text = describe(outcomes(lambda k, m: None if k == 4 else True))
    assert "not resolved in 3" in text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1, 2], "1, 2"),
        (list(range(1, 41)), "1 to 40"),
        ([*range(1, 41), 64], "1 to 40, 64"),
        (["raw", "centred"], "raw, centred"),
    ],
)
def test_long_lists_become_ranges(values, text):
    assert list_values(values, list(range(1, 65))) == text


def test_data_are_described_with_n_and_pixels():
    rows = [{"dataset": "b", "n_images": n, "pixels": "JPEG"} for n in (500, 60)]
    rows.append({"dataset": "a", "n_images": 7, "pixels": "lossless"})
    assert describe_data(rows) == "a (n = 7; lossless); b (n = 60 to 500; JPEG)"


def test_jpeg_is_recognised_in_the_pixel_statement():
    jpeg, lossless = {"pixels": "JPEG 4:2:0"}, {"pixels": "lossless"}
    assert only_jpeg([jpeg])
    assert not only_jpeg([jpeg, lossless])
    assert not only_jpeg([{}])


def test_rows_without_images_say_so():
    assert describe_data([{"lattice": "torus"}, {"lattice": "chain"}]) == "Ising chain; Ising torus"
    assert describe_data([{"lemma": 4}]) == "no images"

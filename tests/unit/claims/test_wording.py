"""Settings, values and data in words."""

import pytest

from spatial_mae.claims.wording import describe_data, list_values, only_jpeg, varied


def test_settings_are_listed_axis_by_axis():
    where = [
        {"n_latents": k, "mask_ratio": m, "readout": None} for k in (16, 4) for m in (0.5, 0.1)
    ]
    assert varied(where) == "k 4, 16; m 0.1, 0.5; readout none"
    assert varied([{"patch": 4}, {"patch": "all"}, {}]) == "patch size 4, all"
    assert varied([{}]) == ""


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

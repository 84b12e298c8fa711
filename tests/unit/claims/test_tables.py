"""Reading, grouping and pairing rows."""

import pytest

from spatial_mae.claims.tables import (
    describe_data,
    only_jpeg,
    paired,
    read_tables,
    setting,
    settings,
)
from spatial_mae.files import write_rows


def test_tables_of_one_kind_are_joined_and_repeats_dropped(tmp_path):
    write_rows(tmp_path / "a.csv", [{"patch": 2, "loss": 0.5}, {"patch": 4, "loss": 0.6}])
    write_rows(tmp_path / "b.csv", [{"patch": 4, "loss": 0.6}, {"patch": 8, "loss": 0.7}])
    tables = read_tables([("losses", tmp_path / "a.csv"), ("losses", tmp_path / "b.csv")])
    assert [row["patch"] for row in tables["losses"]] == [2, 4, 8]


def test_an_unknown_kind_names_the_nearest(tmp_path):
    with pytest.raises(ValueError, match="'influences'; did you mean 'influence'"):
        read_tables([("influences", tmp_path / "a.csv")])


def test_a_missing_table_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="snakemake tables"):
        read_tables([("losses", tmp_path / "none.csv")])


def test_a_setting_holds_choices_not_measurements():
    row = {"n_latents": 4, "loss": 0.5, "n_images": 10, "noise_deviation": None, "patch": 2}
    assert setting(row) == (("patch", 2), ("n_latents", 4))
    assert setting(row, but=("patch",)) == (("n_latents", 4),)


def test_settings_group_rows():
    rows = [{"patch": p, "mask_ratio": m} for p in (2, 4) for m in (0.1, 0.5)]
    groups = settings(rows, but=("mask_ratio",))
    assert [len(group) for group in groups.values()] == [2, 2]


def test_pairs_are_of_one_setting_and_one_number_of_images():
    ours = [{"model": "mae", "n_images": n, "patch": 2, "mask_ratio": 0.5, "x": n} for n in (1, 2)]
    theirs = [{"model": "dae", "n_images": 2, "patch": p, "x": 7, "noise_deviation": 0.2}
              for p in (2, 4)]  # fmt: skip
    (pair,) = paired(ours, theirs, "x", ("mask_ratio", "noise_deviation"))
    assert (pair["ours"], pair["theirs"], pair["against"]) == (2, 7, "DAE 0.2")


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

"""Grouping rows by setting and pairing them within it."""

from spatial_mae.tables.settings import named, paired, setting, settings


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


def test_what_recipes_choose_separates_settings_though_verdicts_do_not_name_it():
    rows = [{"mask": 0.5, "perplexity": perplexity} for perplexity in (3, 5)]
    assert [named(key) for key in settings(rows)] == [{"mask": 0.5}, {"mask": 0.5}]


def test_what_another_setting_tells_separates_nothing():
    rows = [{"dataset": "a", "height": height} for height in (8, None)]
    assert len(settings(rows)) == 1

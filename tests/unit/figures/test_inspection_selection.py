"""What the figures of whole images select, on rows whose answer is plain."""

import pytest

from spatial_mae.figures import (
    attention_maps,
    attention_reach,
    class_planes,
    detection,
    robustness,
    separability,
    shape_bias,
    unmasked_reconstruction,
)


def test_only_the_trained_network_is_drawn_and_errors_turn_their_sign(sample):
    rows = unmasked_reconstruction.select(sample("unmasked"))
    one = {"unit": 2, "mask": 0.5}
    values = {r["metric"]: r for r in rows if all(r[key] == one[key] for key in one)}
    assert values["ssim"]["value"] == pytest.approx(0.5 + 0.05 + 0.04 + 0.005 + 0.04)
    assert values["negative_mse"]["value"] == pytest.approx(-(0.03 + 0.0005))
    assert values["ssim"]["unit_pixels"] == 8
    assert {row["seeds"] for row in rows} == {2}


def test_units_of_one_patch_size_and_single_patches_are_not_mixed(sample):
    rows = sample("unmasked")
    coupled = [row | {"patch": 16, "unit": 1} for row in rows if row["unit"] == 1]
    found = unmasked_reconstruction.select(rows + coupled)
    assert {(row["patch"], row["unit"]) for row in found} == {(4, 1), (4, 2), (4, 4)}
    few = [row for row in rows if row["unit"] == 1]
    found = unmasked_reconstruction.select(few + coupled)
    assert {(row["patch"], row["unit"]) for row in found} == {(4, 1), (16, 1)}


def test_an_axis_of_one_value_has_no_row_of_panels(sample):
    one_unit = [row for row in sample("unmasked") if row["unit"] == 1]
    figure = unmasked_reconstruction.draw(unmasked_reconstruction.select(one_unit))
    assert {axis.get_xlabel() for axis in figure.axes} == {"mask ratio m"}
    one_run = [row for row in one_unit if row["mask"] == 0.5]
    with pytest.raises(ValueError, match="compares mask ratios or mask units"):
        unmasked_reconstruction.select(one_run)


def test_two_ratios_and_two_units_are_drawn_once(sample):
    rows = [row for row in sample("unmasked") if row["unit"] < 4 and row["mask"] > 0.4]
    figure = unmasked_reconstruction.draw(unmasked_reconstruction.select(rows))
    assert {axis.get_xlabel() for axis in figure.axes} == {"mask ratio m"}


def test_attention_of_the_trained_the_untrained_and_of_all_patches_alike(sample):
    rows = attention_reach.select(sample("attention"))
    one = [r for r in rows if (r["query"], r["metric"], r["block"]) == ("patches", "distance", 1)]
    trained = {row["mask"]: row["value"] for row in one if row["control"] is None}
    assert sorted(trained) == [0.25, 0.5, 0.75]
    assert trained[0.75] == pytest.approx(16.2 * (0.5 + 0.3 + 0.01 + 0.005) + 0.07)
    controls = {row["control"]: row for row in one if row["control"]}
    assert set(controls) == {"untrained", "uniform"}
    assert controls["uniform"]["value"] == pytest.approx(16.2)
    assert controls["untrained"]["value"] == pytest.approx(16.2 * 0.515 + 0.07)


def test_maps_show_cls_over_heads_and_the_first_head_of_the_token(sample):
    rows = attention_maps.select(sample("attention_maps"))
    heads = {(row["source"], row["head"]) for row in rows}
    assert heads == {("image", None), ("class_token", "mean"), ("chosen", "first")}
    patches = [row for row in rows if row["source"] != "image"]
    assert {(row["row"], row["weight"] is None) for row in patches} == {(0, True), (4, False)}
    assert len([row for row in rows if row["source"] == "image"]) == 2 * 64


def test_scores_of_the_trained_network_in_both_spaces(sample):
    rows = separability.select(sample("embedding"))
    assert {(row["space"], row["metric"]) for row in rows} == set(separability.MEASURES)
    (row,) = [
        r
        for r in rows
        if (r["unit"], r["mask"], r["space"], r["metric"]) == (2, 0.5, "pca", "knn_accuracy")
    ]
    assert row["value"] == pytest.approx(100 * (0.1 + 0.05 + 0.04 + 0.005 + 0.08 + 0.4))


def test_a_plane_says_its_scores(sample):
    figure = class_planes.draw(class_planes.select(sample("embedding_points")))
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert "m = 0.25" in titles[0] and "silhouette 0.33, k-NN 58%" in titles[0]
    assert [len(axis.lines) for axis in figure.axes] == [3, 3]


def test_ten_classes_have_ten_looks(sample):
    rows = [row | {"class": f"class {i % 10}"} for i, row in enumerate(sample("embedding_points"))]
    figure = class_planes.draw(class_planes.select(rows))
    looks = {(line.get_color(), line.get_marker()) for line in figure.axes[0].lines}
    assert len(looks) == 10


def test_corruptions_and_severities_of_a_set_are_averaged(sample):
    rows = robustness.select(sample("robustness"))
    assert {row["shifted"] for row in rows} == {"own", "hazy", "cifar10_c"}
    (row,) = [r for r in rows if (r["shifted"], r["unit"], r["mask"]) == ("cifar10_c", 2, 0.5)]
    expected = 0.4 + 0.05 + 0.04 + 0.005 - 0.18 + 0.05 - 0.075
    assert row["value"] == pytest.approx(100 * expected)
    assert (row["seeds"], row["high"] - row["low"]) == (2, pytest.approx(1.0))


def test_shape_bias_is_of_cue_conflict_images_and_there_must_be_some(sample):
    rows = shape_bias.select(sample("robustness"))
    assert {row["metric"] for row in rows} == set(shape_bias.METRICS)
    (row,) = [r for r in rows if (r["metric"], r["unit"], r["mask"]) == ("shape_bias", 2, 0.5)]
    assert row["value"] == pytest.approx(0.5 * (0.4 + 0.05 + 0.04 + 0.005 - 0.06))
    without = [row for row in sample("robustness") if row["shifted"] != "cue_conflict"]
    with pytest.raises(ValueError, match="metric = .*shape_bias"):
        shape_bias.select(without)


def test_detection_shows_ap_in_percent_of_both_starts(sample):
    rows = detection.select(sample("detection"))
    assert {(row["metric"], row["initialisation"]) for row in rows} == {
        (metric, start) for metric in ("box_ap", "mask_ap") for start in ("pretrained", "random")
    }
    (found,) = [
        row
        for row in rows
        if (row["unit"], row["mask"]) == (1, 0.75)
        and (row["metric"], row["initialisation"]) == ("box_ap", "pretrained")
    ]
    assert found["value"] == pytest.approx(100 * (0.3 + 0.075 + 0.02 + 0.005))
    assert found["tuning_epochs"] == 6

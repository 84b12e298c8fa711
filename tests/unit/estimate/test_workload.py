"""Runs and images of a study, counted by hand."""

import pytest

from spatial_mae.estimate.inputs import ROOT, checked_config
from spatial_mae.estimate.workload import (
    advice,
    evaluated_images,
    image_counts,
    image_shape,
    search,
    trainings,
)
from spatial_mae.study.jobs import Job
from spatial_mae.study.measurements import RULES

FOLDER = "results/pretrain/leaves/small/short/patch-4_unit-1_mask-0.75_enc-2_dec-1_seed-0"


def test_images_that_pass_are_whole_batches_of_every_epoch(config, tmp_path):
    runs = trainings(config, tmp_path)
    pretraining = [run for run in runs if run.network.rule == "pretrain_mae"]
    assert [run.images for run in pretraining] == [10 * 900] * 4  # 3 batches of 300 of 1000 images
    assert [run.copies for run in pretraining] == [1 + 3] * 4  # epochs 0, 5 and 10
    tuned = [run for run in runs if run.network.rule == "fine_tune_mae"]
    assert [run.images for run in tuned] == [2 * 64] * 2
    assert {run.network.label for run in tuned} == {
        "patch-8_unit-1_mask-0.75_enc-2_dec-1_blocks-all"
    }


def test_a_search_is_counted_at_its_most(config, tmp_path):
    """27 candidates for an epoch; 7 and the base to the third, seed 0 from the first, two seeds
    from the start; winner and base again, three seeds of ten epochs. A tenth is held out of the
    search.
    """
    assert search(config, tmp_path) is None
    recipes = checked_config(ROOT / "config.yaml", [ROOT / "workflow/studies/recipes.yaml"])
    found = search(recipes, tmp_path)
    searched, validated = 27 + 8 * (2 + 3 + 3), 2 * 3 * 10
    assert found.images == searched * (45_000 // 64 * 64) + validated * (50_000 // 64 * 64)
    assert (found.network.rule, found.network.mask_ratio) == ("pretrain_mae", 0.75)


def test_advice_trains_at_most_all_rungs_and_three_settings_to_the_end(config, tmp_path):
    assert advice(config, tmp_path) is None
    block = {"dataset": "leaves", "model": "small", "training": "short", "enc": 2, "dec": 1}
    block |= {"patches": [2, 4, 5, 8], "masks": [0.5, 0.75], "common_mask": 0.75, "drawn": None}
    block |= {"rungs": [1, 3], "seeds": [0, 1], "final_seeds": [0, 1, 2]}
    found = advice(config | {"advise": block}, tmp_path)
    epochs = 4 * 2 * 3 + 2 * 2 * 1 + 3 * 3 * 10  # patch sizes; one more mask ratio of two; the end
    assert found.images == epochs * (1000 // 300 * 300)
    assert (found.network.architecture.patch_size, found.network.mask_ratio) == (2, 0.5)
    assert advice(config | {"advise": block | {"patches": [5]}}, tmp_path) is None


def test_seeds_train_the_same_network(config, tmp_path):
    assert len({run.network for run in trainings(config, tmp_path)}) == 3


def test_a_run_with_its_record_is_done(config, tmp_path, finish):
    finish(FOLDER, [1.0], 100)
    assert sum(run.done for run in trainings(config, tmp_path)) == 1


def test_evaluated_images_count_networks_probes_and_masks(config, tmp_path):
    run = RULES["pretrain_mae"].read_folder(FOLDER)
    job = Job.of("evaluate_mae", {**run, "recipe": "scores"})
    # Epochs 0, 5 and 10: 500 + 200 images probed, 50 under 2 masks.
    assert evaluated_images(config, tmp_path, job) == 3 * (700 + 100)
    config["recipes"]["evaluation"]["scores"] |= {"representations": [], "checkpoints": "last"}
    assert evaluated_images(config, tmp_path, job) == 2 * 100


def test_sizes_come_from_the_manifest_the_config_or_the_source(config, tmp_path, finish):
    config["datasets"] |= {"photos": {"source": "image_folder"}, "cifar10": {"source": "cifar10"}}
    assert image_counts(config, "cifar10", tmp_path) == (50_000, 10_000)
    assert image_shape(config, "cifar10", tmp_path) == (32, 32, 3)
    assert image_counts(config, "photos", tmp_path) is None
    assert image_shape(config, "photos", tmp_path) is None
    config["datasets"]["leaves"] = {"source": "image_folder"}
    finish(FOLDER, [1.0], 100)
    assert image_counts(config, "leaves", tmp_path) == (1000, 200)
    assert image_shape(config, "leaves", tmp_path) == (16, 16, 3)


def test_images_of_unknown_size_are_to_be_prepared_first(config, tmp_path):
    config["datasets"]["leaves"] = {"source": "image_folder"}
    with pytest.raises(ValueError, match="size of the images of 'leaves' .* all data"):
        trainings(config, tmp_path)

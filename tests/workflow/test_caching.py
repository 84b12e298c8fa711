"""What an edit reruns, and what it does not."""

import os

import numpy as np
import yaml
from planning import TINY, planned, snakemake_in

NEW_CODE = "\n\n\ndef ", "\nEDITED = 1\n\n\ndef "


def plan(finished, *flags) -> dict[str, int]:
    return planned(snakemake_in(finished)("-n", "report", "--configfile", TINY, *flags))


def test_nothing_is_left_to_do(finished):
    done = snakemake_in(finished)("-n", "report", "--configfile", TINY)
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_figure_module_redraws_that_figure_and_the_report(finished, edit):
    edit("figures/gabor", *NEW_CODE)
    assert plan(finished) == {"draw_figure": 1, "write_report": 1, "report": 1}


def test_a_judge_that_nothing_imports_by_name_judges_again(finished, edit):
    edit("claims/taylor", *NEW_CODE)
    assert plan(finished) == {"judge_claims": 1, "write_report": 1, "report": 1}


def test_the_solver_reruns_solutions_and_what_follows_but_no_data(finished, edit):
    edit("linear/decomposition", *NEW_CODE)
    jobs = plan(finished)
    assert {"solve_linear", "measure_influence", "measure_losses", "predict_gabor"} <= set(jobs)
    assert not {"prepare_dataset", "compute_moments", "measure_psd", "measure_spectrum"} & set(jobs)


TRAINING = {"pretrain_mae", "fine_tune_mae", "train_supervised"}


def test_a_plot_of_trained_networks_retrains_nothing(finished, edit):
    edit("figures/masking_grid", *NEW_CODE)
    assert plan(finished) == {"draw_figure": 1, "write_report": 1, "report": 1}


def test_the_trainer_retrains_and_reruns_what_follows_but_no_controls(finished, edit):
    edit("training/loop", "\n\n\nclass ", "\nEDITED = 1\n\n\nclass ")
    jobs = plan(finished)
    assert TRAINING | {"evaluate_mae", "compare_layers"} <= set(jobs)
    assert not {"prepare_dataset", "solve_linear", "probe_pixels", "probe_linear"} & set(jobs)


def test_the_probe_reruns_evaluations_but_no_training(finished, edit):
    edit("evaluation/probe", *NEW_CODE)
    jobs = plan(finished)
    assert {"evaluate_mae", "probe_pixels", "probe_linear"} <= set(jobs)
    assert not TRAINING & set(jobs)


def test_other_controls_evaluate_no_network_again(finished, tmp_path):
    overlay = tmp_path / "ridge.yaml"
    overlay.write_text("recipes: {evaluation: {tiny: {control_ridge: 0.01}}}\n")
    jobs = planned(snakemake_in(finished)("-n", "report", "--configfile", TINY, overlay))
    assert {"solve_linear", "probe_linear", "collect_table"} <= set(jobs)
    assert not (TRAINING | {"evaluate_mae", "probe_robustness", "relate_papers"}) & set(jobs)


def test_how_runs_share_gpus_reruns_only_the_written_config(finished, tmp_path):
    overlay = tmp_path / "shared.yaml"
    overlay.write_text("devices: {runs_per_gpu: 4, processes_per_run: 2, choices: {mode: plain}}\n")
    jobs = planned(snakemake_in(finished)("-n", "report", "--configfile", TINY, overlay))
    assert jobs and set(jobs) <= {"write_config", "write_report", "report"}


def test_one_source_does_not_rerun_another(finished, edit):
    edit("data/cityscapes", *NEW_CODE)
    assert plan(finished) == {}


def test_comments_and_docstrings_rerun_nothing(finished, edit):
    for room in ("linear/decomposition", "linear/moments", "figures/gabor", "tasks/filters"):
        edit(room, '"""', '"""Edited. ')
        edit(room, "\n\n\ndef ", "\n\n\n# edited\ndef ")
    assert plan(finished) == {}


def test_a_changed_recipe_reruns_its_runs_and_shows_old_and_new(finished, tmp_path):
    overlay = tmp_path / "more.yaml"
    overlay.write_text("recipes: {gabor: {tiny: {scales: [1, 2, 4]}}}\n")
    done = snakemake_in(finished)("-n", "report", "--configfile", TINY, overlay)
    jobs = planned(done)
    assert jobs.pop("predict_gabor") == 2
    assert set(jobs) <= {
        "check_dataset",
        "collect_table",
        "draw_figure",
        "judge_claims",
        "write_config",
        "write_report",
        "report",
    }
    assert jobs["collect_table"] == 1 and jobs["draw_figure"] == 1
    text = done.stdout + done.stderr
    assert '"scales": [1, 2]' in text and '"scales": [1, 2, 4]' in text


def test_files_replaced_under_their_names_are_prepared_again(copy_project):
    folder = copy_project()
    path = folder / "mine.npz"
    rng = np.random.default_rng(0)

    def write():
        images = rng.integers(0, 256, (40, 4, 4, 1), dtype=np.uint8)
        np.savez(path, train_images=images[:30], test_images=images[30:])

    write()
    mine = {"source": "array_file", "root": str(path), "classes": None}
    study = {"datasets": {"mine": {**mine, "pixels": "lossless", "licence": "none"}}}
    (folder / "mine.yaml").write_text(yaml.safe_dump(study))
    run, target = snakemake_in(folder), "results/data/mine/manifest.json"
    run(target, "--configfile", "mine.yaml")
    assert planned(run("-n", target, "--configfile", "mine.yaml")) == {}
    write()
    os.utime(path, (0, 0))  # an archive may hold files older than the results
    assert planned(run("-n", target, "--configfile", "mine.yaml"))["prepare_dataset"] == 1


def test_another_seed_reruns_nothing_of_a_source_that_draws_nothing(copy_project):
    folder = copy_project()
    images = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 1), dtype=np.uint8)
    np.savez(folder / "mine.npz", train_images=images[:30], test_images=images[30:])
    mine = {"source": "array_file", "root": "mine.npz", "classes": None}
    study = {
        "datasets": {"mine": {**mine, "pixels": "lossless", "licence": "none"}},
        "recipes": {"autocorrelation": {"default": {"max_displacement": 2}}},
        "experiments": [{"kind": "autocorrelation", "grids": [{"dataset": ["mine"]}]}],
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(study))
    run = snakemake_in(folder)
    target = "results/quick/tables/autocorrelation.csv"
    run(target, "--configfile", "mine.yaml")
    assert planned(run("-n", target, "--configfile", "mine.yaml", "--config", "seed=1")) == {}


def test_another_seed_prepares_drawn_images_again(finished):
    assert plan(finished, "--config", "seed=1")["prepare_dataset"] == 4

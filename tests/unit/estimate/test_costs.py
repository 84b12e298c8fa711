"""Hours and bytes, against sums by hand."""

import json
from dataclasses import replace

import pytest

from spatial_mae.estimate.costs import costs, runs_left
from spatial_mae.estimate.sizes import parameters
from spatial_mae.estimate.speeds import given_speeds
from spatial_mae.estimate.storage import storage
from spatial_mae.estimate.summary import estimate_lines
from spatial_mae.estimate.workload import trainings
from spatial_mae.study import jobs

ONE = "results/pretrain/leaves/small/short/patch-4_unit-1_mask-0.75_enc-2_dec-1_seed-0"


def estimated(config, folder, *speeds, **job_seconds):
    """Costs by rule."""
    every = trainings(config, folder)
    known = given_speeds(speeds, [run.network for run in every])
    return {cost.rule: cost for cost in costs(config, folder, runs_left(every, known), job_seconds)}


def test_hours_are_images_over_speed(config, tmp_path):
    cost = estimated(config, tmp_path, "patch-4=100", "patch-8=200")["pretrain_mae"]
    assert (cost.jobs, cost.done, cost.left, cost.images) == (4, 0, 4, 4 * 9000)
    assert cost.hours == pytest.approx(2 * 9000 / 100 / 3600 + 2 * 9000 / 200 / 3600)
    assert cost.source == "100 to 200 images/s"


def test_every_job_is_counted(config, tmp_path):
    found = estimated(config, tmp_path)
    assert {rule: cost.jobs for rule, cost in found.items()} == jobs.job_counts(config)


def test_what_is_done_costs_no_more(config, tmp_path, finish):
    finish(ONE, [1.0], 100)
    cost = estimated(config, tmp_path, "all=100")["pretrain_mae"]
    assert (cost.done, cost.left, cost.images) == (1, 3, 3 * 9000)
    assert cost.hours == pytest.approx(3 * 9000 / 100 / 3600)


def test_without_a_speed_hours_are_unknown(config, tmp_path):
    cost = estimated(config, tmp_path)["pretrain_mae"]
    assert cost.hours is None and cost.source == "no speed known"


def test_other_jobs_take_what_those_done_took(config, tmp_path):
    found = sorted(job for job in jobs.study_jobs(config) if job.rule == "evaluate_mae")
    record = tmp_path / jobs.record_file(found[0])
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"seconds": 36.0}))
    cost = estimated(config, tmp_path)["evaluate_mae"]
    assert (cost.jobs, cost.done, cost.hours) == (3, 1, pytest.approx(2 * 36 / 3600))
    assert cost.source == "36 s each, mean of the 1 done"
    given = estimated(config, tmp_path, evaluate_mae=72.0)["evaluate_mae"]
    assert given.hours == pytest.approx(2 * 72 / 3600) and given.source == "72 s each, given"
    assert estimated(config, tmp_path)["collect_table"].hours is None


def test_bytes_by_hand(config, tmp_path):
    every = trainings(config, tmp_path)
    stored = {s.what: s.whole for s in storage(config, tmp_path, every, at_once=2)}
    assert stored["images, uint8"] == 1200 * 16 * 16 * 3
    assert stored["second moments, float64"] == 8 * 256**2
    roots = 8 * 256 * (4**2 + 8**2)
    assert stored["closed forms, float64"] == 2 * 8 * 256**2 + roots
    networks = {run.network.label: run.network.architecture for run in every}
    sizes = {label: parameters(architecture) for label, architecture in networks.items()}
    run = "patch-{}_unit-1_mask-0.75_enc-2_dec-1{}"
    pretrained = 2 * 4 * (sizes[run.format(4, "")] + sizes[run.format(8, "")])
    tuned = 2 * sizes[run.format(8, "_blocks-all")]
    assert stored["weights and checkpoints, float32"] == 4 * (pretrained + tuned)
    # Two resume files of four copies each, and the checkpoints.
    largest = max(sizes[run.format(4, "")], sizes[run.format(8, "")])
    assert stored["states of 2 unfinished runs, the largest"] == 2 * 4 * largest * (2 * 4 + 3)


def test_storage_left_shrinks_as_runs_end(config, tmp_path, finish):
    weights = "weights and checkpoints, float32"

    def left():
        every = trainings(config, tmp_path)
        return {s.what: s.left for s in storage(config, tmp_path, every, 1)}[weights]

    before, one = left(), trainings(config, tmp_path)
    finish(ONE, [1.0], 100)
    done = next(run for run in one if "patch-4" in run.network.label)
    assert before - left() == 4 * done.weight_bytes


def printed(config, folder, *speeds, gpus=None, time_limit=None) -> str:
    every = trainings(config, folder)
    runs = runs_left(every, given_speeds(speeds, [run.network for run in every]))
    found = costs(config, folder, runs, {})
    stored = storage(config, folder, every, 1)
    return "\n".join(estimate_lines(config, found, runs, stored, gpus, time_limit))


def test_the_clock_and_the_requeues(config, tmp_path):
    config["experiments"] = [e for e in config["experiments"] if e["kind"] != "fine_tuning"]
    # Of 3 runs, 9000 images each: one of patch 8 takes 2 h, two of patch 4 take 5 h each.
    text = printed(config, tmp_path, "patch-8=1.25", "patch-4=0.5", gpus=2, time_limit=2)
    assert "on 2 GPUs: at least 6 h by the clock" in text  # half of 12 h
    assert "2 of 3 runs take more than one job; the longest takes 3 (2 requeues)" in text
    text = printed(config, tmp_path, "patch-8=1.25", "patch-4=0.5", gpus=8)
    assert "on 8 GPUs: at least 5 h by the clock" in text  # the longest run


def test_what_a_search_trains_is_told_beside_the_sums(config, tmp_path):
    (one,) = runs_left([replace(trainings(config, tmp_path)[0], images=7200)], [])
    lines = estimate_lines(config, [], [], [], None, None, {"advise": one, "tune": one})
    for target in ("advise", "tune"):
        told = f"not in these sums, the target `{target}`: at most 7,200 images to train on"
        assert f"{told}, unknown h" in lines


def test_unknown_is_said(config, tmp_path):
    text = printed(config, tmp_path)
    assert "hours of jobs that ask for a GPU: 0, and 9 jobs of unknown length" in text
    assert "Assumed:" in text

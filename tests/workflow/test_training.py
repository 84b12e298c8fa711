"""Training inside the workflow: stopped and continued, diverged."""

import csv
import os
import signal
import subprocess
import sys
import time

import yaml
from planning import TINY, clean_environment, snakemake_in
from safetensors.torch import load_file

RUN = "results/pretrain/leaves/tiny/tiny/patch-2_unit-1_mask-0.5_enc-2_dec-1_seed-0"
LONGER = {"recipes": {"pretraining": {"tiny": {"epochs": 100, "checkpoints": [1]}}}}
LOST = {
    "experiments": [
        {
            "name": "masking",
            "kind": "evaluation",
            "recipe": "tiny",
            "grids": [
                {
                    "dataset": ["leaves"],
                    "model": ["tiny"],
                    "training": ["tiny", "lost"],
                    "patch": [2],
                    "unit": [1],
                    "mask": [0.5, 0.75],
                    "enc": [2],
                    "dec": [1],
                    "seed": [0],
                }
            ],
        }
    ],
}


def overlay(folder, values: dict):
    path = folder / "overlay.yaml"
    path.write_text(yaml.safe_dump(values))
    return ["--configfile", TINY, path]


def test_a_stopped_run_continues_and_ends_as_if_it_had_not_stopped(copy_project):
    unbroken, broken = copy_project(), copy_project()
    target = f"{RUN}/weights.safetensors"
    snakemake_in(unbroken)(target, *overlay(unbroken, LONGER))
    stop_after_an_epoch(broken, target, overlay(broken, LONGER))
    assert not (broken / target).exists()
    snakemake_in(broken)(target, *overlay(broken, LONGER), "--rerun-incomplete")
    log = (
        broken / f"results/logs/pretrain_mae/{RUN.removeprefix('results/pretrain/')}.log"
    ).read_text()
    assert "continu" in log.lower()
    ours, theirs = load_file(unbroken / target), load_file(broken / target)
    assert ours.keys() == theirs.keys()
    assert all(ours[name].equal(theirs[name]) for name in ours)


def stop_after_an_epoch(folder, target, flags) -> None:
    """Start a target and press Ctrl-C once its training has finished an epoch."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", target, *map(str, flags)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 120
    while len(kept(folder)) < 2 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=60)


def kept(folder) -> list:
    """The copies of the weights, of epochs 0 and 1, that an unfinished run has made so far."""
    return list((folder / RUN / "state").rglob("epoch-*.safetensors"))


def test_a_diverged_run_does_not_stop_the_grid(copy_project):
    folder = copy_project()
    tiny = yaml.safe_load(TINY.read_text())["recipes"]["pretraining"]["tiny"]
    # Without warm-up, clipping or mercy: the loss overflows within an epoch.
    lost = {**tiny, "base_learning_rate": 1e30, "warmup_epochs": 0}
    values = {**LOST, "recipes": {"pretraining": {"lost": lost}}}
    snakemake_in(folder)("report", *overlay(folder, values))
    with (folder / "results/tiny/tables/masking.csv").open() as handle:
        status = {(row["training"], row["status"]) for row in csv.DictReader(handle)}
    assert ("tiny", "completed") in status and ("lost", "diverged") in status

"""The pretraining entry point: its files, and kills at random moments that change nothing."""

import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from pretraining_process import in_its_own_group, kill_a_worker, started, wait_for, workers
from safetensors.torch import load_file
from toy_training import MODEL, PRETRAINING, toy_dataset

from spatial_mae.cli.pretrain_mae import main
from spatial_mae.files import read_json, read_rows
from spatial_mae.training.run_folder import open_run

LONG = PRETRAINING | {"epochs": 8, "checkpoints": [1, 5], "n_train": 64, "batch_size": 8}


def argv(manifest, folder, recipe=PRETRAINING, **changes):
    flags = {
        "manifest": manifest,
        "model": json.dumps(MODEL),
        "patch-size": 2,
        "unit": 2,
        "mask-ratio": 0.75,
        "encoder-depth": 2,
        "decoder-depth": 1,
        "recipe": json.dumps(recipe),
        "threads": 1,
        "runs-per-gpu": 1,
        "state": folder / "state",
        "weights": folder / "weights.safetensors",
        "history": folder / "history.csv",
        "checkpoints": folder / "checkpoints",
        "record": folder / "record.json",
    } | {key.replace("_", "-"): value for key, value in changes.items()}
    return [text for key, value in flags.items() for text in (f"--{key}", str(value))]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return toy_dataset(tmp_path_factory.mktemp("data"), labels=False)


def test_writes_weights_history_checkpoints_and_a_record(tmp_path, manifest):
    main(argv(manifest, tmp_path, seed=4))
    assert load_file(tmp_path / "weights.safetensors")
    assert len(read_rows(tmp_path / "history.csv")) == 3
    assert len(list((tmp_path / "checkpoints").glob("epoch-*"))) == 3
    record = read_json(tmp_path / "record.json")
    assert list(record["inputs"]) == [str(manifest)]
    expected = {"seed": 4, "status": "completed", "device": "cpu", "precision": "float32"}
    expected |= {"processes": 1}
    assert record.items() >= expected.items()


def test_images_that_do_not_fit_in_memory_change_nothing(tmp_path, manifest, monkeypatch, capfd):
    main(argv(manifest, tmp_path / "memory"))
    assert "48 train images, 9.22e-06 GB: in memory (cpu)" in capfd.readouterr().err
    monkeypatch.setattr("spatial_mae.training.loader.SHARE_OF_MEMORY", 0)
    main(argv(manifest, tmp_path / "file"))
    assert f"read by batches from {manifest.with_name('train.npy')}" in capfd.readouterr().err
    assert_equal_runs(tmp_path / "memory", tmp_path / "file")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patch_size": 3}, "patch size 3"),
        ({"mask_ratio": 1}, "mask ratio 1"),
        ({"encoder_depth": 0}, "encoder depth 0"),
        ({"decoder_depth": 0}, "decoder depth 0"),
        ({"model": json.dumps(MODEL | {"encoder_heads": 3})}, "encoder_heads 3"),
        ({"recipe": PRETRAINING | {"epoch": 1}}, "did you mean 'epochs'"),
        ({"recipe": PRETRAINING | {"warmup_epochs": 9}}, "warmup_epochs 9"),
        ({"threads": 0}, "0 threads"),
        ({"nproc": 0}, "0 processes"),
        ({"nproc": 17}, "a batch of 16 images for 17 processes"),
    ],
)
def test_bad_input_is_refused_and_leaves_no_output(tmp_path, manifest, changes, message):
    with pytest.raises(ValueError, match=message):
        main(argv(manifest, tmp_path, **changes))
    assert {path.name for path in tmp_path.iterdir()} <= {"state"}


def test_a_second_start_is_refused_with_the_first_s_process_and_files_untouched(tmp_path, manifest):
    main(argv(manifest, tmp_path))
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    del files[tmp_path / "state/lock"], files[tmp_path / "state/status.json"]
    with open_run(tmp_path / "state"), pytest.raises(RuntimeError, match="in use by another") as e:
        main(argv(manifest, tmp_path, seed=1))
    assert f"process {os.getpid()} on host {platform.node()}" in str(e.value)
    assert files == {path: path.read_bytes() for path in files}


def test_under_torchrun_the_processes_join_and_one_alone_continues_their_run(tmp_path, manifest):
    unbroken, folder = tmp_path / "unbroken", tmp_path / "torchrun"
    recipe = LONG | {"epochs": 100}
    main(argv(manifest, unbroken, recipe))
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"]
    command += ["--local-addr", "127.0.0.1", "-m", "spatial_mae.cli.pretrain_mae"]
    flags = argv(manifest, folder, recipe, threads=2, save_seconds=0.05)
    process = subprocess.Popen([*command, *flags], stderr=subprocess.DEVNULL)
    while process.poll() is None and not (folder / "state/resume.pt").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait() != 0
    status = read_json(folder / "state/status.json")
    assert status["state"] == "interrupted" and status["device"] == "2 x cpu"
    assert not (folder / "record.json").exists()
    main(argv(manifest, folder, recipe))
    losses = [[row["loss"] for row in read_rows(f / "history.csv")] for f in (unbroken, folder)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_another_number_of_processes_than_torchrun_started_is_refused(
    tmp_path, manifest, monkeypatch
):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(ValueError, match="torchrun started 4 processes, --nproc says 2"):
        main(argv(manifest, tmp_path, nproc=2))


@pytest.mark.parametrize("names", [["SIGKILL"], ["SIGTERM", "SIGUSR1", "SIGINT", "SIGKILL"]])
def test_killed_at_random_and_continued_equals_unbroken(tmp_path, manifest, names):
    unbroken, killed = tmp_path / "unbroken", tmp_path / "killed"
    main(argv(manifest, unbroken, LONG))
    whole = read_rows(unbroken / "history.csv")[-1]["seconds"]
    dice, codes = random.Random(len(names)), []
    for attempt in range(40):
        name = names[attempt % len(names)]
        process = started(argv(manifest, killed, LONG, save_seconds=whole / 50))
        wait_for(killed / "state/resume.pt", process)
        process.join(dice.uniform(0, whole / 2) if attempt < 5 else None)
        if process.is_alive():
            os.kill(process.pid, getattr(signal, name))
            process.join()
        codes.append(process.exitcode)
        if process.exitcode == 0:
            break
    assert codes[-1] == 0 and len(codes) > 2
    # Outside the loop signals do what they always do; SIGINT is then an exception, code 1.
    killed_by = {-getattr(signal, name) for name in names}
    assert set(codes[:-1]) <= {os.EX_TEMPFAIL, 1, *killed_by}
    assert_equal_runs(unbroken, killed)


def assert_equal_runs(first, second):
    names = sorted(p.relative_to(first) for p in first.rglob("*.safetensors"))
    assert names == sorted(p.relative_to(second) for p in second.rglob("*.safetensors"))
    for name in names:
        one, other = load_file(first / name), load_file(second / name)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one), name
    times = {"seconds", "images_per_second", "peak_memory_bytes"}
    histories = [
        [{k: v for k, v in row.items() if k not in times} for row in read_rows(f / "history.csv")]
        for f in (first, second)
    ]
    assert histories[0] == histories[1]


def test_two_processes_stopped_killed_and_continued_by_one(tmp_path, manifest):
    """Signals to the started process, to its group, to one worker; no orphan, nothing lost."""
    unbroken, folder = tmp_path / "unbroken", tmp_path / "two"
    recipe = LONG | {"epochs": 100}
    main(argv(manifest, unbroken, recipe))
    again = argv(manifest, folder, recipe, nproc=2, threads=2, save_seconds=0.05)
    state = folder / "state/resume.pt"
    for send, name, code, said in (
        (os.kill, "SIGUSR1", os.EX_TEMPFAIL, "interrupted"),
        (os.killpg, "SIGTERM", os.EX_TEMPFAIL, "interrupted"),
        (kill_a_worker, "SIGKILL", 1, "failed"),
    ):
        before = state.stat().st_mtime_ns if state.exists() else 0
        process = started(again, in_its_own_group)
        while process.is_alive() and (not state.exists() or state.stat().st_mtime_ns == before):
            time.sleep(0.005)
        family = workers(process.pid)
        send(process.pid, getattr(signal, name))
        process.join()
        assert process.exitcode == code and len(family) == 2
        assert not any(Path(f"/proc/{pid}").exists() for pid in family)
        status = read_json(folder / "state/status.json")
        assert status["state"] == said and status["device"] == "2 x cpu"
        assert status["pid"] == process.pid
        assert ("killed by SIGKILL" in (status["message"] or "")) == (said == "failed")
        assert not (folder / "record.json").exists()
    main(argv(manifest, folder, recipe))
    losses = [[row["loss"] for row in read_rows(f / "history.csv")] for f in (unbroken, folder)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


RUNGS = LONG | {"checkpoints": [1, 3, 5]}


def rung(manifest, folder, epoch, **changes):
    """Flags of a run that stops after `epoch`; its state is that of the run in `folder`."""
    place = folder / f"until-{epoch}"
    return argv(manifest, place, RUNGS, state=folder / "state", until_epoch=epoch, **changes)


def test_stops_at_rungs_and_ends_bit_for_bit_as_undisturbed(tmp_path, manifest):
    unbroken, stopped = tmp_path / "unbroken", tmp_path / "stopped"
    main(argv(manifest, unbroken, RUNGS))
    for epoch in (1, 5):
        main(rung(manifest, stopped, epoch))
        assert read_json(stopped / "state/status.json")["state"] == "paused"
        place = stopped / f"until-{epoch}"
        found = load_file(place / "weights.safetensors")
        expected = load_file(unbroken / f"checkpoints/epoch-{epoch}.safetensors")
        assert all(torch.equal(found[key], expected[key]) for key in expected)
        assert len(read_rows(place / "history.csv")) == epoch
        kept = {0, *(e for e in RUNGS["checkpoints"] if e <= epoch)}
        names = {path.stem for path in (place / "checkpoints").glob("[!.]*")}
        assert names == {f"epoch-{e}" for e in kept}
    main(argv(manifest, stopped, RUNGS))
    assert not (stopped / "state/resume.pt").exists()
    for epoch in (1, 5):
        shutil.rmtree(stopped / f"until-{epoch}")
    assert_equal_runs(unbroken, stopped)


def test_an_earlier_rung_of_a_run_that_is_further_has_its_own_weights(tmp_path, manifest):
    main(rung(manifest, tmp_path, 3))
    first = load_file(tmp_path / "until-3/weights.safetensors")
    main(rung(manifest, tmp_path, 5))
    main(rung(manifest, tmp_path, 3))
    again = load_file(tmp_path / "until-3/weights.safetensors")
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert len(read_rows(tmp_path / "until-3/history.csv")) == 3


def test_killed_within_a_rung_and_continued_equals_unbroken(tmp_path, manifest):
    unbroken, killed = tmp_path / "unbroken", tmp_path / "killed"
    main(argv(manifest, unbroken, RUNGS))
    whole = read_rows(unbroken / "history.csv")[-1]["seconds"]
    main(rung(manifest, killed, 1))
    (killed / "state/resume.previous.pt").unlink()
    process = started(rung(manifest, killed, 5, save_seconds=whole / 50))
    wait_for(killed / "state/resume.previous.pt", process)  # it has saved again
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    main(rung(manifest, killed, 5))
    found = load_file(killed / "until-5/weights.safetensors")
    expected = load_file(unbroken / "checkpoints/epoch-5.safetensors")
    assert all(torch.equal(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize("epoch", [0, 2, 9])
def test_a_rung_whose_weights_are_not_kept_is_refused(tmp_path, manifest, epoch):
    with pytest.raises(ValueError, match=r"keeps epochs \[1, 3, 5, 8\]"):
        main(rung(manifest, tmp_path, epoch))


def test_a_rung_of_other_code_is_trained_again(tmp_path, manifest, capfd):
    main(rung(manifest, tmp_path, 1, code="a"))
    main(rung(manifest, tmp_path, 3, code="a"))
    assert "continues after epoch 1" in capfd.readouterr().err
    main(rung(manifest, tmp_path, 5, code="b"))
    shown = capfd.readouterr().err
    assert "other code trained" in shown and "continues after" not in shown
    assert len(read_rows(tmp_path / "until-5/history.csv")) == 5
    main(argv(manifest, tmp_path, RUNGS, code="b"))
    assert "continues after epoch 5" in capfd.readouterr().err
    assert not (tmp_path / "state/rung.json").exists()

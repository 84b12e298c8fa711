"""What the check of a GPU refuses before any part starts."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from benchmarks import gpu_check
from benchmarks.gpu_check import worker


def refused(capsys, *arguments):
    """What the command says before it ends with status 2."""
    try:
        status = gpu_check.main(arguments)
    except SystemExit as error:
        status = error.code
    assert status == 2
    return capsys.readouterr().err


def at_work(monkeypatch, tmp_path, *arguments):
    """The process that works, in this one; no part may start."""
    monkeypatch.setattr(worker, "_run_part", lambda *_: pytest.fail("a part was started"))
    return ("--work-until", "0", "--out", str(tmp_path), *arguments)


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf"])
def test_minutes_must_be_positive(capsys, minutes):
    assert "expected a number above 0" in refused(capsys, f"--minutes={minutes}")


def test_a_folder_that_cannot_be_written_is_refused(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    said = refused(capsys, "--out", str(tmp_path / "file/out"))
    assert "cannot be written to" in said and "name another folder" in said


def test_an_old_torch_is_refused_before_the_package_is_imported(tmp_path, project):
    (tmp_path / "torch.py").write_text("__version__ = '2.10.1+cu128'")
    (tmp_path / "spatial_mae.py").write_text("raise AssertionError('imported')")
    command = [sys.executable, "-m", "benchmarks", "gpu_check", "--work-until", "0"]
    environment = {"PATH": "/usr/bin", "PYTHONPATH": f"{tmp_path}:{project}"}
    done = subprocess.run(
        [*command, "--out", str(tmp_path)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "torch 2.10.1+cu128 is too old: 2.11 or newer is needed" in done.stderr


@pytest.mark.parametrize("version", ["2.11.0+cu130", "2.15.0a0+git1", "3.0"])
def test_newer_versions_of_torch_are_taken(monkeypatch, version):
    monkeypatch.setattr(torch, "__version__", version)
    assert worker.check_torch() == version


def test_a_card_without_kernels_is_refused(monkeypatch, capsys, tmp_path):
    def no_kernel():
        raise RuntimeError("CUDA error: no kernel image is available for execution\nmore")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla K80")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (3, 7))
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_90"])
    monkeypatch.setattr(worker, "_try_kernel", no_kernel)
    said = refused(capsys, *at_work(monkeypatch, tmp_path))
    assert "Tesla K80 (compute capability 3.7) cannot be used: CUDA error: no kernel image" in said
    assert "kernels for sm_75, sm_90" in said and "more" not in said.partition("kernels")[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shape": (28, 28, 3)}, "train_images is uint8 (120, 28, 28, 3), expected uint8 (n, 32"),
        ({"dtype": np.float32}, "train_images is float32 (120, 32, 32, 3), expected uint8"),
        ({"without": ["test_labels"]}, "no array test_labels, expected whole numbers"),
        ({"n": (0, 40)}, "train_images is uint8 (0, 32, 32, 3)"),
    ],
)
def test_other_images_are_refused(monkeypatch, capsys, tmp_path, images_file, changes, said):
    path = images_file(tmp_path / "images.npz", **changes)
    assert said in refused(capsys, *at_work(monkeypatch, tmp_path, "--data", str(path)))


def test_what_is_no_npz_is_refused(monkeypatch, capsys, tmp_path):
    (tmp_path / "bad.npz").write_text("text")
    for name, said in {"bad.npz": "no readable .npz", "none.npz": "no such file"}.items():
        arguments = at_work(monkeypatch, tmp_path, "--data", str(tmp_path / name))
        assert said in refused(capsys, *arguments)


def test_the_worker_s_refusal_is_the_command_s(tmp_path):
    (tmp_path / "bad.npz").write_text("text")
    arguments = ["--out", str(tmp_path / "out"), "--data", str(tmp_path / "bad.npz")]
    assert gpu_check.main(arguments) == 2
    assert not (tmp_path / "out/gpu-check.json").exists()

"""A whole check on a machine without a GPU, as it is given from a bare checkout."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from benchmarks.gpu_check import real_run, worker
from benchmarks.gpu_check.context import PAPER, TINY
from benchmarks.gpu_check.report import BAD, GOOD, LEFT_OUT, check

from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import load_encoder

OPTIONAL = ("transformers", "yaml", "matplotlib", "PIL", "snakemake", "sklearn", "jinja2")
OPTIONAL += ("pycocotools", "timm", "pandas", "torchmetrics", "piq", "pygments", "networkx")
WITHOUT = f"import sys; sys.modules.update(dict.fromkeys({OPTIONAL!r}))"


def checks(content, name):
    return {row["check"]: row for row in content["parts"][name]["tables"]["checks"]}


@pytest.fixture(scope="module")
def done(tmp_path_factory, project, images_file):
    """A check from a bare checkout, outside of it, without any optional package."""
    folder = tmp_path_factory.mktemp("gpu-check")
    images_file(folder / "images.npz")
    (folder / "sitecustomize.py").write_text(WITHOUT)
    path = f"{folder}:{project / 'src'}:{project}"
    command = [sys.executable, "-m", "benchmarks", "gpu_check", "--minutes", "4", "--quick"]
    command += ["--out", "out", "--data", "images.npz"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""}
    environment["OMP_NUM_THREADS"] = "1"
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    content = json.loads((folder / "out/gpu-check.json").read_text())
    return SimpleNamespace(ran=ran, folder=folder / "out", content=content)


def test_all_parts_are_done_without_a_gpu_and_without_optional_packages(done):
    assert done.ran.returncode == 0, done.ran.stderr
    assert "no GPU that torch can use: tiny sizes on the CPU" in done.ran.stdout
    found = {name: part["status"] for name, part in done.content["parts"].items()}
    assert found == dict.fromkeys(worker.SHARES, "done")
    rows = [row for p in done.content["parts"].values() for row in p["tables"].get("checks", [])]
    bad = {row["check"] for row in rows if row["result"] == BAD}
    assert not bad


def test_what_an_optional_package_is_needed_for_is_left_out_with_the_reason(done):
    detection = checks(done.content, "correctness")["a step of Mask R-CNN"]
    assert detection["result"] == LEFT_OUT and "PIL" in detection["note"]
    tables = done.content["parts"]["throughput"]["tables"]
    notes = [row["note"] for rows in tables.values() for row in rows if "note" in row]
    assert notes and all("transformers" in note for note in notes)


def test_few_and_small_files_come_back(done):
    files = {path.name: path.stat().st_size for path in done.folder.iterdir()}
    reports = {"gpu-check.json", "gpu-check.md", "gpu-check.log"}
    assert set(files) == reports | {"history.csv", "encoder.safetensors", "decoder.safetensors"}
    assert max(files.values()) < 12e6


def test_the_paper_s_weights_fit_into_two_files(context):
    context.scale = PAPER
    model = MaskedAutoencoder(context.architecture())
    sizes = [2 * sum(p.numel() for p in m.parameters()) for m in (model.encoder, model.decoder)]
    assert 10e6 < max(sizes) < 11.5e6


def test_the_real_run_brings_an_encoder_and_its_accuracy(done):
    encoder, metadata = load_encoder(done.folder / "encoder.safetensors")
    assert metadata["status"] == "completed" and metadata["epochs"] == TINY.epochs
    assert len(encoder.blocks) == TINY.depths[0]
    tables = done.content["parts"]["real_run"]["tables"]
    assert sorted(row["epoch"] for row in tables[real_run.PROBES]) == [0, 1, TINY.epochs]
    assert all(0 <= row["test accuracy"] <= 1 for row in tables[real_run.PROBES])


def test_the_page_names_the_machine_and_what_is_not_as_expected(part, tmp_path):
    check(part, "sum", lambda: {"result": GOOD, "measured": float("nan")})
    check(part, "quotient", lambda: {"result": GOOD, "measured": 1 // 0})
    text = (tmp_path / "gpu-check.md").read_text()
    assert "- device: none" in text and "**1 not as expected**\n- some: quotient" in text
    assert "| sum | as expected | nan |" in text and "ZeroDivisionError" in text


def test_a_report_is_whole_after_every_row(part, tmp_path):
    check(part, "first", lambda: {"result": GOOD})
    content = json.loads((tmp_path / "gpu-check.json").read_text())
    assert content["parts"]["some"]["status"] == "running"
    assert checks(content, "some").keys() == {"first"}

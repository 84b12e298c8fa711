"""The plan: job counts equal the grid's, parsing is light, mistakes stop it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from planning import TINY, planned, snakemake_in

from spatial_mae.study import configuration, jobs
from spatial_mae.study.measurements import KINDS
from spatial_mae.study.schema import completed

ROOT = Path(__file__).resolve().parents[2]
PARTS = [
    "data",
    "linear",
    "tasks",
    "pretraining",
    "evaluation",
    "fine_tuning",
    "jacobian",
    "hierarchy",
    "tables",
    "figures",
    "claims",
]
# Of a study that advises; what else it trains is known when these have run.
ADVISING = {"look_at_images": 1, "rank_settings": 2, "write_advice": 1}
STUDIES = ["quick", *sorted(p.stem for p in (ROOT / "workflow/studies").glob("*.yaml"))]


def merged(project, study: str, folder) -> tuple[dict, list]:
    """The config of a study with its data at an existing place, and the flags that select it."""
    overlay = project / f"workflow/studies/{study}.yaml"
    config = yaml.safe_load((project / "config.yaml").read_text())
    flags = []
    if overlay.exists():
        config = configuration.merged(config, yaml.safe_load(overlay.read_text()))
        places = stand_ins(config, folder)
        (folder / "places.yaml").write_text(yaml.safe_dump(places))
        config = configuration.merged(config, places)
        flags = ["--configfile", overlay, folder / "places.yaml"]
    return config, flags


def stand_ins(config: dict, folder) -> dict:
    """An overlay that names `folder` wherever the config names a copy that only a user has."""
    for name in ("leftImg8bit", "disparity"):
        (folder / name).mkdir()
    for name in ("image.png", "train_data_batch_1.npz", "val_data.npz"):
        (folder / name).touch()
    roots = {n: {"root": str(folder)} for n, d in config["datasets"].items() if "root" in d}
    recipes = {
        family: {
            name: {k: str(folder) for k, v in recipe.items() if str(v).startswith("path/to")}
            for name, recipe in config["recipes"].get(family, {}).items()
        }
        for family in ("robustness", "detection")
    }
    return {"datasets": roots, "recipes": recipes}


@pytest.mark.parametrize("study", STUDIES)
def test_the_plan_has_the_jobs_the_grid_counts(project, study, tmp_path):
    config, flags = merged(project, study, tmp_path)
    config = completed(config)
    workplace = tmp_path / "empty"
    workplace.mkdir()
    done = snakemake_in(workplace)("-s", project / "Snakefile", "-n", "report", *flags)
    found = planned(done)
    found.pop("report")
    asked = ADVISING if config.get("advise") else {}
    assert found == {**jobs.job_counts(config), **asked}


def test_the_plan_needs_no_numerical_library(project, tmp_path):
    command = [sys.executable, "-X", "importtime", "-m", "snakemake", "-n", "report"]
    done = subprocess.run(
        [*command, "-s", project / "Snakefile"], cwd=tmp_path, capture_output=True, text=True
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0 and "spatial_mae.study.grid" in loaded
    assert {"torch", "scipy", "matplotlib", "spatial_mae.linear"} & loaded == set()


@pytest.fixture(scope="module")
def whole(project, tmp_path_factory) -> dict[str, int]:
    """The default study's jobs by rule."""
    run = snakemake_in(tmp_path_factory.mktemp("whole"))
    return planned(run("-s", project / "Snakefile", "-n", "report"))


@pytest.mark.parametrize("target", PARTS)
def test_named_targets_plan_a_part(project, whole, target, tmp_path):
    part = planned(snakemake_in(tmp_path)("-s", project / "Snakefile", "-n", target))
    part.pop(target)
    assert part and all(part[rule] <= whole[rule] for rule in part)
    assert part.get("check_dataset") == part.get("prepare_dataset")
    assert sum(part.values()) < sum(whole.values())


def test_advice_checks_its_own_images_and_no_others(project, tmp_path):
    study = project / "workflow/studies/advise.yaml"
    done = snakemake_in(tmp_path)(
        "-s", project / "Snakefile", "-n", "advise", "--configfile", study
    )
    plan = planned(done)
    assert plan["check_dataset"] == plan["prepare_dataset"] == 1


def test_the_processes_of_a_run_ask_for_a_gpu_each(project, tmp_path):
    overlay = tmp_path / "two.yaml"
    overlay.write_text("devices: {processes_per_run: 2}\n")
    study = project / "workflow/studies/generated.yaml"
    words = ("-n", "-p", "pretraining", "fine_tuning", "--configfile", study, overlay)
    done = snakemake_in(tmp_path)("-s", project / "Snakefile", *words)
    text = done.stdout + done.stderr
    jobs = planned(done)
    n = sum(jobs[rule] for rule in ("pretrain_mae", "fine_tune_mae", "train_supervised"))
    assert text.count("--nproc 2 ") == text.count(" gpu=2,") == n
    assert len(re.findall(r"--threads 2 \\\s+--runs-per-gpu", text)) == n


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--config", "sed=1"], "unknown key 'sed'; did you mean 'seed'"),
        (["--config", "seed=-1"], "seed: -1 is not allowed; expected a whole number, 0 or more"),
        (["--config", "figures={gabor: {experiment: gabor}}"], "each experiment names its own"),
    ],
)
def test_mistakes_stop_the_plan(project, flags, message, tmp_path):
    run = snakemake_in(tmp_path)
    done = run("-s", project / "Snakefile", "-n", *flags, check=False)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "recipes:\n  pretraining:\n    short: {base_learning_rate: 1e-3}\n",
            "base_learning_rate: '1e-3' is not allowed; YAML reads this as text: write 1.0e-3",
        ),
        ("seed: 1\nseed: 2\n", "mine.yaml: 'seed' in lines 1 and 2; keep one"),
        ("datsets: {}", "unknown key 'datsets'; did you mean 'datasets'"),
        (
            "recipes: {linear: {default: {mask_ratios: [1.0]}}}",
            "recipes.linear.default.mask_ratios[0]: 1.0 is not allowed; expected a number, 0 or "
            "more, below 1",
        ),
        (
            "recipes: {linear: {default: {n_latents: [2000]}}}",
            "2000 latents exceed the 256 dimensions of 'small_leaves'",
        ),
    ],
)
def test_mistakes_in_an_overlay_stop_the_plan(project, text, message, tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(text)
    done = snakemake_in(tmp_path)(
        "-s", project / "Snakefile", "-n", "--configfile", overlay, check=False
    )
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


def test_the_tiny_study_names_every_kind(project):
    kinds = {entry["kind"] for entry in yaml.safe_load(TINY.read_text())["experiments"]}
    # Detection reads a set that its own test draws.
    assert kinds | {"detection"} == set(KINDS)

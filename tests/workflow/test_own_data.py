"""A user's own data: the page about it does what it says, and misfits are named before training."""

import csv
import re
import shlex
import subprocess
import sys
from textwrap import dedent

import numpy as np
import pytest
import yaml
from PIL import Image
from planning import clean_environment, planned, snakemake_in

RUN = {"dataset": ["mine"], "model": ["tiny"], "training": ["short"], "patch": [4], "unit": [1]}
RUN |= {"mask": [0.5], "enc": [1], "dec": [1]}


def test_misfits_of_data_stop_the_study_before_training_and_are_all_named(copy_project):
    folder = copy_project()
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 10, 3), dtype=np.uint8)
    np.savez(folder / "mine.npz", train_images=images[:40], test_images=images[40:])
    mine = {"source": "array_file", "root": "mine.npz", "classes": None, "pixels": "x"}
    study = {"study": "own", "datasets": {"mine": {**mine, "licence": "x"}}}
    study["experiments"] = [{"kind": kind, "grids": [RUN]} for kind in ("evaluation", "embedding")]
    (folder / "mine.yaml").write_text(yaml.safe_dump(study))
    done = snakemake_in(folder)("all", "--configfile", "mine.yaml", check=False)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "does not fit the study" in text
    for words in (
        "patch size 4 does not divide the 8 x 10 images of 'mine'; use one of [1, 2]",
        "recipe 'default' of evaluation: data set 'mine' has no classes",
        "recipe 'default' of inspection: data set 'mine' has no classes",
    ):
        assert words in text, words
    assert (folder / "results/data/mine/manifest.json").is_file()
    assert not list((folder / "results").rglob("weights.safetensors"))


def test_networks_are_kept_over_another_path_or_label_as_the_page_says(copy_project):
    folder = copy_project()
    run, manifest = snakemake_in(folder), "results/data/mine/manifest.json"
    images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 3), dtype=np.uint8)
    np.savez(folder / "mine.npz", train_images=images[:40], test_images=images[40:])

    def write(**changed):
        mine = {"source": "array_file", "root": "mine.npz", "classes": None, "pixels": "x"}
        study = {"datasets": {"mine": {**mine, "licence": "x", **changed}}}
        study["experiments"] = [{"kind": "unmasked", "figures": [], "grids": [RUN]}]
        (folder / "mine.yaml").write_text(yaml.safe_dump(study))

    def plan():
        return planned(run("-n", scores, "--configfile", "mine.yaml"))

    write()
    run(manifest, "--configfile", "mine.yaml")
    of_run = "mine/tiny/short/patch-4_unit-1_mask-0.5_enc-1_dec-1_seed-0"
    scores = f"results/inspect/{of_run}/unmasked_default.csv"
    (folder / f"results/pretrain/{of_run}/checkpoints").mkdir(parents=True)
    (folder / scores).parent.mkdir(parents=True)
    network = ("weights.safetensors", "history.csv", "record.json")
    tables = ("unmasked", "attention", "maps", "embedding", "points")
    stand_ins = [f"results/pretrain/{of_run}/{name}" for name in network]
    stand_ins += [f"results/inspect/{of_run}/{name}_default.csv" for name in tables]
    stand_ins += [f"results/inspect/{of_run}/inspection_default.record.json"]
    for path in stand_ins:
        (folder / path).write_text("stands in for the real one\n")
    rules = ("pretrain_mae", "inspect_mae")
    run(scores, "--touch", "--forcerun", *rules, "--configfile", "mine.yaml")
    assert plan() == {}

    (folder / "mine.npz").rename(folder / "moved.npz")
    write(root="moved.npz")
    assert plan() == {}
    write(root=str(folder / "moved.npz"))
    assert plan() == {}

    write(root="moved.npz", licence="CC-BY")
    run(manifest, "--configfile", "mine.yaml")
    assert '"CC-BY"' in (folder / manifest).read_text()
    assert plan() == {"pretrain_mae": 1, "inspect_mae": 1}
    run(scores, "--touch", "--until", "pretrain_mae", "--configfile", "mine.yaml")
    assert plan() == {"inspect_mae": 1}


def paint(folder, count):
    """Images of mixed sizes, formats and kinds of pixels."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    suffixes = ("png", "jpg", "tif", "webp", "bmp", "gif")
    for n in range(count):
        height, width = rng.integers(9, 40, 2)
        image = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        suffix = suffixes[n % len(suffixes)]
        if n % 7 == 3:
            image = image.convert("L")
        elif n % 5 == 2 and suffix in ("png", "tif", "webp"):
            image = image.convert("RGBA")
        image.save(folder / f"image {n}.{suffix}")
    (folder / "._image 0.png").write_bytes(b"hidden")


@pytest.fixture(scope="module")
def own_study(copy_project, project):
    """A copy of the project whose own_images.yaml was edited as the page says."""
    folder = copy_project()
    paint(folder / "photos", 60)
    page = (project / "docs/your-own-data.md").read_text()
    block = dedent(re.search(r"```yaml\n(.*?)```", page, re.S)[1])
    datasets = yaml.safe_load(block.replace("/path/to/photos", "photos"))["datasets"]
    path = folder / "workflow/studies/own_images.yaml"
    study = yaml.safe_load(path.read_text())
    assert datasets.keys() == study["datasets"].keys()
    study["datasets"] = datasets
    path.write_text(yaml.safe_dump(study))
    return folder, page


def test_every_command_of_the_page_plans_as_it_is_printed(own_study):
    folder, page = own_study
    commands = [shlex.split(c)[1:] for c in re.findall(r"`(snakemake [^`]+)`", page)]
    assert commands
    for words in commands:
        jobs = planned(snakemake_in(folder)("-n", *words))
        assert jobs["prepare_dataset"] >= 1 and jobs["check_dataset"] >= 1


def test_the_page_says_where_the_images_are_and_how_python_reads_them(own_study):
    folder, page = own_study
    overlay = ("--configfile", "workflow/studies/own_images.yaml")
    manifest = re.search(r"`(results/data/[\w/]+manifest\.json)`", page)[1]
    snakemake_in(folder)(manifest, *overlay)
    call = re.search(r"`(spatial_mae\.data\.store\.open_dataset[^`]+)`", page)[1]
    code = f"import spatial_mae.data.store\nprint({call}.shape)"
    environment = clean_environment() | {"PYTHONPATH": str(folder / "src")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "(48, 32, 32, 3)", done.stderr


@pytest.mark.parametrize(
    "count", [60, *(pytest.param(n, marks=pytest.mark.slow) for n in (600, 6000))]
)
def test_a_folder_of_mixed_images_ends_in_a_report(copy_project, count):
    folder = copy_project()
    paint(folder / "photos", count)
    study = yaml.safe_load((folder / "workflow/studies/own_images.yaml").read_text())
    study["datasets"]["my_images"] |= {"root": "photos", "size": [8, 8]}
    closed = {"dataset": ["my_images"], "patch": [4], "ridge": [0.001]}
    run = {**RUN, "dataset": ["my_images"], "mask": [0.5]}
    study["recipes"] = {
        "autocorrelation": {"default": {"max_displacement": 4}},
        "pretraining": {"short": {"epochs": 1, "warmup_epochs": 0, "checkpoints": [0]}},
        "evaluation": {"default": {"representations": []}},
        "similarity": {"to_deepest": {"reference": {"enc": 1}}},
        "gabor": {"default": {"scales": [1, 2]}},
        "jacobian": {"default": {"n_outputs": 2, "normalisations": ["no"]}},
        "inspection": {"default": {"n_classes": 0, "pixel": [1, 1]}},
    }
    study["experiments"] = [
        {"kind": "autocorrelation", "grids": [{"dataset": ["my_images"]}]},
        {"name": "noise", "kind": "influence", "figures": ["estimation_noise"]}
        | {"grids": [{**closed, "n": ["25%", "50%", "all"]}]},
        {"kind": "gallery", "grids": [run]},
        {"kind": "similarity", "recipe": "to_deepest", "grids": [run]},
        {"kind": "jacobian", "figures": [], "grids": [run]},  # they compare several networks
        {"kind": "attention", "grids": [run]},
    ]
    (folder / "own.yaml").write_text(yaml.safe_dump(study))
    done = snakemake_in(folder)("all", "--configfile", "own.yaml")
    assert (folder / "results/own_images/report.html").is_file()
    with (folder / "results/own_images/tables/noise.csv").open() as file:
        counts = {int(row["n_images"]) for row in csv.DictReader(file)}
    n_train = round(0.9 * count)
    assert counts == {round(n_train / 4), round(n_train / 2), n_train}
    fewer = f"n_images: 1000 asked for, the data set has {count - n_train} test images"
    assert fewer in done.stdout + done.stderr

"""A new data source is one module: the schema, the plan and the job find it there."""

import json
import os
import subprocess
import sys

import yaml
from planning import planned, snakemake_in

MODULE = '''"""Images of one gray level each."""

from dataclasses import dataclass

import numpy as np

from spatial_mae.data.source import Source
from spatial_mae.data.store import Batch, Prepared
from spatial_mae.study.keys import Count, Size


@dataclass(frozen=True)
class Plain:
    """Images of one gray level each."""

    n_images: Count
    """Images of each split."""
    size: Size = (4, 4)
    """Height and width in pixels."""


SOURCE = Source(Plain, draws=False)


def prepare(recipe, root, archive, rng):
    levels = np.arange(recipe.n_images, dtype=np.uint8)[:, None, None, None]
    images = np.broadcast_to(levels, (recipe.n_images, *recipe.size, 1))
    splits = {name: [Batch(images)] for name in ("train", "test")}
    return Prepared(splits, (*recipe.size, 1), "generated", "none")
'''
STUDY = {
    "datasets": {"grays": {"source": "plain", "n_images": 20}},
    "recipes": {"autocorrelation": {"default": {"max_displacement": 2}}},
    "experiments": [{"kind": "autocorrelation", "grids": [{"dataset": ["grays"]}]}],
}


def test_a_new_source_is_one_module(copy_project):
    folder = copy_project()
    (folder / "src/spatial_mae/data/plain.py").write_text(MODULE)
    (folder / "docs").mkdir()
    environment = os.environ | {"PYTHONPATH": str(folder / "src")}
    command = [sys.executable, "-m", "spatial_mae.cli.describe_config"]
    subprocess.run(command, cwd=folder, env=environment, check=True)
    assert "### source `plain`" in (folder / "docs/config.md").read_text()
    (folder / "mine.yaml").write_text(yaml.safe_dump(STUDY))
    run = snakemake_in(folder)
    run("data", "--configfile", "mine.yaml")
    manifest = json.loads((folder / "results/data/grays/manifest.json").read_text())
    assert (manifest["n_train"], manifest["recipe"]["size"]) == (20, [4, 4])
    again = run("-n", "data", "--configfile", "mine.yaml", "--config", "seed=1")
    assert planned(again) == {}
    (folder / "wrong.yaml").write_text("datasets: {grays: {size: [4]}}\n")
    wrong = run("-n", "--configfile", "mine.yaml", "wrong.yaml", check=False)
    assert "datasets.grays.size: [4] is not allowed" in wrong.stdout + wrong.stderr

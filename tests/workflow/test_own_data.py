"""A user's own data: misfits are named before training."""

import numpy as np
import yaml
from planning import snakemake_in

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
    assert not (folder / "results/pretrain").exists()

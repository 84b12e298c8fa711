"""A study of four pretraining runs, two of them fine-tuned and evaluated, in an empty folder."""

import json

import pytest

RUN = {
    "dataset": ["leaves"],
    "model": ["small"],
    "training": ["short"],
    "patch": [4, 8],
    "unit": [1],
    "mask": [0.75],
    "enc": [2],
    "dec": [1],
    "seed": [0, 1],
}
MODEL = {
    "width": 16,
    "encoder_heads": 2,
    "decoder_width": 8,
    "decoder_heads": 2,
    "mlp_ratio": 2.0,
    "class_token": True,
}
DATASET = {"source": "dead_leaves", "n_train": 1000, "n_test": 200, "size": [16, 16]}


@pytest.fixture
def config():
    return {
        "study": "small",
        "seed": 0,
        "data": {"root": None},
        "devices": {"runs_per_gpu": 1},
        "datasets": {"leaves": DATASET},
        "models": {"small": MODEL},
        "recipes": {
            "pretraining": {
                "short": {
                    "epochs": 10,
                    "batch_size": 300,
                    "n_train": None,
                    "checkpoints": [5],
                    "ema_decay": None,
                }
            },
            "classification": {
                "tuned": {"epochs": 2, "batch_size": 64, "n_train": 100, "ema_decay": None}
            },
            "evaluation": {
                "scores": {
                    "representations": ["mean"],
                    "checkpoints": "all",
                    "n_train": 500,
                    "n_test": None,
                    "n_reconstructed": 50,
                    "n_masks": 2,
                    "control_colour": "luma",
                    "control_centring": "centred",
                    "control_ridge": 0.001,
                }
            },
        },
        "experiments": [
            {
                "name": "masking",
                "kind": "evaluation",
                "recipe": "scores",
                "grids": [{**RUN, "seed": [0]}],
            },
            {
                "name": "tuned",
                "kind": "fine_tuning",
                "recipe": "tuned",
                "grids": [{**RUN, "patch": [8], "blocks": ["all"]}],
            },
            {
                "name": "gallery",
                "kind": "gallery",
                "recipe": "scores",
                "grids": [{**RUN, "patch": [4]}],
            },
        ],
    }


@pytest.fixture
def finish(tmp_path):
    """Make a run done, as its files say: `finish(folder, seconds=[...], rate=100, device="cpu")`.

    One epoch a number of seconds, each at `rate` images/s.
    """

    def write(folder: str, seconds, rate: float, device: str = "cpu", status: str = "completed"):
        path = tmp_path / folder
        path.mkdir(parents=True)
        command = ["spatial_mae", "pretrain_mae.py", "--model", json.dumps(MODEL)]
        record = {"command": command, "status": status, "device": device, "seconds": sum(seconds)}
        (path / "record.json").write_text(json.dumps(record))
        ends = [sum(seconds[: n + 1]) for n in range(len(seconds))]
        lines = [f"{n + 1},{rate},{end}" for n, end in enumerate(ends)]
        header = "epoch,images_per_second,seconds"
        (path / "history.csv").write_text("\n".join([header, *lines]) + "\n")
        manifest = tmp_path / "results/data/leaves/manifest.json"
        manifest.parent.mkdir(parents=True, exist_ok=True)
        sizes = {"height": 16, "width": 16, "channels": 3, "n_train": 1000, "n_test": 200}
        manifest.write_text(json.dumps(sizes))

    return write

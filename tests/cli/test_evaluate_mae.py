"""The evaluation entry point: from weights and checkpoints to two tables."""

import json

import numpy as np
import pytest
import torch

from spatial_mae.cli.evaluate_mae import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.evaluation.probing import COLUMNS
from spatial_mae.evaluation.saved_probes import read_probe
from spatial_mae.files import read_json, read_rows
from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import save_weights

RECIPE = {
    "representations": ["mean"],
    "checkpoints": "all",
    "n_train": None,
    "n_test": 10,
    "validation_share": 0.25,
    "penalties": [0.01, 0.1],
    "max_iterations": 20,
    "neighbours": 0,
    "n_reconstructed": 6,
    "n_masks": 1,
    "n_gallery": 2,
}
ARCHITECTURE = Architecture(8, 8, 1, 4, 1, 1, 1, Backbone(8, 2, 8, 2, 2.0, False))


def prepare(folder, classes=("dark", "bright")):
    rng = np.random.default_rng(0)
    splits = {
        split: Batch(
            rng.integers(256, size=(n, 8, 8, 1), dtype=np.uint8),
            rng.integers(2, size=n) if classes else None,
        )
        for split, n in (("train", 40), ("test", 20))
    }
    prepared = Prepared(
        splits={split: [batch] for split, batch in splits.items()},
        shape=(8, 8, 1),
        pixels="drawn",
        licence="none",
        classes=classes,
    )
    write_dataset(folder / "manifest.json", "toy", "test", prepared, {})
    for epoch in (0, 1, 2):
        model = MaskedAutoencoder(ARCHITECTURE, generator=torch.Generator().manual_seed(epoch))
        metadata = {
            "kind": "mae",
            "architecture": to_json(ARCHITECTURE),
            "mask_ratio": 0.5,
            "recipe": {
                "sampling": "exact",
                "normalise_targets": False,
                "crop_scale": [0.2, 1.0],
                "flip": True,
                "batch_size": 32,
                "warmup_epochs": 1,
                "weight_decay": 0.05,
            },
            "n_train": 60,
            "epoch": epoch,
            "epochs": 2,
            "status": "completed" if epoch == 2 else "training",
            "seconds": 1.5 * epoch,
            "images_per_second": 10.0,
            "peak_memory_bytes": 5,
            "precision": "float32",
            "device": "cpu",
            "parameters": 7,
        }
        save_weights(
            folder / f"checkpoints/epoch-{epoch}.safetensors", model.state_dict(), metadata
        )
    save_weights(folder / "weights.safetensors", model.state_dict(), metadata)
    return folder


def run(folder, recipe=RECIPE, **changes):
    flags = {
        "manifest": folder / "manifest.json",
        "weights": folder / "weights.safetensors",
        "checkpoints": folder / "checkpoints",
        "recipe": json.dumps(recipe),
        "threads": 1,
        "runs-per-gpu": 1,
        "scores": folder / "scores.csv",
        "reconstructions": folder / "reconstructions.csv",
        "probes": folder / "probes.npz",
        "seed": 0,
        "record": folder / "record.json",
    } | changes
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "scores.csv")


def test_images_that_do_not_fit_in_memory_change_nothing(tmp_path, monkeypatch):
    whole = [row["value"] for row in run(prepare(tmp_path / "memory"))]
    monkeypatch.setattr("spatial_mae.training.loader.SHARE_OF_MEMORY", 0)
    assert [row["value"] for row in run(prepare(tmp_path / "file"))] == whole


def test_writes_scores_a_gallery_and_a_record(tmp_path):
    rows = run(prepare(tmp_path))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["epoch"] for row in rows] == 4 * [0] + 4 * [1] + 4 * [2]
    assert {row["pretrain_seconds"] for row in rows} == {0.0, 1.5, 3.0}
    gallery = read_rows(tmp_path / "reconstructions.csv")
    assert len(gallery) == 2 * 64
    assert {"original_0", "predicted_0", "epochs", "model_width", "status"} <= set(gallery[0])
    last = [row for row in rows if (row["epoch"], row["protocol"]) == (2, "linear_probe")]
    assert [row["value"] for row in last] == [
        read_probe(tmp_path / "probes.npz", "mean").row["value"]
    ]
    record = read_json(tmp_path / "record.json")
    assert record["device"]
    assert len(record["inputs"]) == 2


def test_images_without_labels_have_no_probes(tmp_path):
    folder = prepare(tmp_path, classes=None)
    rows = run(folder, RECIPE | {"representations": []})
    assert {row["protocol"] for row in rows} == {"reconstruction"}
    with pytest.raises(ValueError, match=r"no probe of 'mean' \(it holds: none\)"):
        read_probe(folder / "probes.npz", "mean")
    with pytest.raises(ValueError, match="'toy' has no labels to probe"):
        run(folder)


def test_a_truncated_weights_file_is_named(tmp_path):
    path = prepare(tmp_path) / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="weights.safetensors is not what was written"):
        run(tmp_path)
    assert not (tmp_path / "scores.csv").exists()


def test_for_a_damaged_checkpoint_the_folder_is_to_be_deleted(tmp_path):
    """Without one of its files Snakemake would take the folder for whole."""
    path = prepare(tmp_path) / "checkpoints/epoch-0.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="delete the folder .*checkpoints, not one file of it"):
        run(tmp_path)


def test_no_threads_are_refused(tmp_path):
    with pytest.raises(ValueError, match="0 threads"):
        run(prepare(tmp_path), threads=0)

"""A finished study of two experiments and one figure, written by hand: of the tests of sharing."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path

import yaml

CONFIG = {
    "study": "small",
    "seed": 0,
    "data": {"root": None},
    "datasets": {
        "leaves": {"source": "dead_leaves"},
        "photos": {"source": "image_folder", "root": "/home/someone/photos"},
    },
    "recipes": {},
    "experiments": [
        {
            "name": "psd",
            "kind": "psd",
            "recipe": "one",
            "grids": [{"dataset": ["leaves", "photos"]}],
        },
        {"name": "lemmas", "kind": "lemmas", "recipe": "one"},
    ],
}
RESULTS = [
    "results/data/leaves/manifest.json",
    "results/data/photos/manifest.json",
    "results/linear/leaves/psd_one.csv",
    "results/linear/photos/psd_one.csv",
    "results/small/claims.json",
    "results/small/claims.md",
    "results/small/config.yaml",
    "results/small/figures/masked_psd.csv",
    "results/small/figures/masked_psd.pdf",
    "results/small/figures/masked_psd.png",
    "results/small/report.html",
    "results/small/tables/lemmas.csv",
    "results/small/tables/psd.csv",
    "results/theory/lemmas_one.csv",
]
RECORDS = ["results/linear/leaves/psd_one.record.json", "results/data/leaves/record.json"]
# Output -> the log of the job that wrote it.
REMEMBERED = {
    "results/linear/leaves/psd_one.csv": "results/logs/measure_psd/leaves/one.log",
    "results/data/leaves/manifest.json": "results/logs/prepare_dataset/leaves.log",
    "results/data/leaves/train.npy": "results/logs/prepare_dataset/leaves.log",
    "results/data/photos/manifest.json": "results/logs/prepare_dataset/photos.log",
    "results/linear/leaves/psd_other.csv": "results/logs/measure_psd/leaves/other.log",
}


def metadata_file(output: str) -> str:
    return f".snakemake/metadata/{urlsafe_b64encode(output.encode()).decode()}"


def write_toy_study(folder: Path) -> None:
    """Write its results into `folder`, a checkout's, and much else that is not shared."""
    record = {"commit": "abc", "dirty": True, "versions": {"numpy": "2.0"}}
    texts = {path: f"content of {path}\n" for path in RESULTS}
    texts |= {path: json.dumps(record) for path in RECORDS}
    texts["results/small/config.yaml"] = yaml.safe_dump(CONFIG)
    others = (
        "results/data/leaves/train.npy",
        "results/linear/leaves/psd_other.csv",
        "results/other/config.yaml",
        "results/logs/measure_psd/leaves/one.log",
    )
    texts |= dict.fromkeys(others, "not shared")
    texts |= {metadata_file(o): json.dumps({"log": [log]}) for o, log in REMEMBERED.items()}
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)

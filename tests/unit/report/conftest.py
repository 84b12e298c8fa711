"""A small study on disk: config, data set, two figures, claims, records."""

import base64
import json

import pytest
import yaml

from spatial_mae.files import write_json, write_rows

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


# Of findings, not in the order of the page.
VERDICTS = ("not-run", "holds", "inconclusive", "fails", "too-small", "holds-under-conditions")
VERDICTS += ("not-testable", "holds")


def record(rule, seconds=1.5, **changes):
    return {
        "command": ["spatial_mae", f"/somewhere/cli/{rule}.py", "--seed", "0"],
        "seed": 0,
        "started": "2025-01-02T03:04:05Z",
        "commit": "abc123",
        "dirty": False,
        "python": "3.11.2",
        "versions": {"numpy": "2.4.0"},
        "host": "box",
        "device": "cpu",
        "inputs": {},
        "seconds": seconds,
        "peak_memory_bytes": 2**20,
    } | changes


def claim(number, verdict, **changes):
    return {
        "id": f"claim.{number}",
        "source": "001",
        "quote": f"a statement <{number}> & more",
        "verdict": verdict,
        "scale": "",
        "role": "finding",
        "sentence": "6 of 6 settings as claimed.",
        "conditions": "For m < 0.5. Margin: 0.2. Noise: none.",
        "evidence": {f"number_{i}": i / 7 for i in range(7)},
        "n": 8068,
        "data": "leaves",
        "figure": "taylor",
    } | changes


@pytest.fixture
def study(tmp_path):
    """The results folder of a study `mini`; what `compose` is called with stands in its files."""
    results = tmp_path / "results"
    grids = [{"dataset": ["leaves"], "colour": ["luma"], "n": ["50%", "all"]}]
    experiment = {"name": "a", "kind": "autocorrelation", "recipe": "default", "grids": grids}
    config = {"study": "mini", "data": {"root": None}, "experiments": [experiment]}
    config["datasets"] = {"leaves": {"source": "dead_leaves"}}
    (results / "mini" / "figures").mkdir(parents=True)
    (results / "mini" / "config.yaml").write_text(yaml.safe_dump(config))
    rows = [{"lemma": 4, "mask_ratio": m / 10, "predicted": m / 3} for m in range(10)]
    for name in ("taylor", "hierarchy_cases"):
        figure = results / "mini" / "figures" / name
        figure.with_suffix(".png").write_bytes(PIXEL)
        figure.with_suffix(".pdf").write_bytes(b"%PDF")
        write_rows(figure.with_suffix(".csv"), rows)
    write_rows(results / "mini" / "tables" / "a.csv", rows)
    claims = [claim(i, verdict) for i, verdict in enumerate(VERDICTS)]
    claims[1]["scale"] = "3 epochs, width 64"
    claims += [claim(8, "not-run", role="setting"), claim(9, "holds", role="setting")]
    claims.append(claim(10, "holds", source="003", figure="hierarchy_cases"))
    write_json(results / "mini" / "claims.json", claims)
    manifest = {"dataset": "leaves", "height": 8, "width": 8, "channels": 1, "has_depth": False}
    manifest |= {"n_train": 12345, "n_test": 10, "pixels": "JPEG <4:2:0>", "licence": "CC0"}
    write_json(
        results / "data" / "leaves" / "manifest.json",
        manifest | {"warnings": ["fewer images than dimensions"], "unreadable": ["x.jpg"]},
    )
    write_json(results / "data" / "leaves" / "record.json", record("prepare_dataset", 100.0))
    for n in ("50%", "all"):
        moment = results / "linear" / "leaves" / f"colour-luma_n-{n}_split-train"
        write_json(moment / "moments.record.json", record("compute_moments"))
    write_json(results / "mini" / "report.record.json", record("write_report", 999.0))
    (results / "other").mkdir()
    other = {"study": "other", "experiments": []}
    (results / "other" / "config.yaml").write_text(yaml.safe_dump(other))
    (results / "other" / "claims.record.json").write_text(json.dumps(record("judge_claims")))
    return results

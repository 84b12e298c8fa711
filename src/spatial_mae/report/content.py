"""The content of a report that its config decides: data sets, experiments, the scale of it all."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from spatial_mae.claims.scale import EPOCHS, IMAGES, SECOND, WIDTH
from spatial_mae.files import read_json
from spatial_mae.report import advice
from spatial_mae.study import grid, relations

OVERLAY = ", with the `--configfile` of the study, if it has one"
FIRST = f"Bisulco et al.: {EPOCHS} epochs of {IMAGES:,} CIFAR-10 images, width {WIDTH}"


def read_config(path: Path) -> tuple[dict, str]:
    """The merged config of the study, parsed and verbatim."""
    text = path.read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    if not isinstance(config, dict):
        raise ValueError(f"{path} holds no config: expected a mapping, got {type(config).__name__}")
    return config, text


def read_datasets(config: Mapping, records_root: Path) -> list[dict]:
    """The manifests of the data sets that the study reads, in the config's order.

    Each with `concerns`: whether an experiment runs on its training images; others only lend their
    test images.
    """
    runs = [run for entry in config["experiments"] for run in grid.expand(entry)]
    measured = {run.get("dataset") for run in runs}
    manifests = []
    for name in relations.used_datasets(config):
        path = records_root / "data" / name / "manifest.json"
        if not path.is_file():
            raise FileNotFoundError(f"no {path}; run `snakemake --cores all data` first{OVERLAY}")
        manifests.append({"unreadable": [], "concerns": name in measured, **read_json(path)})
    return manifests


def warnings(datasets: Sequence[Mapping], concerning: bool) -> list[tuple[str, str]]:
    """(data set, warning) of the data sets that concern the findings, or of the others."""
    found = []
    for data in datasets:
        if data["concerns"] == concerning:
            said = list(data["warnings"])
            if unread := len(data["unreadable"]):
                said.append(f"{unread} unreadable files were left out; the manifest names them")
            found += [(data["dataset"], text) for text in said]
    return found


def read_experiments(config: Mapping, study: Path) -> list[dict]:
    """Name, kind, data sets, number of runs and table of each experiment.

    The table's path is relative to the folder of the study; None if it is not there.
    """
    rows = []
    for entry in config["experiments"]:
        runs, table = grid.expand(entry), f"tables/{entry['name']}.csv"
        names = dict.fromkeys(run["dataset"] for run in runs if "dataset" in run)
        row = {"name": entry["name"], "kind": entry["kind"], "datasets": list(names)}
        row |= {"runs": len(runs), "table": table if (study / table).is_file() else None}
        rows.append(row)
    return rows


def scale_of(config: Mapping, datasets: Sequence[Mapping], study: Path) -> dict[str, str]:
    """What was run in one line: `data`, `networks`, and the `papers`' own scale next to them.

    study: the study's folder in results.
    """
    data = [
        f"{d['dataset']} ({d['n_train']:,} images of {d['height']} × {d['width']})"
        for d in datasets
        if d["concerns"]
    ]
    return {
        "data": "; ".join(data) or "no images",
        "networks": _networks(config, study),
        "papers": f"{FIRST}; {SECOND}",
    }


def _networks(config: Mapping, study: Path) -> str:
    """`10 pretrained, width 48, 3 or 4 epochs`: those of experiments, and those behind advice."""
    found = {**advice.networks(config, study)} if config.get("advise") else {}
    for path in relations.weights(config):
        *names, run = Path(path).parts[-5:-1]  # data set, model, recipe of pretraining
        found[*names, run] = config["recipes"]["pretraining"][names[-1]]["epochs"]
    if not found:
        return "none trained for experiments" if config.get("tune") else "none trained"
    widths = _either(config["models"][model]["width"] for _, model, _, _ in found)
    return f"{len(found)} pretrained, width {widths}, {_either(found.values())} epochs"


def _either(values: Iterable[int]) -> str:
    return " or ".join(map(str, sorted(set(values))))

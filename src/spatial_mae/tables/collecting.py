"""One tidy table an experiment, from the tables of its runs."""

from collections.abc import Mapping
from pathlib import Path

from spatial_mae.files import Row, read_json
from spatial_mae.study import grid
from spatial_mae.tables.kinds import check_columns
from spatial_mae.tables.reading import read_table


def collect(experiment: Mapping, folder: Path = Path()) -> list[Row]:
    """All rows of all runs of `experiment`, each with its run's keys in front.

    Runs on a data set also get its `height` and `width`, `n_images`, the number of images behind
    their moments, and `pixels`, what its manifest says happened to the pixels, unless the run's
    table says otherwise. `folder` is where `results/` is.
    Raises FileNotFoundError if a run's table is missing, ValueError if it has a column that is not
    declared for the experiment's kind.
    """
    manifests = {
        run["dataset"]: read_json(folder / f"results/data/{run['dataset']}/manifest.json")
        for run in grid.expand(experiment)
        if "dataset" in run
    }
    return [
        {**run, **_origin(run, manifests), **row}
        for run in grid.expand(experiment)
        for row in _run_rows(folder / grid.run_table(experiment, run), experiment["kind"])
    ]


def _run_rows(path: Path, kind: str) -> list[Row]:
    rows = read_table(path, kind)
    check_columns(rows[0] if rows else (), kind, path)
    return rows


def _origin(run: Mapping, manifests: Mapping) -> Row:
    if "dataset" not in run:
        return {}
    manifest = manifests[run["dataset"]]
    n = run.get("n", "all")
    return {
        "height": manifest["height"],
        "width": manifest["width"],
        "n_images": manifest["n_train"] if n == "all" else n,
        "pixels": manifest["pixels"],
    }

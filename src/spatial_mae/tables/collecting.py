"""One tidy table an experiment, from the tables of its runs."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from spatial_mae.files import Row, read_json
from spatial_mae.study import grid, relations
from spatial_mae.study.counts import number_of
from spatial_mae.tables.kinds import check_columns, columns_of
from spatial_mae.tables.reading import read_table


def collect(
    experiment: Mapping,
    folder: Path = Path(),
    controls: Iterable[str | Path] = (),
    normalised: Collection[str] = (),
) -> list[Row]:
    """All rows of all runs of `experiment`, each with its run's keys in front.

    Those of an evaluation are followed by the rows of their controls: of the files in `controls`,
    as `relations.experiment_controls` gives them.

    Runs on a data set also get its `height` and `width`, `n_images`, the number of images behind
    their moments, and `pixels`, what its manifest says happened to the pixels, unless the run's
    table says otherwise; tables of accuracies also `n_classes`, of each row's label. Runs of
    pretrained networks get `normalised_targets`: "yes" for recipes in `normalised`. `folder` is
    where `results/` is.

    Raises FileNotFoundError if a run's table is missing, ValueError if it has a column that is not
    declared for the experiment's kind, or if a control belongs to none of the runs.
    """
    wanted = {Path(path).as_posix() for path in controls}
    runs = [(run, _run_files(experiment, run, wanted)) for run in grid.expand(experiment)]
    if stray := wanted - {path for _, paths in runs for path in paths}:
        raise ValueError(f"{min(stray)}: no control of a run of {experiment['name']!r}")
    manifests = {
        run["dataset"]: read_json(folder / f"results/data/{run['dataset']}/manifest.json")
        for run, _ in runs
        if "dataset" in run
    }
    return [
        {
            **run,
            **_origin(run, manifests, experiment["kind"], row.get("label")),
            **told(run, normalised),
            **row,
        }
        for run, paths in runs
        for path in paths
        for row in _read(folder / path, experiment["kind"])
    ]


def told(run: Mapping, normalised: Collection[str]) -> Row:
    """What the recipe says of a run of a pretrained network, as columns."""
    if "training" not in run:
        return {}
    return {"normalised_targets": "yes" if run["training"] in normalised else "no"}


def _run_files(experiment: Mapping, run: Mapping, controls: Collection[str]) -> list[str]:
    """The run's own table, then those of its controls."""
    known = relations.control_scores(experiment["recipe"], run) if controls else []
    return [grid.run_table(experiment, run), *(path for path in known if path in controls)]


def _read(path: Path, kind: str) -> list[Row]:
    rows = read_table(path, kind)
    check_columns(rows[0] if rows else (), kind, path)
    return rows


def _origin(run: Mapping, manifests: Mapping, kind: str, label: str | None) -> Row:
    if "dataset" not in run:
        return {}
    manifest = manifests[run["dataset"]]
    origin = {
        "height": manifest["height"],
        "width": manifest["width"],
        "n_images": number_of(run.get("n", "all"), manifest["n_train"]),
        "pixels": manifest["pixels"],
    }
    if manifest.get("classes") and "n_classes" in columns_of(kind):
        named = manifest["factors"][label] if label else manifest["classes"]
        origin["n_classes"] = len(set(named))
    return origin

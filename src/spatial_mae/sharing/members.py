"""What an archive of a study's results holds: everything small, nothing that only jobs read."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from spatial_mae.study import advising, grid, jobs, relations
from spatial_mae.study.measurements import RULES

SHOWN = 3


def result_files(config: Mapping, folder: Path) -> list[str]:
    """The files of a finished study to share, relative to `folder`, which holds `results/`; sorted.

    They are the tables of experiments and runs, figures, claims, report, the written config, the
    data sets' manifests, the advice that the study asks for, and where they exist the run records,
    histories of training and controls of probes. Weights, checkpoints, all other arrays, states and
    logs are not among them.

    Raises FileNotFoundError, naming the first ones, if files without which nothing can be drawn,
    judged or reported are missing.
    """
    return _those_of(config, _needed(config), folder)


def quoted_files(config: Mapping, folder: Path) -> list[str]:
    """The files behind what a study says: config, claims, tables, manifests, run records; sorted.

    As `result_files`, but figures, the report and the tables of single runs are not needed.
    """
    written = [f"results/{config['study']}/{name}" for name in ("config.yaml", "claims.json")]
    return _those_of(config, [*written, *_tables(config), *_manifests(config)], folder)


def _those_of(config: Mapping, needed: Sequence[str], folder: Path) -> list[str]:
    if missing := [path for path in needed if not (folder / path).is_file()]:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise FileNotFoundError(
            f"study {config['study']!r} is not finished: {len(missing)} of {len(needed)} files are "
            f"missing, {', '.join(missing[:SHOWN])}{more}; run the study to its report first"
        )
    welcome = [path for path in _welcome(config) if (folder / path).is_file()]
    return sorted({*needed, *welcome})


def _needed(config: Mapping) -> list[str]:
    """What drawing, judging and reporting read, and what they and the collecting write."""
    study = f"results/{config['study']}"
    runs = [path for entry in config["experiments"] for path in grid.run_tables(entry)]
    figures = [p for suffix in ("pdf", "png", "csv") for p in grid.figure_files(config, suffix)]
    written = [f"{study}/{n}" for n in ("config.yaml", "claims.json", "claims.md", "report.html")]
    read = [*_tables(config), *_manifests(config), *advising.files(config)]
    return list(dict.fromkeys([*written, *figures, *read, *runs]))


def _tables(config: Mapping) -> list[str]:
    return [
        f"results/{config['study']}/tables/{entry['name']}.csv" for entry in config["experiments"]
    ]


def _manifests(config: Mapping) -> list[str]:
    return [f"results/data/{name}/manifest.json" for name in relations.used_datasets(config)]


def _welcome(config: Mapping) -> list[str]:
    """Run records, and the small tables that no experiment collects."""
    study_jobs = jobs.study_jobs(config)
    records = [jobs.record_file(job) for job in study_jobs]
    histories = [jobs.history_file(job) for job in study_jobs if RULES[job.rule].trains]
    controls = [jobs.scores_file(job) for job in study_jobs if RULES[job.rule].scores]
    return [*records, *histories, *controls]

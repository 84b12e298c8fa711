"""What an archive of a study's results holds: everything small, nothing that only jobs read."""

from collections.abc import Mapping
from pathlib import Path

from spatial_mae.study import grid, jobs, relations
from spatial_mae.study.measurements import RULES

SHOWN = 3


def result_files(config: Mapping, folder: Path) -> list[str]:
    """The files of a finished study to share, relative to `folder`, which holds `results/`; sorted.

    They are the tables of experiments and runs, figures, claims, report, the written config, the
    data sets' manifests, and where they exist the run records, histories of training and controls
    of probes. Weights, checkpoints, arrays, states and logs are not among them.

    Raises FileNotFoundError, naming the first ones, if files without which nothing can be drawn,
    judged or reported are missing.
    """
    needed = _needed(config)
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
    tables = [f"{study}/tables/{entry['name']}.csv" for entry in config["experiments"]]
    figures = [p for suffix in ("pdf", "png", "csv") for p in grid.figure_files(config, suffix)]
    manifests = [f"results/data/{name}/manifest.json" for name in relations.used_datasets(config)]
    written = [f"{study}/{n}" for n in ("config.yaml", "claims.json", "claims.md", "report.html")]
    return list(dict.fromkeys([*written, *tables, *figures, *manifests, *runs]))


def _welcome(config: Mapping) -> list[str]:
    """Run records, and the small tables that no experiment collects."""
    study_jobs = jobs.study_jobs(config)
    records = [jobs.record_file(job) for job in study_jobs]
    histories = [jobs.history_file(job) for job in study_jobs if RULES[job.rule].trains]
    controls = [jobs.scores_file(job) for job in study_jobs if RULES[job.rule].scores]
    return [*records, *histories, *controls]

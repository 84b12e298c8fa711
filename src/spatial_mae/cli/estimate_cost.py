"""Jobs, hours and storage that a study still needs, estimated from known speeds.

Speeds of training are given (--images-per-second), or measured here (--measure), or else those of
finished runs in the results.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.estimate.costs import costs, runs_left
from spatial_mae.estimate.inputs import ROOT, checked_config, job_seconds, positive
from spatial_mae.estimate.speeds import Speed, given_speeds, recorded_speeds
from spatial_mae.estimate.storage import storage
from spatial_mae.estimate.summary import estimate_lines
from spatial_mae.estimate.workload import Training, advice, search, trainings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--config", type=Path, default=ROOT / "config.yaml", help="the config")
    add(
        "--configfile",
        type=Path,
        nargs="+",
        default=[],
        help="overlays on the config, as in snakemake",
    )
    add("--folder", type=Path, default=Path(), help="folder that holds results/")
    add("--images-per-second", nargs="+", default=[], metavar="RUN=RATE", help="of pretraining")
    add("--measure", type=float, metavar="SECONDS", help="seconds to measure each network")
    add("--device", help="use recorded speeds of devices whose name contains this text")
    add("--job-seconds", nargs="+", default=[], metavar="RULE=SECONDS", help="of other jobs")
    add("--gpus", type=int, help="how many there are, to estimate the wall time")
    add("--time-limit", type=float, metavar="HOURS", help="time limit of a job")
    arguments = parser.parse_args(argv)
    try:
        print("\n".join(estimate(arguments)))
    except (ValueError, FileNotFoundError) as error:
        parser.error(str(error))


def estimate(arguments: argparse.Namespace) -> list[str]:
    for name in ("measure", "gpus", "time_limit"):
        if (value := getattr(arguments, name)) is not None:
            positive(value, f"--{name.replace('_', '-')} {value}")
    config = checked_config(arguments.config, arguments.configfile)
    every = trainings(config, arguments.folder)
    searches = {
        "advise": advice(config, arguments.folder),
        "tune": search(config, arguments.folder),
    }
    apart = {target: training for target, training in searches.items() if training}
    speeds = known_speeds(arguments, [*every, *apart.values()])
    runs = runs_left(every, speeds)
    at_once = (arguments.gpus or 1) * config["devices"]["runs_per_gpu"]
    return estimate_lines(
        config,
        costs(config, arguments.folder, runs, job_seconds(arguments.job_seconds)),
        runs,
        storage(config, arguments.folder, every, at_once),
        arguments.gpus,
        arguments.time_limit,
        dict(zip(apart, runs_left([*apart.values()], speeds), strict=True)),
    )


def known_speeds(arguments: argparse.Namespace, every: Sequence[Training]) -> list[Speed]:
    """Of the three sources, the first that is asked for."""
    if arguments.images_per_second:
        return given_speeds(arguments.images_per_second, [t.network for t in every])
    if arguments.measure is None:
        return recorded_speeds(arguments.folder, arguments.device)
    from spatial_mae.estimate.measuring import measured_speeds  # torch

    return measured_speeds(every, arguments.measure)


if __name__ == "__main__":
    main()

"""One tidy table of an experiment: all its runs, the run's keys in front."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study import grid
from spatial_mae.tables.collecting import collect


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiment", required=True, help="the config's experiment (JSON)")
    parser.add_argument("--controls", nargs="*", default=[], help="scores of its runs' controls")
    parser.add_argument("--table", type=Path, required=True, help="table to write (.csv)")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    experiment = json.loads(arguments.experiment)
    inputs = [*grid.run_tables(experiment), *arguments.controls]
    with run_record(arguments, [Path(path) for path in inputs]):
        write_rows(arguments.table, collect(experiment, controls=arguments.controls))


if __name__ == "__main__":
    main()

"""One tidy table of an experiment: all its runs, the run's keys in front."""

import json
from pathlib import Path

from spatial_mae.entry_point import Namespace, entry_point, paths, values
from spatial_mae.files import write_rows
from spatial_mae.study import grid
from spatial_mae.tables.collecting import collect


@entry_point(
    values(json.loads, experiment="the config's experiment (JSON)"),
    paths(table="table to write (.csv)"),
    inputs=lambda given: [Path(path) for path in grid.run_tables(given.experiment)],
)
def main(given: Namespace) -> None:
    write_rows(given.table, collect(given.experiment))


if __name__ == "__main__":
    main()

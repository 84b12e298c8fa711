"""One tidy table of an experiment: all its runs, the run's keys in front."""

import json
from pathlib import Path

from spatial_mae.entry_point import Namespace, entry_point, flag, paths, values
from spatial_mae.files import write_rows
from spatial_mae.study import grid
from spatial_mae.tables.collecting import collect


@entry_point(
    values(json.loads, experiment="the config's experiment (JSON)"),
    flag("controls", type=Path, nargs="*", default=[], help="scores of controls"),
    flag("normalised", nargs="*", default=[], help="recipes of pretraining on normalised targets"),
    paths(table="table to write (.csv)"),
    inputs=lambda given: [*map(Path, grid.run_tables(given.experiment)), *given.controls],
)
def main(given: Namespace) -> None:
    rows = collect(given.experiment, controls=given.controls, normalised=given.normalised)
    write_rows(given.table, rows)


if __name__ == "__main__":
    main()

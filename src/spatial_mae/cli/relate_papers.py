"""Both papers' quantities of one pretraining run in one table: spatial scale, and level."""

import json
from pathlib import Path

from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, recipe, values
from spatial_mae.files import read_json, write_rows
from spatial_mae.hierarchy.both_papers import BothPapersRecipe, expected_level_rows, measured_rows
from spatial_mae.study import grid
from spatial_mae.study.measurements import RELATED
from spatial_mae.tables.reading import read_table


@entry_point(
    reads(manifest="manifest.json of the data"),
    values(
        str,
        run="the run's slug: patch, unit, mask, depths",
        training="its pretraining recipe as JSON",
    ),
    flag(
        "tables",
        is_input=True,
        type=Path,
        nargs=len(RELATED),
        required=True,
        help=f"the run's tables of the kinds {', '.join(RELATED)}",
    ),
    recipe(BothPapersRecipe),
    paths(relation="csv to write"),
)
def main(given: Namespace) -> None:
    run, manifest = grid.parse(given.run), read_json(given.manifest)
    tables = dict(zip(RELATED, map(read_table, given.tables, RELATED), strict=True))
    measured = measured_rows(tables, run["enc"])
    shape, unit = (manifest["height"], manifest["width"]), run["patch"] * run["unit"]
    sampling = json.loads(given.training)["sampling"]
    levels = expected_level_rows(given.recipe.arities, shape, unit, run["mask"], sampling)
    made = {key: value for key, value in measured[0].items() if key not in levels[0]}
    theory = [{**made, **row, "paper": "kong", "standard_error": None} for row in levels]
    write_rows(given.relation, measured + theory)


if __name__ == "__main__":
    main()

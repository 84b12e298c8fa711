"""Both papers' quantities of one pretraining run in one table: spatial scale, and level."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import read_json, write_rows
from spatial_mae.hierarchy.both_papers import BothPapersRecipe, expected_level_rows, measured_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study import grid
from spatial_mae.study.measurements import RELATED
from spatial_mae.study.recipes import load
from spatial_mae.tables.reading import read_table


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--run", required=True, help="the run's slug: patch, unit, mask, depths")
    parser.add_argument("--training", required=True, help="its pretraining recipe as JSON")
    tables = f"the run's tables of the kinds {', '.join(RELATED)}"
    parser.add_argument("--tables", type=Path, nargs=len(RELATED), required=True, help=tables)
    parser.add_argument("--recipe", required=True, help="BothPapersRecipe as JSON")
    parser.add_argument("--relation", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest, *arguments.tables]):
        recipe = load(BothPapersRecipe, arguments.recipe)
        run, manifest = grid.parse(arguments.run), read_json(arguments.manifest)
        tables = dict(zip(RELATED, map(read_table, arguments.tables, RELATED), strict=True))
        measured = measured_rows(tables, run["enc"])
        shape, unit = (manifest["height"], manifest["width"]), run["patch"] * run["unit"]
        sampling = json.loads(arguments.training)["sampling"]
        levels = expected_level_rows(recipe.arities, shape, unit, run["mask"], sampling)
        made = {key: value for key, value in measured[0].items() if key not in levels[0]}
        theory = [{**made, **row, "paper": "kong", "standard_error": None} for row in levels]
        write_rows(arguments.relation, measured + theory)


if __name__ == "__main__":
    main()

"""Verdicts at each budget of a ladder, how effects change with it, and their figure.

Experiments whose table is not there yet are left out: a ladder that was stopped reports what it
has.
"""

import yaml

from spatial_mae.entry_point import Namespace, entry_point, paths, reads
from spatial_mae.figures.drawing.style import save
from spatial_mae.files import write_json, write_rows, write_text
from spatial_mae.ladder.drawing import draw
from spatial_mae.ladder.trends import judge_rungs, markdown, trends
from spatial_mae.study.ladders import rungs
from spatial_mae.tables.reading import read_tables


@entry_point(
    reads(config="the study's merged config (.yaml), next to the folder of its tables"),
    paths(folder="folder for ladder.csv, .json, .md, .pdf and .png"),
)
def main(given: Namespace) -> None:
    config = yaml.safe_load(given.config.read_text(encoding="utf-8"))
    budgets, there = rungs(config), []
    for entry in config["experiments"]:
        path = given.config.parent / "tables" / f"{entry['name']}.csv"
        if path.is_file():
            there.append((entry["kind"], path))
        else:
            print(f"{path}: not there yet, left out")
    rows = judge_rungs(read_tables(there), budgets)
    lines = trends(rows)
    figure = draw(rows, lines)
    write_rows(given.folder / "ladder.csv", rows)
    write_json(given.folder / "ladder.json", lines)
    write_text(given.folder / "ladder.md", markdown(lines))
    save(figure, given.folder / "ladder.pdf", given.folder / "ladder.png")
    print(markdown(lines))


if __name__ == "__main__":
    main()

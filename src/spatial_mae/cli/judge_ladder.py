"""Verdicts at each budget of a ladder, how effects change with it, and their figure.

Experiments whose table is not there yet are left out: a ladder that was stopped reports what it
has.
"""

from pathlib import Path

from spatial_mae.entry_point import Namespace, entry_point, flag, paths
from spatial_mae.figures.drawing.style import save
from spatial_mae.files import write_json, write_rows, write_text
from spatial_mae.ladder.drawing import draw
from spatial_mae.ladder.parts import judge_parts
from spatial_mae.ladder.trends import markdown
from spatial_mae.sharing.keeping import Archive


@entry_point(
    flag(
        "studies",
        nargs="+",
        type=Path,
        required=True,
        help="folders of a study each, with config.yaml and tables/: results/STUDY, or a kept one",
    ),
    paths(folder="folder for ladder.csv, .json, .md, .pdf and .png"),
    inputs=lambda given: [Archive(study).folder / "config.yaml" for study in given.studies],
)
def main(given: Namespace) -> None:
    rows, lines, missing = judge_parts(given.studies)
    for path in missing:
        print(f"{path}: not there yet, left out")
    figure = draw(rows, lines)
    write_rows(given.folder / "ladder.csv", rows)
    write_json(given.folder / "ladder.json", lines)
    write_text(given.folder / "ladder.md", markdown(lines))
    save(figure, given.folder / "ladder.pdf", given.folder / "ladder.png")
    print(markdown(lines))


if __name__ == "__main__":
    main()

"""Verdicts and networks at each budget of a ladder, how effects change with it, and figures.

Experiments whose table is not there yet are left out: a ladder that was stopped reports what it
has.
"""

from pathlib import Path

from spatial_mae.entry_point import Namespace, entry_point, flag, paths
from spatial_mae.figures.drawing.style import save
from spatial_mae.files import write_json, write_rows, write_text
from spatial_mae.ladder.costs import draw_costs
from spatial_mae.ladder.curves import draw_measures
from spatial_mae.ladder.drawing import any_estimate, draw
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
    found = judge_parts(given.studies)
    for path in found.missing:
        print(f"{path}: not there yet, left out")
    if not (found.networks or any_estimate(found.verdicts)):
        raise ValueError("no statement has an estimate: train a rung with two seeds or more")
    figures = {
        "ladder": draw(found.verdicts, found.lines),
        "ladder_networks": draw_measures(found.networks),
        "ladder_costs": draw_costs(found.networks),
    }
    write_rows(given.folder / "ladder.csv", found.verdicts)
    write_json(given.folder / "ladder_networks.json", found.networks)
    write_json(given.folder / "ladder.json", found.lines)
    write_text(given.folder / "ladder.md", markdown(found.lines))
    for name, figure in figures.items():
        save(figure, given.folder / f"{name}.pdf", given.folder / f"{name}.png")
    print(markdown(found.lines))


if __name__ == "__main__":
    main()

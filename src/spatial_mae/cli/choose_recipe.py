"""The recipe that a search found: the verdict on it, its numbers, its figure, a block to paste."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from spatial_mae.advise.rungs import edited
from spatial_mae.advise.scores import read_baselines
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads
from spatial_mae.figures.drawing.style import save
from spatial_mae.files import read_json, read_rows, write_json, write_rows, write_text
from spatial_mae.study.candidates import BASE, candidates, validated
from spatial_mae.study.tuning import winner
from spatial_mae.tuning.drawing import draw
from spatial_mae.tuning.halving import read_candidates
from spatial_mae.tuning.verdict import Search, judge
from spatial_mae.tuning.writing import VALIDATION, markdown, recipe_block

PIXELS = "raw pixels"


@entry_point(
    reads(config="the study's merged config (.yaml)"),
    flag("rungs", is_input=True, type=Path, nargs="+", required=True, help="json of each rung"),
    flag("tables", is_input=True, type=Path, nargs="+", required=True, help="csv of each rung"),
    flag("test", is_input=True, type=Path, nargs="+", required=True, help="scores on test images"),
    flag("baselines", is_input=True, type=Path, nargs="*", default=[], help="csv of probe_pixels"),
    paths(
        json="json to write",
        table="csv to write",
        markdown="md to write",
        recipe="yaml to write",
        pdf="pdf to write",
        png="png to write",
    ),
)
def main(given: Namespace) -> None:
    config = yaml.safe_load(given.config.read_text(encoding="utf-8"))
    search = gather(given, config)
    found = judge(search)
    figure = draw(search, found)
    write_rows(given.table, search.rows)
    write_text(given.recipe, recipe_block(config, found["values"], found["sentence"]))
    write_text(given.markdown, markdown(search, found))
    save(figure, given.pdf, given.png)
    write_json(given.json, found)
    print(found["sentence"])


def gather(given: Namespace, config: Mapping) -> Search:
    known = candidates(config)
    contents = {path.stem: read_json(path) for path in given.rungs}
    of = {validated(name): name for name in known}
    return Search(
        {path.stem: read_rows(path) for path in given.tables},
        read_candidates(given.test, VALIDATION, known, of),
        known,
        BASE,
        winner(config, [*contents.values()][-1]),
        read_baselines(given.baselines).get(PIXELS),
        edited(contents),
    )


if __name__ == "__main__":
    main()

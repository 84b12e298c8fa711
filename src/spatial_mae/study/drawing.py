"""Which figures a study's experiments are drawn in, and what would be empty."""

import json
from collections.abc import Iterator, Mapping

from spatial_mae.study import grid
from spatial_mae.study.checking import nearest
from spatial_mae.study.measurements import FIGURES, KINDS


def unfit_figures(config: Mapping) -> Iterator[str]:
    """Figures that are not known, read another kind of table, or are named by two experiments."""
    drawn: dict[str, str] = {}
    for entry in config["experiments"]:
        kind = entry["kind"]
        for figure in grid.figures_of(entry):
            module = grid.drawing(figure)
            if module not in FIGURES:
                yield (
                    f"experiment {entry['name']!r} names no figure: {figure!r}; "
                    f"{nearest(module, FIGURES)}"
                )
            elif FIGURES[module] != kind:
                yield (
                    f"figure {figure!r} reads tables of kind {FIGURES[module]!r}, and experiment "
                    f"{entry['name']!r} is of kind {kind!r}; its figures: {_possible(kind)}"
                )
            if figure in drawn:
                yield _twice(figure, drawn[figure], entry["name"])
            drawn[figure] = entry["name"]


def empty(config: Mapping) -> Iterator[str]:
    """Experiments and figures that show nothing, as their recipe leaves out what they need."""
    for entry in config["experiments"]:
        kind = KINDS[entry["kind"]]
        recipe = config["recipes"].get(kind.recipe, {}).get(entry["recipe"], {})
        missing = [("the experiment", key) for key in kind.needs]
        modules = {grid.drawing(figure): figure for figure in grid.figures_of(entry)}
        missing += [
            (f"figure {modules[name]!r}", key)
            for name, key in kind.drawn_with.items()
            if name in modules
        ]
        for what, key in missing:
            if not recipe.get(key):
                yield (
                    f"experiment {entry['name']!r}: recipe {entry['recipe']!r} of {kind.recipe} "
                    f"has {key}: {json.dumps(recipe.get(key))}, so {what} would be empty; set "
                    f"`{key}`, or leave {what} out"
                )


def _possible(kind: str) -> str:
    return ", ".join((*KINDS[kind].figures, *KINDS[kind].also)) or "none"


def _twice(figure: str, first: str, second: str) -> str:
    return (
        f"figure {figure!r} is drawn from two experiments, {first!r} and {second!r}: give one of "
        f"them other `figures:` ([] for none), or name one `{figure}-{second}`"
    )

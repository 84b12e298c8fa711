"""The pictures of docs, drawn from kept tables by the figures' own functions.

In the list a picture has the name of its `figure` and its `tables`, `study/experiment`; or, of a
search for a recipe, the folder `search` with what `choose_recipe` wrote; or, of a ladder, the
studies `ladder` that are its parts, with what it `shows`: `effects`, `networks` or `costs`.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.catalogue import load_figure
from spatial_mae.figures.drawing.style import save
from spatial_mae.files import Row, atomic_path
from spatial_mae.ladder.costs import draw_costs
from spatial_mae.ladder.curves import draw_measures
from spatial_mae.ladder.drawing import draw as draw_ladder
from spatial_mae.ladder.parts import judge_parts
from spatial_mae.report.pictures import shrunk
from spatial_mae.sharing.keeping import Archive
from spatial_mae.tuning.drawing import draw
from spatial_mae.tuning.verdict import judge
from spatial_mae.tuning.writing import read_search

LIST = "pictures.yaml"
LADDER = {  # what a picture of a ladder shows -> how it is drawn
    "effects": lambda found: draw_ladder(found.verdicts, found.lines),
    "networks": lambda found: draw_measures(found.networks),
    "costs": lambda found: draw_costs(found.networks),
}
WIDEST = 1000  # pixels


def read_list(archives: Path) -> dict[str, dict]:
    """Picture -> what it is drawn from."""
    return yaml.safe_load((archives / LIST).read_text(encoding="utf-8"))


def redraw(archives: Path, images: Path, only: Sequence[str] = ()) -> list[Path]:
    """Draw the pictures of the list into the folder `images`; only: these, by name.

    Raises ValueError or FileNotFoundError for a figure or table that is not there.
    """
    studies: dict[str, Archive] = {}
    wanted = read_list(archives)
    return [
        _save(images / f"{name}.png", _drawn(entry, archives, studies))
        for name, entry in wanted.items()
        if not only or name in only
    ]


def _drawn(entry: Mapping, archives: Path, studies: dict[str, Archive]) -> Figure:
    if "search" in entry:
        search = read_search(archives / entry["search"])
        return draw(search, judge(search))
    if "ladder" in entry:
        if entry["shows"] not in LADDER:
            raise ValueError(
                f"{archives / LIST}: a ladder that shows {entry['shows']!r} is unknown; allowed: "
                f"{', '.join(LADDER)}"
            )
        return LADDER[entry["shows"]](judge_parts([archives / study for study in entry["ladder"]]))
    figure = load_figure(entry["figure"])
    return figure.draw(figure.select(list(_rows(entry, archives, studies))))


def _rows(entry: Mapping, archives: Path, studies: dict[str, Archive]) -> Iterator[Row]:
    """The rows of all tables, `study/experiment`, of a picture."""
    for place in entry["tables"]:
        study, _, experiment = place.partition("/")
        archive = studies.setdefault(study, Archive(archives / study))
        yield from archive.table(experiment)


def _save(path: Path, figure: Figure) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.png"
        save(figure, full.with_suffix(".pdf"), full)
        content, _ = shrunk(full, WIDEST, rare=True)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    return path

"""The figures of a report: small pictures, captions, links, and what they show in words."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from spatial_mae.claims.verdict import DECIDED
from spatial_mae.figures.drawing.catalogue import describe, in_paper
from spatial_mae.papers.cited import PAPERS, papers_in
from spatial_mae.report.content import OVERLAY
from spatial_mae.report.pictures import THUMBNAIL, embed
from spatial_mae.report.wording import SHORTEST, brief, split_first
from spatial_mae.tables.reading import read_plotted

SPOKEN_CLAIMS, SPOKEN_COLUMNS = 2, 4
BARS = ("low", "high")  # the ends of a bar or band around a value


def read_figure(name: str, folder: Path, study: str, config_path: Path) -> dict:
    """One figure: title, caption, small picture, files (relative to the report), redraw command.

    Raises FileNotFoundError if its png or csv is missing, ValueError if no figure has that name.
    """
    title, caption = describe(name)
    png, csv = folder / f"{name}.png", folder / f"{name}.csv"
    target = f"results/{study}/figures/{name}.pdf"
    for path in (png, csv):
        if not path.is_file():
            raise FileNotFoundError(f"no {path}; run `snakemake --cores 1 {target}` first{OVERLAY}")
    rows = read_plotted(csv)
    first, *others = caption.split("\n\n")
    line, rest = split_first(first, SHORTEST)
    return {
        "name": name,
        "title": title,
        "line": line,
        "rest": [text for text in (rest, *others) if text],
        "in_paper": in_paper(name),
        "papers": papers_in(in_paper(name)),
        "path": png,
        "picture": embed(png, THUMBNAIL),
        "files": {suffix: f"figures/{name}.{suffix}" for suffix in ("png", "pdf", "csv")},
        "ranges": ranges(rows),
        "n_rows": len(rows),
        "command": f"snakemake --cores 1 --force {target} --configfile "
        + shlex.quote(str(config_path)),
    }


def ranges(rows: Sequence[Mapping]) -> str:
    """`m 0.1 to 0.9, loss 0.2 to 3`: the last numeric columns of a table that vary."""
    spoken = []
    for column in [name for name in (rows[0] if rows else ()) if name not in BARS]:
        values = [row[column] for row in rows if row[column] is not None]
        if values and all(isinstance(v, int | float) for v in values) and min(values) < max(values):
            low, high = brief(min(values)), brief(max(values))
            spoken.append(f"{column.replace('_', ' ')} {low} to {high}")
    return ", ".join(spoken[-SPOKEN_COLUMNS:])


def speak(figure: Mapping, claims: Sequence[Mapping]) -> dict:
    """The figure with `judged`, the claims that rest on it, `message`, the first decided one (or
    None), and `alt`: what it shows in words.

    That is what was judged by it; where nothing was, its caption's start and the plotted ranges.
    """
    judged = [claim for claim in claims if claim["drawn"] == figure["name"]]
    decided = [claim for claim in judged if claim["verdict"] in DECIDED and claim["sentence"]]
    said = [
        f"“{claim['quote']}” {claim['words']}: {claim['sentence']}"
        for claim in decided[:SPOKEN_CLAIMS]
    ]
    plotted = [f"Plotted: {figure['ranges']}."] if figure["ranges"] else []
    words = said or [figure["line"], *plotted]
    alt = " ".join([f"{figure['title']}.", *words])
    return {**figure, "judged": judged, "message": next(iter(decided), None), "alt": alt}


def by_paper(figures: Sequence[Mapping]) -> list[dict]:
    """Groups of figures with a title and a key: each paper's own, both papers', the project's."""
    wanted = [([paper], paper.key, f"{paper.name}") for paper in PAPERS]
    wanted += [(list(PAPERS), "both", "Both papers"), ([], "own", "In neither paper")]
    groups = [
        {"key": key, "title": title, "figures": [f for f in figures if f["papers"] == papers]}
        for papers, key, title in wanted
    ]
    return [group for group in groups if group["figures"]]

"""The content of a report: data sets, figures and claims, read from a study's results."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from spatial_mae.claims.verdict import DECIDED, FINDING, VERDICTS, in_words
from spatial_mae.figures.drawing.catalogue import describe
from spatial_mae.files import check, read_json
from spatial_mae.papers.statements import SOURCES
from spatial_mae.study import relations
from spatial_mae.tables.reading import read_plotted

SHOWN_ROWS = 8
OVERLAY = ", with the `--configfile` of the study, if it has one"


def read_config(path: Path) -> tuple[dict, str]:
    """The merged config of the study, parsed and verbatim."""
    text = path.read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    if not isinstance(config, dict):
        raise ValueError(f"{path} holds no config: expected a mapping, got {type(config).__name__}")
    return config, text


def read_datasets(config: Mapping, records_root: Path) -> list[dict]:
    """The manifests of the data sets that the study reads, in the config's order."""
    manifests = []
    for name in relations.used_datasets(config):
        path = records_root / "data" / name / "manifest.json"
        if not path.is_file():
            raise FileNotFoundError(f"no {path}; run `snakemake --cores all data` first{OVERLAY}")
        manifests.append(read_json(path))
    return manifests


def read_figure(name: str, folder: Path, study: str, config_path: Path) -> dict:
    """A figure with its picture (base64), caption, first plotted rows and the command to redraw it.

    Raises FileNotFoundError if its png or csv is missing, ValueError if no figure has that name.
    """
    title, caption = describe(name)
    png, csv = folder / f"{name}.png", folder / f"{name}.csv"
    target = f"results/{study}/figures/{name}.pdf"
    for path in (png, csv):
        if not path.is_file():
            raise FileNotFoundError(f"no {path}; run `snakemake --cores 1 {target}` first{OVERLAY}")
    check(png)
    rows = read_plotted(csv)
    return {
        "name": name,
        "title": title,
        "caption": caption.split("\n\n"),
        "picture": base64.b64encode(png.read_bytes()).decode("ascii"),
        "csv": f"results/{study}/figures/{name}.csv",
        "pdf": f"figures/{name}.pdf",
        "columns": list(rows[0]) if rows else [],
        "rows": [list(row.values()) for row in rows[:SHOWN_ROWS]],
        "n_rows": len(rows),
        "command": f"snakemake --cores 1 --force {target} --configfile {config_path}",
    }


def read_claims(path: Path) -> list[dict]:
    """The judged claims, decided ones first, each with its sign, words and paper."""
    claims = read_json(path)
    for claim in claims:
        if claim["verdict"] not in VERDICTS:
            known = ", ".join(VERDICTS)
            raise ValueError(
                f"{path}: verdict {claim['verdict']!r} of {claim['id']}; known: {known}"
            )
        claim["sign"] = VERDICTS[claim["verdict"]][0]
        claim["words"] = in_words(claim["verdict"], claim["scale"])
        claim["paper"] = SOURCES.get(claim["source"], claim["source"])
    return sorted(claims, key=_order)


def _order(claim: Mapping) -> tuple:
    """Findings before settings, decided ones first, then by how far they are from a decision."""
    verdict = claim["verdict"]
    rank = 0 if verdict in DECIDED else list(VERDICTS).index(verdict)
    return (claim["role"] != FINDING, rank)


def count_verdicts(claims: Sequence[Mapping]) -> list[dict]:
    """Verdict, sign, words and number of findings, in the order of the page."""
    counts = Counter(claim["verdict"] for claim in claims if claim["role"] == FINDING)
    return [
        {"verdict": verdict, "sign": sign, "words": words, "count": counts[verdict]}
        for verdict, (sign, words, _) in VERDICTS.items()
    ]

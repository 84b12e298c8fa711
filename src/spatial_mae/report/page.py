"""The report as a page: everything inlined, so that one file can be mailed and opened anywhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from spatial_mae.report.content import (
    count_verdicts,
    read_claims,
    read_config,
    read_datasets,
    read_figure,
)
from spatial_mae.report.jobs import by_rule, provenance, read_records

FOLDER = Path(__file__).resolve().parent


def compose(
    study: str,
    config_path: Path,
    figures: Path,
    figure_names: Sequence[str],
    claims_path: Path,
    records_root: Path,
    own_record: Mapping,
) -> str:
    """The report of a study as HTML text.

    figures: folder with {name}.png and {name}.csv of each of `figure_names`.
    records_root: folder that holds data sets and run records.
    own_record: the run record of the writing itself (commit, versions, host).

    Raises FileNotFoundError or ValueError if something named is missing or malformed.
    """
    config, config_text = read_config(config_path)
    claims = read_claims(claims_path)
    records = read_records(records_root, study)
    return render(
        study=study,
        config_path=str(config_path),
        config_text=config_text,
        datasets=read_datasets(config, records_root),
        figures=[read_figure(name, figures, study, config_path) for name in figure_names],
        claims=claims,
        counts=count_verdicts(claims),
        jobs=by_rule(records),
        provenance=provenance(records, own_record),
    )


def render(**content: object) -> str:
    """Fill the template; text is escaped, missing content is an error."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"brief": brief, "duration": duration, "mebibytes": mebibytes}
    return environment.get_template("page.html").render(**content)


def brief(value: object) -> str:
    """A cell's text: numbers to four digits, whole numbers in groups of three, nothing for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def duration(seconds: float) -> str:
    """12.3 s, 4 min 5 s, 2 h 10 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def mebibytes(n_bytes: float) -> str:
    return f"{n_bytes / 2**20:,.0f} MiB"

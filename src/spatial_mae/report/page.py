"""The report as a page: one file with small pictures, that links to what is next to it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from spatial_mae.report import content, wording
from spatial_mae.report.advice import how_to_ask, read_advice
from spatial_mae.report.claims import count_groups, read_claims
from spatial_mae.report.figures import by_paper, read_figure, speak
from spatial_mae.report.findings import RULE, summaries
from spatial_mae.report.jobs import by_rule, provenance, read_records
from spatial_mae.report.learned import learned, probe_tables

FOLDER = Path(__file__).resolve().parent / "template"
FILTERS = (wording.brief, wording.capital, wording.duration, wording.mebibytes)


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
    config, config_text = content.read_config(config_path)
    claims = read_claims(claims_path, figure_names)
    records = read_records(records_root, config)
    datasets = content.read_datasets(config, records_root)
    drawn = [read_figure(name, figures, study, config_path) for name in figure_names]
    drawn = [speak(figure, claims) for figure in drawn]
    experiments = content.read_experiments(config, config_path.parent)
    return render(
        study=study,
        config_path=str(config_path),
        config_text=config_text,
        advice=read_advice(config, config_path.parent),
        asking=how_to_ask(config),
        scale=content.scale_of(config, datasets, config_path.parent),
        summaries=summaries(claims, drawn),
        rule=RULE,
        cautions=content.warnings(datasets, concerning=True),
        remarks=content.warnings(datasets, concerning=False),
        datasets=datasets,
        experiments=experiments,
        learned=learned(probe_tables(experiments, config_path.parent)),
        groups=by_paper(drawn),
        claims=claims,
        counts=count_groups(claims),
        jobs=by_rule(records),
        provenance=provenance(records, own_record),
    )


def render(**shown: object) -> str:
    """Fill the template."""
    found = templates(FOLDER)
    found.filters |= {function.__name__: function for function in FILTERS}
    return found.get_template("page.html").render(**shown)


def templates(folder: Path) -> Environment:
    """The templates of a folder; text is escaped, missing content is an error."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

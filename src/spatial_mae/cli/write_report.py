"""The report of a study: one self-contained page that opens from disk."""

from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, values
from spatial_mae.files import write_text
from spatial_mae.report.page import compose


@entry_point(
    values(str, study="name of the study"),
    reads(config="its merged config (.yaml)"),
    paths(figures="folder of png and csv"),
    flag("figure_names", nargs="*", default=[], help="figures, in page order"),
    reads(claims="judged claims (.json)"),
    paths(records_root="folder of run records and data sets", report="page to write (.html)"),
)
def main(given: Namespace) -> None:
    page = compose(
        given.study,
        given.config,
        given.figures,
        given.figure_names,
        given.claims,
        given.records_root,
        given.notes,
    )
    write_text(given.report, page)


if __name__ == "__main__":
    main()

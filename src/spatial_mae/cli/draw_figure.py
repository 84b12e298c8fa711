"""One figure of a study, drawn from its experiment's table: pdf, png, and the plotted numbers."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.figures.drawing.catalogue import load_figure
from spatial_mae.figures.drawing.style import save
from spatial_mae.files import write_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.tables.reading import read_table


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figure", required=True, help="name of a module in spatial_mae.figures")
    parser.add_argument("--table", type=Path, required=True, help="the experiment's table (.csv)")
    parser.add_argument("--pdf", type=Path, required=True, help="figure to write")
    parser.add_argument("--png", type=Path, required=True, help="the same as a bitmap")
    parser.add_argument("--csv", type=Path, required=True, help="the plotted numbers")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    figure = load_figure(arguments.figure)
    with run_record(arguments, [arguments.table]):
        rows = figure.select(read_table(arguments.table, figure.KIND))
        save(figure.draw(rows), arguments.pdf, arguments.png)
        write_rows(arguments.csv, rows)


if __name__ == "__main__":
    main()

"""One figure of a study, drawn from its experiment's table: pdf, png, and the plotted numbers."""

from spatial_mae.entry_point import Namespace, entry_point, paths, reads, values
from spatial_mae.figures.drawing.catalogue import load_figure
from spatial_mae.figures.drawing.style import save
from spatial_mae.files import write_rows
from spatial_mae.tables.reading import read_table


@entry_point(
    values(str, figure="name of a module in spatial_mae.figures"),
    reads(table="the experiment's table (.csv)"),
    paths(pdf="figure to write", png="the same as a bitmap", csv="the plotted numbers"),
)
def main(given: Namespace) -> None:
    figure = load_figure(given.figure)
    rows = figure.select(read_table(given.table, figure.KIND))
    save(figure.draw(rows), given.pdf, given.png)
    write_rows(given.csv, rows)


if __name__ == "__main__":
    main()

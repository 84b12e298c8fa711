"""The look of all figures: sizes, fonts, palettes, panel titles, legends, and how one is saved."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from spatial_mae.figures.drawing.lettering import FONT, make_legible
from spatial_mae.figures.drawing.notes import number
from spatial_mae.files import atomic_path, sealed_path
from spatial_mae.tables.rows import spread

COLUMN, FULL = 3.4, 7.0  # widths in inches of one and of two journal columns
NOTE_SIZE = 5.5
NOTE_LINE = 0.105  # inches
NOTE_DENSITY = 21  # characters of the note an inch
ENTRY_WIDTH, LETTER_WIDTH = 0.3, 0.052  # inches of a legend entry without and per letter

# A module and not an .mplstyle file: the code's fingerprint then sees a change of the look.
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": [FONT],  # comes with Matplotlib: the same page on every machine
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "legend.fontsize": 6,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.2,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "lines.linewidth": 1.0,
    "lines.markersize": 2.5,
    "image.interpolation": "nearest",
    "mathtext.fontset": "dejavusans",
    "pdf.fonttype": 42,
    "savefig.dpi": 220,
    "axes.formatter.useoffset": False,
}

# Okabe & Ito's palette for categories, without its yellow, which vanishes on white.
CATEGORIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
BLACK, GREY = "#000000", "#666666"
DASHES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
Z95 = 1.96  # standard errors on either side of a 95 % interval


def styled(draw: Callable[[list], Figure]) -> Callable[[list], Figure]:
    """Run `draw` under the project's style, fix the layout, leave the caller's settings alone."""

    @wraps(draw)
    def drawn(rows: list) -> Figure:
        with matplotlib.rc_context(STYLE):
            figure = draw(rows)
            make_legible(figure, NOTE_LINE)
            return fix_layout(figure)

    return drawn


def fix_layout(figure: Figure) -> Figure:
    """Compute the layout once and round the axes' places.

    The constraint solver's last digits vary from run to run; a redraw must give equal bytes.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axis in figure.axes:
        axis.set_position(np.round(axis.get_position(original=True).bounds, 5))
    return figure


def panels(
    n_rows: int, n_columns: int, note: Sequence[str], height: float = 1.7, **kw: object
) -> tuple[Figure, np.ndarray]:
    """A figure of `n_rows` x `n_columns` axes, each row `height` inches, with a note below.

    A single column of axes makes a figure of one journal column, more make one of two.

    Returns the figure and its axes, ndarray of shape (n_rows, n_columns). Further keywords go to
    `Figure.subplots`.
    """
    width = FULL if n_columns > 1 else COLUMN
    note = [part for text in note for part in textwrap.wrap(text, round(NOTE_DENSITY * width))]
    below = NOTE_LINE * len(note) + 0.05
    total = n_rows * height + 0.35 + below
    figure = Figure(figsize=(width, total), layout="constrained")
    figure.get_layout_engine().set(rect=(0, below / total, 1, 1 - below / total), w_pad=0.05)
    figure.text(0.01, 0.03 / total, "\n".join(note), size=NOTE_SIZE, color=GREY, va="bottom")
    return figure, figure.subplots(n_rows, n_columns, squeeze=False, **kw)


def wrapped(
    count: int, across: int, note: Sequence[str], height: float = 1.7
) -> tuple[Figure, list[Axes]]:
    """A figure of `count` axes, at most `across` in a row; its axes, in order."""
    columns = min(count, across)
    figure, axes = panels(-(-count // columns), columns, note, height)
    for axis in axes.flat[count:]:
        axis.set_visible(False)
    return figure, list(axes.flat[:count])


def title(axis: Axes, text: str = "", index: int | None = None) -> None:
    """Letter a panel and say what it shows. index: its number, by default its place in the grid."""
    index = axis.get_subplotspec().num1 if index is None else index
    axis.set_title(rf"$\bf{{{chr(ord('a') + index % 26)}}}$  {text}".rstrip())


def ordered(values: Sequence, palette: str = "viridis") -> dict[object, tuple]:
    """A colour for each of several ordered values: a palette, short of its pale end."""
    shades = np.linspace(0, 0.82, max(len(values), 2))
    return {
        v: matplotlib.colormaps[palette](shade) for v, shade in zip(values, shades, strict=False)
    }


def categories(values: Sequence) -> dict[object, str]:
    """A colour for each of several unordered values; the palette starts again when it ends."""
    return {value: CATEGORIES[index % len(CATEGORIES)] for index, value in enumerate(values)}


def line(axis: Axes, rows: Sequence[Mapping], x: str, y: str, **look: object) -> None:
    """Draw column `y` against column `x`, in the order of x; empty cells are left out."""
    points = sorted((row[x], row[y]) for row in rows if row[x] is not None and row[y] is not None)
    if points:
        axis.plot(*zip(*points, strict=True), **look)


def bars(axis: Axes, rows: Sequence[Mapping], x: str, y: str, color: object) -> None:
    """95 % intervals of column `y` from its standard errors, `{y}_se`, where rows have any."""
    for row in rows:
        if row[y] is not None and (error := row.get(f"{y}_se")):
            low, high = row[y] - Z95 * error, row[y] + Z95 * error
            axis.vlines(row[x], low, high, color=color, linewidth=0.8)


def log_x(axis: Axes, values: Sequence[float]) -> None:
    """A logarithmic axis whose ticks are (some of) the plotted values themselves."""
    axis.set_xscale("log")
    if len(set(values)) == 1:
        axis.set_xlim(values[0] / 2, values[0] * 2)
    ticks = spread(sorted(set(values)), 5)
    axis.set_xticks(ticks, [number(value) for value in ticks])
    axis.xaxis.set_minor_locator(NullLocator())


def log_y(axis: Axes) -> None:
    """A logarithmic axis labelled in plain numbers where it spans less than two decades."""
    axis.set_yscale("log")
    low, high = axis.get_ylim()
    if high < 100 * low:
        axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_formatter(NullFormatter())


def legend(figure: Figure, looks: Mapping[str, Mapping]) -> None:
    """One legend above all panels, in as few lines as fit: a label and its line's look."""
    handles = [Line2D([], [], label=label, **look) for label, look in looks.items()]
    ncols = _columns([len(label) for label in looks], figure.get_figwidth())
    figure.legend(handles=handles, loc="outside upper center", ncols=ncols)


def _columns(lengths: Sequence[int], width: float) -> int:
    """Columns of a legend in as few lines as fit into `width` inches, from its labels' lengths."""
    for lines in range(1, len(lengths)):
        columns = -(-len(lengths) // lines)
        widest = [max(column) for column in np.array_split(lengths, columns)]
        if sum(ENTRY_WIDTH + LETTER_WIDTH * letters for letters in widest) <= width:
            return columns
    return 1


def heat_map(figure: Figure, axis: Axes, values: np.ndarray, **look: object) -> None:
    """A matrix or map as an image with its colour bar."""
    image = axis.imshow(values, **look)
    bar = figure.colorbar(image, ax=axis, fraction=0.05, pad=0.03)
    bar.outline.set_linewidth(0.4)
    axis.spines[:].set_visible(True)


def grid_of(rows: Sequence[Mapping], row: str, column: str, value: str) -> np.ndarray:
    """The column `value` as a matrix over the ascending values of two other columns."""
    rows_at = {v: i for i, v in enumerate(sorted({r[row] for r in rows}))}
    columns_at = {v: i for i, v in enumerate(sorted({r[column] for r in rows}))}
    matrix = np.full((len(rows_at), len(columns_at)), np.nan)
    for r in rows:
        matrix[rows_at[r[row]], columns_at[r[column]]] = r[value]
    return matrix


def save(figure: Figure, pdf: Path, png: Path) -> None:
    """Write both files, whole or not at all, with no date inside: a redraw gives equal bytes.

    The canvases print directly: `savefig` would draw each file twice.
    """
    with matplotlib.rc_context(STYLE):
        with atomic_path(pdf) as temporary:
            FigureCanvasPdf(figure).print_pdf(temporary, metadata={"CreationDate": None})
        figure.set_dpi(matplotlib.rcParams["savefig.dpi"])
        with sealed_path(png) as temporary:
            FigureCanvasAgg(figure).print_png(temporary, metadata={"Software": None})

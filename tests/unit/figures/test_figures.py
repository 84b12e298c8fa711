"""What every figure of the folder must keep to, on a small table of its kind."""

import io
import subprocess
import sys
from functools import cache

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.collections import LineCollection, PolyCollection

from spatial_mae.figures.drawing.catalogue import describe, figure_names, load_figure
from spatial_mae.figures.drawing.style import panels
from spatial_mae.files import read_rows, write_rows
from spatial_mae.study.measurements import FIGURES as CARDS
from spatial_mae.study.measurements import KINDS

FIGURES = figure_names()


@pytest.fixture(scope="module")
def drawn(sample):
    """A function from a figure's name to its rows and its drawing, made once for all tests."""

    @cache
    def of(name):
        module = load_figure(name)
        rows = module.select(sample(module.KIND))
        return rows, module.draw(rows)

    return of


def pdf_bytes(figure) -> bytes:
    buffer = io.BytesIO()
    FigureCanvasPdf(figure).print_pdf(buffer, metadata={"CreationDate": None})
    return buffer.getvalue()


def plotted(figure) -> set[float]:
    """Every finite number that a curve with more than two points or an image shows."""
    curves = [line.get_ydata() for axis in figure.axes for line in axis.lines]
    images = [image.get_array() for axis in figure.axes for image in axis.images]
    arrays = [np.asarray(values, float) for values in curves if len(values) > 2]
    arrays += [np.ma.filled(np.ma.asarray(image, float), np.nan).ravel() for image in images]
    return {value for array in arrays for value in array.tolist() if np.isfinite(value)}


@pytest.mark.parametrize("name", FIGURES)
def test_has_title_caption_and_a_known_kind(name):
    title, caption = describe(name)
    assert title and len(title) < 100
    assert len(caption) > 200
    assert load_figure(name).KIND in KINDS


@pytest.mark.parametrize("name", FIGURES)
def test_csv_alone_gives_the_same_figure(name, drawn, tmp_path):
    rows, first = drawn(name)
    write_rows(tmp_path / "plotted.csv", rows)
    again = load_figure(name).draw(read_rows(tmp_path / "plotted.csv"))
    assert pdf_bytes(first) == pdf_bytes(again)


@pytest.mark.parametrize("name", FIGURES)
def test_every_plotted_number_stands_in_the_csv(name, drawn):
    rows, figure = drawn(name)
    numbers = {float(v) for row in rows for v in row.values() if isinstance(v, int | float)}
    shown = plotted(figure)
    assert shown
    assert shown <= numbers


@pytest.mark.parametrize("name", FIGURES)
def test_says_n_and_pixels_where_images_are_behind_it(name, drawn):
    rows, figure = drawn(name)
    small_print = " ".join(text.get_text() for text in figure.texts)
    if "dataset" in rows[0]:
        assert "n = " in small_print
        assert "pixels: lossless" in small_print


@pytest.mark.parametrize("name", FIGURES)
def test_a_missing_column_is_named_or_not_needed(name, sample):
    module = load_figure(name)
    table = sample(module.KIND)
    needed = 0
    for column in table[0]:
        narrow = [{k: v for k, v in row.items() if k != column} for row in table]
        try:
            module.select(narrow)
        except ValueError as error:
            needed += 1
            assert repr(column) in str(error)
            assert "config" in str(error)
    assert needed >= 3


@pytest.mark.parametrize("name", ["class_planes", "ising_couplings", "layer_similarity", "taylor"])
def test_declared_columns_are_enough_where_texts_are_free(name, sample_of_columns):
    module = load_figure(name)
    rows = module.select(sample_of_columns(module.KIND))
    assert plotted(module.draw(rows)) <= {v for row in rows for v in row.values()}


@pytest.mark.parametrize("name", FIGURES)
def test_an_empty_table_is_an_error(name):
    module = load_figure(name)
    with pytest.raises(ValueError, match=f"no rows; name an experiment of kind '{module.KIND}'"):
        module.select([])


def test_drawing_leaves_the_callers_style_alone(sample):
    module = load_figure("taylor")
    before = dict(matplotlib.rcParams)
    module.draw(module.select(sample("taylor")))
    assert dict(matplotlib.rcParams) == before


def test_no_figure_imports_torch_or_pyplot():
    code = (
        "import sys\n"
        "from spatial_mae.figures.drawing.catalogue import figure_names, load_figure\n"
        "[load_figure(name) for name in figure_names()]\n"
        "print(*sorted({'torch', 'matplotlib.pyplot', 'snakemake'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == ""


def test_the_cards_know_every_figure_and_the_tables_it_reads():
    assert {name: load_figure(name).KIND for name in FIGURES} == CARDS


def unnamed(figure) -> set[str]:
    """Bars and bands of a figure that neither its small print nor a legend names."""
    axes = [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]
    drawn = [collection for axis in axes for collection in axis.collections]
    kinds = {"bars": LineCollection, "bands": PolyCollection}
    there = {name for name, kind in kinds.items() if any(isinstance(c, kind) for c in drawn)}
    small_print = " ".join(text.get_text() for text in figure.texts)
    return {name for name in there if name not in small_print}


# The area below a histogram's solid line, which the legend has.
FILLED = {"spatial_entropy"}


@pytest.mark.parametrize("name", FIGURES)
def test_says_what_bars_and_bands_are(name, drawn):
    _, figure = drawn(name)
    assert unnamed(figure) == ({"bands"} if name in FILLED else set())


def test_bars_without_a_word_are_found():
    figure, axes = panels(1, 1, ["one seed"])
    axes[0, 0].vlines(0, 1, 2)
    axes[0, 0].fill_between([0, 1], [0, 1], [2, 3])
    assert unnamed(figure) == {"bars", "bands"}

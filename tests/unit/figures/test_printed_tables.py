"""Printed tables next to measured ones: what lines and columns are called."""

import pytest
from drawn_figures import titles

from spatial_mae.figures import table_detection, table_robustness, table_shape_bias
from spatial_mae.figures.drawing.printed import beside_printed
from spatial_mae.papers.printed import printed_rows

RATIOS, UNITS = "mask ratios", "mask units"
COUPLED = "patch = mask unit"


def measured(**own):
    """Runs at four mask ratios, three mask units and three patches that are the unit."""
    grid = [(4, 2, m) for m in (0.25, 0.5, 0.75, 0.9)]
    grid += [(4, 1, 0.75), (4, 4, 0.75), (2, 1, 0.75), (8, 1, 0.75)]
    run = {"height": 32, "seeds": 1, "enc": 4, "dec": 1, "value": 50.0, "low": 50.0, "high": 50.0}
    for patch, unit, mask in grid:
        yield run | {"patch": patch, "unit": unit, "mask": mask, "unit_pixels": patch * unit} | own


@pytest.mark.parametrize(
    ("module", "tables", "column", "blocks"),
    [
        (table_robustness, (1, 4), "IN1K", {1: (RATIOS, UNITS), 4: (COUPLED,)}),
        (table_detection, (3, 5), "APbox", {3: (RATIOS,), 5: (COUPLED,)}),
    ],
)
def test_each_block_is_named_above_its_lines(module, tables, column, blocks):
    printed = [row for table in tables for row in printed_rows(table)]
    rows = beside_printed([*measured(column=column)], printed)
    figure = module.draw(rows)
    left, right = figure.axes
    named = [(table, block) for table, own in blocks.items() for block in own]
    for axis, wanted in (
        (left, [f"Table {table}: {block}" for table, block in named]),
        (right, [block for _, block in named]),
    ):
        found = {t.get_text(): t.get_position()[1] for t in axis.texts if t.get_text() in wanted}
        assert list(found) == wanted
        lines = {*axis.get_yticks()}
        assert not lines & {*found.values()}  # no number stands on a name's line
        assert lines | {*found.values()} == {*range(len(lines) + len(found))}


def test_names_and_numbers_of_a_printed_line_are_at_one_height():
    rows = beside_printed([*measured(column="IN1K")], [*printed_rows(1), *printed_rows(4)])
    left, _ = table_robustness.draw(rows).axes
    heights = {t.get_text(): t.get_position()[1] for t in left.texts}
    labels = dict(
        zip(left.get_yticks(), (t.get_text() for t in left.get_yticklabels()), strict=True)
    )
    assert labels[heights["73.31"]] == "m = 0.75, unit 32"
    assert labels[heights["55.51"]] == "m = 0.75, unit 32"
    assert heights["Table 1: mask units"] < heights["73.31"] < heights["Table 4: patch = mask unit"]
    assert heights["55.51"] > heights["Table 4: patch = mask unit"]


def test_the_papers_own_images_and_the_studys_have_their_names_and_numbers_their_unit():
    rows = beside_printed([*measured(column="IN1K")], [*printed_rows(1), *printed_rows(4)])
    figure = table_robustness.draw(rows)
    left, right = ([t.get_text() for t in axis.get_xticklabels()] for axis in figure.axes)
    assert left[0] == "IN1K" and right == ["own"]
    wanted = ["Kong et al., Tables 1 and 4: accuracy (%)", "this study: accuracy (%)"]
    assert titles(figure) == wanted


def test_a_table_of_one_block_needs_no_name():
    rows = beside_printed([], printed_rows(2))
    left, _ = table_shape_bias.draw(rows).axes
    assert not [t for t in left.texts if "Table" in t.get_text()]
    assert list(left.get_yticks()) == list(range(len(left.get_yticks())))

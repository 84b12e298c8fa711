"""Declarations of columns: each complete, each used, and all that texts call by a name."""

import pytest

from spatial_mae.figures.drawing.catalogue import figure_names, load_figure
from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.column import MEASUREMENT, NUMBER, SETTING, TEXT, Column
from spatial_mae.tables.columns import COLUMNS, DERIVED, SETTINGS, axis_label
from spatial_mae.tables.kinds import columns_of
from spatial_mae.tables.words import NAMES, PHRASES

# Settings that judges make of other columns.
MADE = {"network", "machine", "exponent", "start"}


def test_every_kind_says_which_columns_its_tables_have():
    for kind in KINDS:
        assert KINDS[kind].columns
        assert list(columns_of(kind))[: len(KINDS[kind].keys)] == list(KINDS[kind].keys)


def test_every_declared_column_is_in_some_table_or_made_of_others():
    used = {name for kind in KINDS for name in columns_of(kind)}
    assert set(COLUMNS) - used == MADE | {column.name for column in DERIVED}


def test_what_tells_a_setting_is_a_setting_that_nothing_else_tells():
    for column in COLUMNS.values():
        if column.told_by:
            teller = COLUMNS[column.told_by]
            assert column.role == teller.role == SETTING and not teller.told_by


def test_only_settings_are_silent_and_none_is_named_twice():
    assert all(column.role == SETTING for column in COLUMNS.values() if column.silent)
    assert all(column.role == SETTING for column in SETTINGS)
    assert not {name for name in NAMES if COLUMNS[name].silent}


def test_sentences_and_small_print_name_declared_columns():
    assert {*NAMES, *PHRASES} <= set(COLUMNS)
    assert all(phrase.format("x") for phrase in PHRASES.values())


def test_figures_need_declared_columns_of_their_kind():
    for name in figure_names():
        module = load_figure(name)
        known = columns_of(module.KIND)
        assert not [c for c in getattr(module, "COLUMNS", ()) if c not in known], name


def test_labels_carry_their_unit():
    assert axis_label("mean_distance") == "mean distance (pixels)"
    assert axis_label("mask_ratio") == "mask ratio m"


@pytest.mark.parametrize(("role", "kind"), [("choice", TEXT), (MEASUREMENT, "float")])
def test_an_unknown_role_or_type_is_refused(role, kind):
    with pytest.raises(ValueError, match="column 'x': '(choice|float)' is not one of"):
        Column("x", "x", role, kind)
    Column("x", "x", SETTING, NUMBER)

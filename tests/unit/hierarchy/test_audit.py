import numpy as np
import pytest

from spatial_mae.hierarchy.audit import AuditRecipe, audit_rows, case_rows


def test_the_cases_rise_and_fall():
    """C lies low where too little or too much is hidden, high in between."""
    levels = {}
    for row in case_rows():
        if row["role"] == "shared":
            levels.setdefault(row["case"], set()).add((row["variable"], row["level"]))
    assert levels == {
        "conservative": {("z3", 1)},
        "aggressive": {("z6", 1)},
        "ideal": {("z1", 2), ("z2", 2)},
    }


def test_each_graph_counts_its_masks():
    rows = audit_rows(AuditRecipe(3, 4, 4, 3), np.random.default_rng(0))
    assert len(rows) == 6
    for row in rows:
        assert row["n_masks"] == 2 ** row["n_observables"] - 2
        for key in ("conditions", "least_and_unique", "complement"):
            assert row[key] == row["n_masks"]
    # In trees ordinary d-separation suffices, with shared parents it does not.
    by_name = {row["graph"]: row for row in rows}
    assert by_name["tree 2-2"]["separated_alone"] == 14
    assert by_name["Fig. 4"]["separated_alone"] < 62


def test_graphs_too_large_to_search_are_refused():
    with pytest.raises(ValueError, match="n_observables: 11 .* at most 10"):
        audit_rows(AuditRecipe(1, 3, 11, 2), np.random.default_rng(0))

"""What a statement says it needs is what its judge reads."""

import pytest

from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.registry import JUDGES
from spatial_mae.papers.statements import statements
from spatial_mae.study.measurements import KINDS

judge_all({})  # registers all judges


def test_needs_are_known_ones():
    assert {one["needs"] for one in statements()} == {"cpu", "train", "reported", "note"}


@pytest.mark.parametrize("statement", statements(), ids=lambda one: one["id"])
def test_trained_networks_are_needed_where_the_judge_reads_their_tables(statement):
    if statement["id"] in JUDGES:
        found = JUDGES[statement["id"]]
        of_networks = ["enc" in KINDS[kind].keys for kind in found.kinds]
        needed = all(of_networks) if found.either and of_networks else any(of_networks)
        assert needed == (statement["needs"] in ("train", "reported"))

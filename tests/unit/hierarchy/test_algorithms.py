import pytest

from spatial_mae.hierarchy.algorithms import (
    least_visible_noises,
    locate,
    locate_shared,
    locate_visible,
    noises_above,
)
from spatial_mae.hierarchy.builders import FIGURE_4_MASKS, figure_4, tree
from spatial_mae.hierarchy.graph import NOISE, LatentGraph

# Two roots above both observables: each observable has two parents in C.
SHARED_PARENTS = LatentGraph(
    {"z1": (), "z2": (), "x1": ("z1", "z2"), "x2": ("z1", "z2")}, ("x1", "x2")
)


def lowest_common(graph, hidden):
    """By the definition in one line: above both parts, nothing of that kind below."""
    hidden, visible = graph.split(hidden)
    common = {
        z
        for z in graph.latents
        if graph.leaves_below[z] & hidden and graph.leaves_below[z] & visible
    }
    return {z for z in common if not any(z in graph.ancestors[other] for other in common)}


def test_algorithm_1_returns_the_lowest_common_latents(graphs, all_masks):
    for graph in graphs:
        for hidden in all_masks(graph)[:512]:
            assert locate_shared(graph, hidden)[0] == lowest_common(graph, hidden)


def test_a_mask_and_its_complement_share_the_same(graphs, all_masks):
    for graph in graphs:
        for hidden in all_masks(graph)[:200]:
            complement = frozenset(graph.observables) - hidden
            assert locate_shared(graph, hidden)[0] == locate_shared(graph, complement)[0]


@pytest.mark.parametrize(
    ("case", "shared"), [("conservative", {"z3"}), ("aggressive", {"z6"}), ("ideal", {"z1", "z2"})]
)
def test_the_three_cases_of_figure_4(case, shared):
    assert locate(figure_4(), FIGURE_4_MASKS[case]).shared == shared


def test_the_hidden_noises_are_those_above_no_visible_observable():
    located = locate(tree(2, 2), ["x0", "x1"])
    assert located.shared == {"z2.0"}
    assert located.hidden_noises == {f"noise of {v}" for v in ("x0", "x1", "z1.0")}
    assert located.visible_noises == {f"noise of {v}" for v in ("x2", "x3", "z1.1")}


def printed_algorithm_2(graph, visible, shared, turns):
    """Algorithm 2 to the letter, P' never emptied, for at most so many turns: what is left in P."""
    for x in visible:
        to_visit, next_to_visit = {x}, set()
        while to_visit and turns:
            turns -= 1
            for p in to_visit:
                for parent in graph.locate_parents(p):
                    if not parent.startswith(NOISE) and parent not in shared:
                        next_to_visit = next_to_visit | {parent}
            to_visit = next_to_visit
    return to_visit


def test_algorithm_2_as_printed_does_not_end():
    graph = tree(2, 2)
    shared, _ = locate_shared(graph, ["x0"])
    assert shared == {"z1.0"}
    assert printed_algorithm_2(graph, ["x2"], shared, turns=1000) == {"z1.1", "z2.0"}
    assert "noise of z1.1" in locate_visible(graph, ["x0"], shared)


def test_algorithm_2_may_return_members_of_c():
    located = locate(SHARED_PARENTS, ["x1"])
    assert located.shared == {"z1", "z2"} == located.visible_noises - {"noise of x2"}
    assert least_visible_noises(SHARED_PARENTS, ["x1"], located.shared) == {"noise of x2"}


def test_the_least_visible_noises_hold_nothing_that_c_determines(graphs, all_masks):
    longer = 0
    for graph in graphs:
        for hidden in all_masks(graph)[:100]:
            located = locate(graph, hidden)
            least = least_visible_noises(graph, hidden, located.shared)
            assert not least & noises_above(graph, located.shared)
            assert least <= located.visible_noises
            longer += least < located.visible_noises
    assert longer


def test_nothing_is_shared_without_a_common_ancestor():
    apart = LatentGraph({"z1": (), "z2": (), "x1": ("z1",), "x2": ("z2",)}, ("x1", "x2"))
    assert locate(apart, ["x1"]).shared == set()

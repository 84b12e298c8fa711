"""d-separation in a directed acyclic graph, by moralisation (Lauritzen et al. 1990)."""

from collections.abc import Collection, Iterable, Mapping


def d_separated(
    parents: Mapping[str, Collection[str]],
    ours: Iterable[str],
    theirs: Iterable[str],
    given: Iterable[str] = (),
) -> bool:
    """True if every path between two sets of variables is blocked by a third.

    Among the ancestors of all three sets, parents of a common child are joined, directions are
    dropped and `given` removed; the sets are d-separated if no path is left. A variable in both
    sets that is not given counts as a path.

    Raises KeyError for a variable that is not in `parents`.
    """
    ours, theirs, given = set(ours), set(theirs), set(given)
    kept = _with_ancestors(parents, ours | theirs | given)
    neighbours: dict[str, set[str]] = {v: set() for v in kept}
    for child in kept:
        family = {child, *parents[child]}
        for member in family:
            neighbours[member] |= family
    reached: set[str] = set()
    front = ours - given
    while front:
        reached |= front
        front = set().union(*(neighbours[v] for v in front)) - reached - given
    return not reached & theirs


def _with_ancestors(parents: Mapping[str, Collection[str]], variables: set[str]) -> set[str]:
    found: set[str] = set()
    front = set(variables)
    while front:
        found |= front
        front = {p for v in front for p in parents[v]} - found
    return found

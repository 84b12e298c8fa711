"""Theorem 1 of Kong et al. checked on small graphs, and the three masks of their Fig. 4."""

import numpy as np

from spatial_mae.entry_point import Namespace, entry_point, paths, recipe
from spatial_mae.files import write_rows
from spatial_mae.hierarchy.audit import AuditRecipe, audit_rows, case_rows


@entry_point(
    recipe(AuditRecipe), paths(cases="csv of Fig. 4 to write", audit="csv of the graphs to write")
)
def main(given: Namespace) -> None:
    audit = audit_rows(given.recipe, np.random.default_rng(given.seed))
    write_rows(given.cases, case_rows())
    write_rows(given.audit, audit)


if __name__ == "__main__":
    main()

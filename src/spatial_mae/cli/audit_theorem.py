"""Theorem 1 of Kong et al. checked on small graphs, and the three masks of their Fig. 4."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spatial_mae.files import write_rows
from spatial_mae.hierarchy.audit import AuditRecipe, audit_rows, case_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", required=True, help="AuditRecipe as JSON")
    parser.add_argument("--cases", type=Path, required=True, help="csv of Fig. 4 to write")
    parser.add_argument("--audit", type=Path, required=True, help="csv of the graphs to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    recipe = load(AuditRecipe, arguments.recipe)
    with run_record(arguments):
        audit = audit_rows(recipe, np.random.default_rng(arguments.seed))
        write_rows(arguments.cases, case_rows())
        write_rows(arguments.audit, audit)


if __name__ == "__main__":
    main()

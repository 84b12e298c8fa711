"""Decompose second moments once, for every mask ratio of a patch size."""

from spatial_mae.entry_point import Namespace, entry_point, paths, reads
from spatial_mae.linear.moments import load_moments
from spatial_mae.linear.store import SETTINGS, settings_of, solve_run, write_run


@entry_point(reads(moments="npz of compute_moments"), SETTINGS, paths(solution="npz to write"))
def main(given: Namespace) -> None:
    settings = settings_of(given)
    decomposition = solve_run(load_moments(given.moments), settings)
    write_run(given.solution, settings, decomposition)


if __name__ == "__main__":
    main()

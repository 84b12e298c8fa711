"""Solve for every mask ratio of a patch size: one decomposition, or what large images need instead.

Images of more than 4,096 values are solved without d x d matrices, where they are measured.
"""

from spatial_mae.entry_point import Namespace, entry_point, paths, reads
from spatial_mae.linear.matrix_free import run as matrix_free
from spatial_mae.linear.matrix_free.samples import PixelSamples, read_images_or_sums
from spatial_mae.linear.moments import PixelMoments
from spatial_mae.linear.sizes import decomposed
from spatial_mae.linear.store import SETTINGS, settings_of, solve_run, write_run


@entry_point(reads(moments="npz of compute_moments"), SETTINGS, paths(solution="npz to write"))
def main(given: Namespace) -> None:
    moments, settings = read_images_or_sums(given.moments), settings_of(given)
    size = moments.height * moments.width * moments.channels
    if decomposed(size):
        form = "dense"
        write_run(given.solution, settings, solve_run(_sums(moments), settings))
    else:
        form = matrix_free.FORM
        run, losses = matrix_free.solve_run(moments, settings, seed=given.seed)
        matrix_free.write_run(given.solution, run)
        given.notes["stationary_weight"] = run.stationary
        given.notes["held_out_losses"] = {str(weight): loss for weight, loss in losses.items()}
    given.notes["form"] = form
    print(f"d = {size:,} values of an image: {form} solution")


def _sums(moments: PixelSamples | PixelMoments) -> PixelMoments:
    return moments.moments() if isinstance(moments, PixelSamples) else moments


if __name__ == "__main__":
    main()

"""Second moments of a data set's images: one streaming pass, exact integer sums."""

from spatial_mae.data.store import SPLITS, open_dataset
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, values
from spatial_mae.linear.colour import COLOURS
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.study.counts import number_of


@entry_point(
    reads(manifest="manifest.json of the data"),
    flag("split", choices=SPLITS, required=True, help="which images"),
    flag("colour", choices=COLOURS, required=True, help="how pixels become numbers"),
    values(str, n='how many images, a share such as "25%%", or "all"'),
    paths(moments="npz to write"),
)
def main(given: Namespace) -> None:
    images = open_dataset(given.manifest).images(given.split)
    moments = pixel_moments(images, given.colour, number_of(given.n, len(images)))
    moments.save(given.moments)
    given.notes["n_images"] = moments.n


if __name__ == "__main__":
    main()

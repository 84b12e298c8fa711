"""Second moments of a data set's images: exact sums, or the images where sums are too large."""

from spatial_mae.data.store import SPLITS, open_dataset
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, values
from spatial_mae.linear.colour import COLOURS
from spatial_mae.linear.matrix_free.samples import PixelSamples, images_or_sums
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
    found = images_or_sums(images, given.colour, number_of(given.n, len(images)))
    found.save(given.moments)
    given.notes["n_images"] = found.n
    given.notes["form"] = "images" if isinstance(found, PixelSamples) else "sums"


if __name__ == "__main__":
    main()

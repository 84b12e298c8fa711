"""What can be tried on a data set, what its images are like, and some of them to show."""

from spatial_mae.advise.looking import SHOWN, look, sample
from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.files import write_arrays, write_json
from spatial_mae.study.config import Advise


@entry_point(
    reads(manifest="manifest.json of the data"),
    recipe(Advise, "block"),
    values(float, held_out="share of the training images that chooses"),
    paths(look="json to write", images="npz to write"),
)
def main(given: Namespace) -> None:
    dataset = open_dataset(given.manifest)
    found = look(dataset, vars(given.block), given.held_out, given.seed)
    for left in found["dropped"]:
        mask = f", mask ratio {left['mask']:g}" if "mask" in left else ""
        print(f"left out: patch {left['patch']}{mask}: {left['why']}")
    write_arrays(given.images, {"images": sample(dataset, SHOWN, given.seed)})
    write_json(given.look, found, sealed=False)


if __name__ == "__main__":
    main()

"""Second moments of a data set's images: one streaming pass, exact integer sums."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.store import SPLITS, open_dataset
from spatial_mae.linear.colour import COLOURS
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.provenance import add_record_flags, run_record


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="manifest.json of the data")
    parser.add_argument("--split", choices=SPLITS, required=True, help="which images")
    parser.add_argument(
        "--colour", choices=COLOURS, required=True, help="how pixels become numbers"
    )
    parser.add_argument("--n", required=True, help='how many images, or "all"')
    parser.add_argument("--moments", type=Path, required=True, help="npz to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest]) as record:
        images = open_dataset(arguments.manifest).images(arguments.split)
        moments = pixel_moments(images, arguments.colour, _count(arguments.n))
        moments.save(arguments.moments)
        record["n_images"] = moments.n


def _count(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal():
        raise ValueError(f'--n {text!r} must be a number of images or "all"')
    return int(text)


if __name__ == "__main__":
    main()

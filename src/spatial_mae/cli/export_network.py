"""A pretrained network as a folder that transformers reads as a ViTMAE, with a model card."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import read_json
from spatial_mae.models.exporting import export_vit_mae


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="safetensors of pretrain_mae")
    parser.add_argument("--folder", type=Path, required=True, help="to write; new or empty")
    parser.add_argument(
        "--manifest", type=Path, help="manifest.json of its data set: the card then names it"
    )
    arguments = parser.parse_args(argv)
    try:
        manifest = read_json(arguments.manifest) if arguments.manifest else None
        files = export_vit_mae(arguments.weights, arguments.folder, manifest)
    except (ValueError, FileExistsError, FileNotFoundError) as error:
        parser.error(str(error))
    print(f"{arguments.folder}: {', '.join(files)}")
    print("The licence is unknown: state one in README.md before you publish the folder")


if __name__ == "__main__":
    main()

"""The official archive of a source: resumed if interrupted, its checksum verified."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.data.downloading import download
from spatial_mae.data.sources import find_source
from spatial_mae.files import sha256
from spatial_mae.provenance import add_record_flags, run_record


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--source", required=True, help="module of spatial_mae.data with an ARCHIVE"
    )
    parser.add_argument("--archive", type=Path, required=True, help="file to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    archive = getattr(find_source(arguments.source), "ARCHIVE", None)
    if archive is None:
        raise ValueError(f"source {arguments.source!r} has no archive to download; set its `root:`")
    with run_record(arguments) as record:
        record["bytes"] = download(archive, arguments.archive)
        record["url"] = archive.url
        record["sha256"] = sha256(arguments.archive)


if __name__ == "__main__":
    main()

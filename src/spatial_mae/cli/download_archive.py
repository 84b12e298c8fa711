"""The official archive of a source: resumed if interrupted, its checksum verified."""

from spatial_mae.data.downloading import download
from spatial_mae.data.sources import find_source
from spatial_mae.entry_point import Namespace, entry_point, paths, values
from spatial_mae.files import sha256


@entry_point(
    values(str, source="module of spatial_mae.data with an ARCHIVE"), paths(archive="file to write")
)
def main(given: Namespace) -> None:
    archive = getattr(find_source(given.source), "ARCHIVE", None)
    if archive is None:
        raise ValueError(f"source {given.source!r} has no archive to download; set its `root:`")
    given.notes["bytes"] = download(archive, given.archive)
    given.notes["url"] = archive.url
    given.notes["sha256"] = sha256(given.archive)


if __name__ == "__main__":
    main()

"""Size and checksum of the data sets that docs name, measured on the data.

    python -m spatial_mae.sharing.data_sets docs/archives/datasets.json digits=my/digits.npz ...

The list's `key`, `name`, `source` and `licence` are written by hand; `files`, `bytes` and `sha256`
are measured here. The checksum of a folder is that of the text which, in it, `find . -type f |
LC_ALL=C sort | xargs -d '\\n' sha256sum` prints.
"""

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import read_json, sha256, write_json


def measured(path: Path) -> dict[str, object]:
    """`files`, `bytes` and `sha256` of a file, or of all files below a folder.

    Raises FileNotFoundError if nothing is there.
    """
    if path.is_file():
        return {"files": 1, "bytes": path.stat().st_size, "sha256": sha256(path)}
    names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
    if not names:
        raise FileNotFoundError(f"{path} is neither a file nor a folder with files")
    lines = "".join(f"{sha256(path / name)}  ./{name}\n" for name in names)
    size = sum((path / name).stat().st_size for name in names)
    return {
        "files": len(names),
        "bytes": size,
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("list", type=Path, help="datasets.json")
    parser.add_argument("places", nargs="+", metavar="KEY=PATH", help="where a data set is here")
    given = parser.parse_args(argv)
    entries = {entry["key"]: entry for entry in read_json(given.list)}
    for place in given.places:
        key, _, path = place.partition("=")
        if key not in entries:
            parser.error(f"no data set {key!r} in {given.list}; there are {', '.join(entries)}")
        entries[key] |= measured(Path(path))
    write_json(given.list, list(entries.values()), sealed=False)


if __name__ == "__main__":
    main()

"""Official archives: where they are, what they must hash to, and how an existing copy is found."""

import hashlib
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from spatial_mae.data.listing import folders

# What reading a damaged or made-up archive raises: also where it declares more than fits into
# memory, a way of compression that there is not, or a password.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    MemoryError,
    OverflowError,
    NotImplementedError,
    tokenize.TokenError,  # by numpy, of a damaged header
    RuntimeError,
)


@dataclass(frozen=True)
class Archive:
    """A file that a data set's authors publish. md5 is None where they publish no checksum."""

    url: str
    md5: str | None

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def advice(self) -> str:
        """What to put where, for error messages."""
        checksum = f" (md5 {self.md5})" if self.md5 else ""
        return (
            f"get {self.url}{checksum} on a machine with network, put {self.name} into a folder "
            "and name that folder in the config: `data: {root: FOLDER}`, or `root:` of the data set"
        )


def verify(path: Path, md5: str | None) -> None:
    """Raise ValueError unless the file has this md5; does nothing if it is None."""
    if md5 is None:
        return
    with path.open("rb") as handle:
        found = hashlib.file_digest(handle, "md5").hexdigest()
    if found != md5:
        raise ValueError(
            f"{path} is damaged or another file: md5 {found}, expected {md5}; "
            "delete it and download it again"
        )


def find(root: Path | None, *names: str) -> Path | None:
    """The first of `names` that exists: as `root` itself, in it, or one folder below it."""
    if root is None:
        return None
    if not root.exists():
        raise FileNotFoundError(f"data root {root} does not exist; correct `root:` in the config")
    if root.name in names:
        return root
    places = [root, *sorted(folders(root))] if root.is_dir() else []
    found = [place / name for name in names for place in places if (place / name).exists()]
    return found[0] if found else None

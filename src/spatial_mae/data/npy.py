"""A .npy file that grows: rows are appended, the count is filled in at the end."""

import os
from pathlib import Path

import numpy as np


def _temporary(path: Path, writer: int | str) -> Path:
    return path.with_name(f".{path.stem}.{writer}.tmp.npy")


def unfinished(path: Path) -> list[Path]:
    """Files that killed writers of `path` have left next to it."""
    return sorted(path.parent.glob(_temporary(path, "*").name))


class NpyWriter:
    """Write an array row block by row block to a temporary file; `finish` gives it its name.

    Plain writes, not a memory map: on a full disk a write raises OSError, a map kills the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.temporary = _temporary(self.path, os.getpid())
        self.file = None
        self.n_rows = 0

    def append(self, rows: np.ndarray) -> None:
        """Append (n, ...) rows; all calls must agree in dtype and in the shape of a row."""
        if self.file is None:
            self.file = self.temporary.open("wb")
            self.dtype, self.row_shape = rows.dtype, rows.shape[1:]
            self._write_header()
            self.start = self.file.tell()
        if (rows.dtype, rows.shape[1:]) != (self.dtype, self.row_shape):
            raise ValueError(f"rows {rows.dtype} {rows.shape} after {self.dtype} {self.row_shape}")
        self.file.write(np.ascontiguousarray(rows).data)
        self.n_rows += len(rows)

    def finish(self) -> None:
        """Fill in the count, flush to the disk and rename. Raises ValueError without rows."""
        if self.file is None:
            raise ValueError(f"{self.path}: nothing was written")
        self.file.seek(0)
        self._write_header()
        assert self.file.tell() == self.start, "numpy pads headers so that the first axis may grow"
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self.temporary.replace(self.path)

    def discard(self) -> None:
        """Remove the temporary file, if any; harmless after `finish`."""
        try:
            if self.file is not None:
                self.file.close()
        finally:  # closing flushes, and may find the disk full a second time
            self.temporary.unlink(missing_ok=True)

    def _write_header(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (self.n_rows, *self.row_shape),
        }
        np.lib.format.write_array_header_1_0(self.file, header)

"""Images left in their memory-mapped file: batches are read when asked for, or one ahead.

For data sets that do not fit in memory. Values are those of the same images as one tensor.
"""

import mmap
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from spatial_mae.training.reading_ahead import ReadAhead
from spatial_mae.training.transfer import send

ADVICE = hasattr(mmap, "MADV_WILLNEED")  # not on Windows

Index = Tensor | slice


class MappedImages:
    """What a uint8 tensor (n, channels, height, width) on `device` gives, for images in a file.

    array: memory-mapped, uint8 (N, height, width, channels). rows: int64 (n,), the images of
    `array` that count, in their order. Indexed by slices and by int64 tensors. Not for use by
    several threads at once.
    """

    dtype = torch.uint8

    def __init__(self, array: np.memmap, rows: np.ndarray, device: torch.device | str) -> None:
        self._array, self._rows, self.device = array, rows, torch.device(device)
        height, width, channels = array.shape[1:]
        self.shape = torch.Size((len(rows), channels, height, width))
        self.nbytes = self.shape.numel()
        self._ahead = ReadAhead(self._reading, "images")

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Index) -> Tensor:
        """The images of `index`, uint8 (m, channels, height, width) on the device, contiguous."""
        pixels = self._ahead.get(self._rows_of(index))
        landed = pixels.to(self.device, non_blocking=True)
        return landed.permute(0, 3, 1, 2).contiguous()

    def split(self, size: int) -> Iterator[Tensor]:
        """`size` images after another, the last part perhaps smaller, read one part ahead."""
        parts = slices(len(self), size)
        self.will_read(parts)
        return (self[part] for part in parts)

    def will_read(self, batches: Iterable[Index]) -> None:
        """Announce what will be asked for next, as `ReadAhead.will_read`."""
        self._ahead.will_read(self._rows_of(index) for index in batches)

    def _reading(self, rows: np.ndarray) -> Callable[[], Tensor]:
        pixels = self._room(len(rows))

        def read() -> Tensor:
            self._read(rows, pixels)
            return pixels

        return read

    def _rows_of(self, index: Index) -> np.ndarray:
        return self._rows[index if isinstance(index, slice) else index.cpu().numpy()]

    def _room(self, n: int) -> Tensor:
        """Where `n` images are read to, uint8 (n, height, width, channels).

        For a GPU, which then puts its channels in order, as in the file; for the CPU in order.
        """
        channels, height, width = self.shape[1:]
        if self.device.type == "cpu":
            shape = (n, channels, height, width)
            return torch.empty(shape, dtype=torch.uint8).permute(0, 2, 3, 1)
        shape = (n, height, width, channels)
        return torch.empty(shape, dtype=torch.uint8, pin_memory=self.device.type == "cuda")

    def _read(self, rows: np.ndarray, pixels: Tensor) -> None:
        """Fill `pixels` in the order of the file, after asking the disk for all of it at once."""
        order = np.argsort(rows, kind="stable")
        self._request(rows[order])
        target, source = pixels.numpy(), self._array.view(np.ndarray)
        for place in order:
            target[place] = source[rows[place]]
        if ADVICE:  # else the whole file becomes resident, page by page
            self._array.base.madvise(mmap.MADV_DONTNEED)

    def _request(self, rows: np.ndarray) -> None:
        """Let the system read sorted `rows` from the disk, many at a time: four times as fast."""
        size, first = self._array[0].nbytes, self._array.offset % mmap.ALLOCATIONGRANULARITY
        runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
        for run in runs if ADVICE and len(rows) else ():
            start, stop = first + int(run[0]) * size, first + int(run[-1] + 1) * size
            start -= start % mmap.PAGESIZE
            self._array.base.madvise(mmap.MADV_WILLNEED, start, stop - start)


Images = Tensor | MappedImages


def read_ahead(images: Images, batches: Iterable[Index]) -> None:
    """Announce batches of images that are in a file; a tensor has them already."""
    if isinstance(images, MappedImages):
        images.will_read(batches)


def take(images: Images, indices: Tensor) -> Tensor:
    """images[indices] on the device of `images`; a GPU need not wait for indices on the CPU."""
    if isinstance(images, MappedImages):
        return images[indices]
    return images[send(indices, images.device)]


def slices(n: int, size: int) -> list[slice]:
    """0 to `n` in steps of `size`."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]

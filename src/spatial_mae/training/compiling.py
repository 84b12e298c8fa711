"""torch.compile where it pays, and the plain function where it fails."""

import sys
from collections.abc import Callable

import torch

from spatial_mae.training.memory import is_exhausted


def compiled(function: Callable, choice: str, device: torch.device) -> Callable:
    """`function`, compiled if `choice` is "always", or "auto" on a GPU.

    On a CPU compiling takes minutes and gains below a tenth. A function that cannot be compiled
    is called as it is from then on, with a line saying so.
    """
    if choice == "never" or (choice == "auto" and device.type != "cuda"):
        return function
    return _WithFallback(function)


class _WithFallback:
    def __init__(self, function: Callable) -> None:
        self.plain = function
        self.fast: Callable | None = torch.compile(function)

    def __call__(self, *arguments):
        if self.fast is not None:
            try:
                return self.fast(*arguments)
            except Exception as error:  # the compiler's errors share no base class
                if is_exhausted(error):
                    raise
                reason = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
                print(f"torch.compile failed ({reason}): training uncompiled", file=sys.stderr)
                self.fast = None
        return self.plain(*arguments)

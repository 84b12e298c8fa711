"""How a network's function is run: as it is, with weights cast once, or compiled."""

import sys
from collections.abc import Callable

import torch
from torch import nn
from torch.func import functional_call

from spatial_mae.models import precision
from spatial_mae.training.memory import is_exhausted

# "graphs": compiled, and replayed as CUDA graphs. "cast-once": one cast of all weights per step.
MODES = ("plain", "cast-once", "compiled", "graphs")


class Switchable:
    """A method of `module` that can be run in each of `MODES`, with equal results up to rounding.

    fixed: whether all calls have arguments of the same shapes; the compiler then makes one graph
    for exactly these. A function that cannot be compiled is run as it is from then on, with a line
    that says so: `give_up` does the same where it is the backward pass that fails.
    """

    def __init__(self, module: nn.Module, method: str = "forward", fixed: bool = True) -> None:
        self.module, self.plain, self.fixed = module, getattr(module, method), fixed
        self._made: dict[str, Callable] = {"plain": self.plain}
        self.use("plain")

    def use(self, mode: str) -> None:
        """Run in `mode` from now on. Raises ValueError for an unknown one."""
        if mode not in MODES:
            raise ValueError(f"mode {mode!r} is unknown; use one of {', '.join(MODES)}")
        if mode not in self._made:
            self._made[mode] = self._make(mode)
        self.mode, self.fast = mode, self._made[mode]

    def _make(self, mode: str) -> Callable:
        if mode == "cast-once":
            return _CastOnce(self.module, self.plain)
        options = {"mode": "reduce-overhead"} if mode == "graphs" else {}
        return torch.compile(self.plain, dynamic=False if self.fixed else None, **options)

    def __call__(self, *arguments):
        if self.mode == "graphs":
            torch.compiler.cudagraph_mark_step_begin()
        try:
            return self.fast(*arguments)
        except Exception as error:  # the compiler's errors share no base class
            if is_exhausted(error) or not self.give_up(error):
                raise
        return self.plain(*arguments)

    def give_up(self, error: Exception) -> bool:
        """Run uncompiled from now on, and say why; False if nothing was compiled."""
        if self.mode not in ("compiled", "graphs"):
            return False
        reason = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        print(f"torch.compile failed ({reason}): training uncompiled", file=sys.stderr, flush=True)
        self.use("plain")
        return True


class _CastOnce:
    """`function` of `module` with all its parameters cast to the network's type by one operation.

    The layers' own casts, two for each parameter in each step, then have nothing to do.
    """

    def __init__(self, module: nn.Module, function: Callable) -> None:
        self.network, self.holder = module, _Holder(module, function)

    def __call__(self, *arguments):
        dtype = precision.PRECISIONS[precision.current(self.network)]
        names, parameters = zip(*self.holder.named_parameters(), strict=True)
        cast = _Cast.apply(dtype, *parameters)
        return functional_call(self.holder, dict(zip(names, cast, strict=True)), arguments)


class _Holder(nn.Module):
    """A function of a module as a module's forward pass."""

    def __init__(self, module: nn.Module, function: Callable) -> None:
        super().__init__()
        self.held, self.function = module, function

    def forward(self, *arguments):
        return self.function(*arguments)


class _Cast(torch.autograd.Function):
    """Tensors to another type, and their gradients back, each way in one operation."""

    @staticmethod
    def forward(ctx, dtype: torch.dtype, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        ctx.dtypes = [tensor.dtype for tensor in tensors]
        cast = [torch.empty_like(tensor, dtype=dtype) for tensor in tensors]
        torch._foreach_copy_(cast, list(tensors))
        return tuple(cast)

    @staticmethod
    def backward(ctx, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        pairs = zip(gradients, ctx.dtypes, strict=True)
        back = [torch.empty_like(gradient, dtype=dtype) for gradient, dtype in pairs]
        torch._foreach_copy_(back, list(gradients))
        return None, *back

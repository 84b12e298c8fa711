"""AdamW with decoupled weight decay on matrices only, and layer-wise decay of the learning rate."""

import sys
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from spatial_mae.training.memory import is_exhausted

EPSILON = 1e-8


def parameter_groups(
    module: nn.Module,
    weight_decay: float,
    layer_decay: float = 1.0,
    depth_of: Callable[[str], int] | None = None,
) -> list[dict]:
    """Groups of the trainable parameters of `module`, each with `weight_decay` and `scale`.

    Matrices decay; biases, the weights of LayerNorms, tokens and positions do not. `scale` is
    layer_decay ** (deepest - depth_of(name)), so that the head learns at the full rate and the
    patch embedding at the lowest one (Bao et al. 2022). Frozen parameters are in no group.
    Raises ValueError if nothing is trainable.
    """
    trainable = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    if not trainable:
        raise ValueError("nothing to train: all parameters are frozen")
    depths = {name: depth_of(name) if depth_of else 0 for name, _ in trainable}
    deepest = max(depths.values())
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in trainable:
        decay = weight_decay if decays(name, parameter) else 0.0
        scale = layer_decay ** (deepest - depths[name])
        groups.setdefault((decay, scale), []).append(parameter)
    return [{"params": p, "weight_decay": d, "scale": s} for (d, s), p in groups.items()]


def decays(name: str, parameter: Tensor) -> bool:
    """Whether weight decay applies: to matrices, not to biases, norms, tokens and positions."""
    return parameter.ndim >= 2 and not any(word in name for word in ("token", "position"))


class AdamW:
    """AdamW (Loshchilov & Hutter 2019) over groups of parameters, one fused kernel a group.

    As torch.optim.AdamW(fused=True), whose first use imports the compiler: 5 s of processor time
    that many a small run would pay for nothing. All parameters are on one device. One without that
    kernel steps as torch.optim.AdamW(foreach=True).
    """

    def __init__(self, groups: list[dict], betas: tuple[float, ...]) -> None:
        self.groups, self.betas = groups, betas
        self.parameters = [p for group in groups for p in group["params"]]
        self.means = [torch.zeros_like(p) for p in self.parameters]
        self.squares = [torch.zeros_like(p) for p in self.parameters]
        # The kernel wants them in float32, and with their parameters.
        self.steps = [
            torch.zeros((), dtype=torch.float32, device=p.device) for p in self.parameters
        ]
        self.fused = True

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step at learning rate `rate` times each group's `scale`, by the gradients in place.

        A parameter without a gradient stays as it is.
        """
        index = 0
        for group in self.groups:
            numbers = range(index, index + len(group["params"]))
            index += len(numbers)
            moved = [i for i in numbers if self.parameters[i].grad is not None]
            if moved:
                self._step_group(moved, rate * group["scale"], group["weight_decay"])

    def _step_group(self, moved: list[int], rate: float, weight_decay: float) -> None:
        parameters = [self.parameters[i] for i in moved]
        state = (self.means, self.squares)
        tensors = [
            parameters,
            [p.grad for p in parameters],
            *([values[i] for i in moved] for values in state),
            [],
            [self.steps[i] for i in moved],
        ]
        options = {
            "lr": rate,
            "beta1": self.betas[0],
            "beta2": self.betas[1],
            "weight_decay": weight_decay,
            "eps": EPSILON,
            "amsgrad": False,
            "maximize": False,
        }
        if not (self.fused and self._fused_step(tensors, options)):
            _step_by_operations(tensors, options)

    def _fused_step(self, tensors: list[list[Tensor]], options: dict) -> bool:
        """False, and a line, if the device has no such kernel: it is not tried again."""
        steps = tensors[-1]
        torch._foreach_add_(steps, 1)
        try:
            torch._fused_adamw_(*tensors, **options)
        except RuntimeError as error:  # NotImplementedError is one
            if is_exhausted(error) or isinstance(error, torch.AcceleratorError):
                raise
            torch._foreach_sub_(steps, 1)
            self.fused = False
            reason = str(error).strip().partition("\n")[0]
            print(f"no fused AdamW here ({reason}): slower steps", file=sys.stderr, flush=True)
        return self.fused

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, list[Tensor]]:
        return {"means": self.means, "squares": self.squares, "steps": self.steps}

    def load_state_dict(self, state: Mapping[str, list[Tensor]]) -> None:
        for name, own in self.state_dict().items():
            for tensor, saved in zip(own, state[name], strict=True):
                tensor.copy_(saved)


def _step_by_operations(tensors: list[list[Tensor]], options: dict) -> None:
    from torch.optim.adamw import adamw  # imports the compiler

    on_gpu = tensors[0][0].device.type == "cuda"  # its counters are then read there, not here
    adamw(*tensors, foreach=True, capturable=on_gpu, fused=False, **options)

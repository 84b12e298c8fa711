"""Exponential moving average of the parameters during training."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class MovingAverage:
    """average <- decay * average + (1 - decay) * parameter, after each step.

    `values`: name -> average of each trainable parameter; empty if `decay` is None.
    """

    def __init__(self, module: nn.Module, decay: float | None) -> None:
        self.decay = decay
        trained = {n: p.detach() for n, p in module.named_parameters() if p.requires_grad}
        self._parameters = trained if decay is not None else {}
        self.values = {name: p.clone() for name, p in self._parameters.items()}

    def update(self) -> None:
        if self.values:
            averages = list(self.values.values())
            torch._foreach_lerp_(averages, list(self._parameters.values()), 1 - self.decay)

    def load(self, values: Mapping[str, Tensor]) -> None:
        """Take over saved averages."""
        for name, value in self.values.items():
            value.copy_(values[name])

    def forget(self) -> None:
        """Average no longer."""
        self._parameters, self.values = {}, {}

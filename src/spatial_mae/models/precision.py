"""The arithmetic of a network's activations."""

from collections.abc import Mapping

import torch
from torch import nn

from spatial_mae.models.layers import Attention, Linear
from spatial_mae.models.vit import VisionTransformer

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def use(
    model: nn.Module,
    precision: str,
    attention: Mapping[str, str] | None = None,
    products: str = "usual",
) -> None:
    """Make the following forward passes of `model` compute in "float32" or "bfloat16".

    attention: the way of the blocks of the "encoder" and the "decoder" (see `models.attention`);
    "auto" where none is given. products: those of linear layers (see `models.products`); where they
    are "float32", to avoid a processor's slow bfloat16, "auto" avoids it too.
    Parameters, their gradients and losses stay float32. Raises
    ValueError for another precision, or a model without an encoder of this package.
    """
    if precision not in PRECISIONS:
        known = ", ".join(PRECISIONS)
        raise ValueError(f"precision {precision!r} is unknown; use one of {known}")
    encoders = [module for module in model.modules() if isinstance(module, VisionTransformer)]
    if not encoders:
        raise ValueError(f"{type(model).__name__} holds no VisionTransformer to set a precision of")
    for encoder in encoders:
        encoder.compute_dtype = PRECISIONS[precision]
    for name, module in model.named_modules():
        if isinstance(module, Linear):
            module.way = products
        if isinstance(module, Attention):
            part = "decoder" if "decoder" in name.split(".") else "encoder"
            way = (attention or {}).get(part, "auto")
            module.way = products if (way, products) == ("auto", "float32") else way


def current(model: nn.Module) -> str:
    """The precision in use, a name that `use` takes."""
    dtypes = {m.compute_dtype for m in model.modules() if isinstance(m, VisionTransformer)}
    (name,) = [name for name, dtype in PRECISIONS.items() if dtype in dtypes]
    return name

"""Small tensors made on the CPU, sent to where they are used."""

import torch
from torch import Tensor


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """`tensor` on `device`. From the CPU to a GPU it is copied while both keep working."""
    if tensor.device.type == "cpu" and device.type == "cuda":
        # From memory that is not pinned, the copy would wait for all the GPU has to do.
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)

"""Random numbers that are a function of (seed, epoch, step, purpose): a run resumes anywhere."""

import hashlib

import torch


def derived_seed(seed: int, epoch: int, step: int, purpose: str) -> int:
    """A seed in [0, 2^63): the first 63 bits of the SHA-256 of the four values.

    Neighbouring seeds, epochs and steps give unrelated seeds, which adding them up would not.
    """
    digest = hashlib.sha256(f"{purpose}/{seed}/{epoch}/{step}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator_for(
    seed: int, epoch: int, step: int, purpose: str, device: torch.device | str = "cpu"
) -> torch.Generator:
    """A fresh generator on `device` for one purpose ("masks", "crops", ...) of one step.

    The same arguments give the same numbers; a GPU draws others than the CPU from the same seed.
    """
    return torch.Generator(device).manual_seed(derived_seed(seed, epoch, step, purpose))

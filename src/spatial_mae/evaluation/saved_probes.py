"""A run's linear probes as a file, for images that they were neither fit to nor judged on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from spatial_mae.evaluation.probe import Probe
from spatial_mae.evaluation.recipe import Tokens
from spatial_mae.files import Row, read_arrays, write_arrays

PARTS = ("weights", "bias", "mean", "scale")
FACTS = {"value": float, "n_test": int, "n_train": int, "penalty": float, "converged": bool}


@dataclass(frozen=True)
class SavedProbe:
    """A probe of a run's last epoch, and its row of the scores: what it reaches on test images."""

    probe: Probe
    row: Row


def write_probes(path: Path, probes: Mapping[str, SavedProbe]) -> None:
    """Write the probes by representation, as npz: its name, a dot, and PARTS or a column of FACTS.

    A run without probes leaves a file without arrays.
    """
    arrays = {}
    for name, saved in probes.items():
        for part in PARTS:
            arrays[f"{name}.{part}"] = getattr(saved.probe, part).cpu().numpy()
        arrays |= {f"{name}.{fact}": np.asarray(saved.row[fact]) for fact in FACTS}
    write_arrays(path, arrays)


def read_probe(path: Path, tokens: Tokens, device: torch.device | str = "cpu") -> SavedProbe:
    """The probe of one representation.

    Raises ValueError, naming the probes there are, if it was not made.
    """
    arrays = read_arrays(path)
    made = sorted({name.partition(".")[0] for name in arrays})
    if tokens not in made:
        raise ValueError(
            f"{path} holds no probe of {tokens!r} (it holds: {', '.join(made) or 'none'}); name it "
            "under representations of the evaluation recipe, with class under its labels, or "
            "another one under tokens"
        )
    parts = {part: torch.from_numpy(arrays[f"{tokens}.{part}"]).to(device) for part in PARTS}
    row = {fact: kind(arrays[f"{tokens}.{fact}"]) for fact, kind in FACTS.items()}
    return SavedProbe(Probe(**parts), row)

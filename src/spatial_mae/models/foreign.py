"""What a file is that is no weights file of ours, and where such weights are read, in words."""

from collections.abc import Iterable
from pathlib import Path

from spatial_mae.models.naming import PREFIXES, common_prefix
from spatial_mae.models.tensor_files import is_pickle

READ_WHERE = (
    "is read by measure_jacobian, track_basis, compare_linear and predict_masked_loss alone "
    "(docs/jacobians.md); elsewhere give weights that pretrain_mae wrote"
)


def unreadable(path: Path, error: Exception) -> str:
    """Why `path` is no safetensors file, and what to do."""
    if is_pickle(path):
        return f"{path}: a pickle of torch.save, as the reference MAE's, {READ_WHERE}"
    return (
        f"{path}: truncated, or no safetensors file ({error}); copy it again, or rerun the job "
        "that wrote it"
    )


def unknown_names(names: Iterable[str]) -> str:
    """What a safetensors file holds that says nothing of our networks, and what to do."""
    names = list(names)
    prefix = common_prefix(names)
    bare = [name.removeprefix(prefix) for name in names]
    if any(name.startswith("vit.") for name in bare):
        return f"a ViTMAE of transformers: its folder, with config.json, {READ_WHERE}"
    if "cls_token" in bare or "patch_embed.proj.weight" in bare:
        return f"a network with the names of the reference MAE or timm {READ_WHERE}"
    if prefix:
        program = next(program for start, program in PREFIXES.items() if prefix.startswith(start))
        return (
            f"all names begin with the prefix {prefix!r}, of {program}: write the network inside "
            "it with spatial_mae.models.weights.save_weights"
        )
    return "it is no weights file of ours: give weights that pretrain_mae wrote"

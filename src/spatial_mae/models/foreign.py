"""What a file is that is no weights file of ours, and how to bring such weights in, in words."""

from collections.abc import Iterable
from pathlib import Path

ZIP, PICKLE = b"PK\x03\x04", b"\x80"
# What programs put before all names: the program, and the network inside.
WRAPPERS = {
    "module.": ("DataParallel", "model.module"),
    "_orig_mod.": ("torch.compile", "model._orig_mod"),
    "model.": ("a module of Lightning", "module.model"),
}
BRING_IN = (
    'give a folder that transformers wrote, ViTMAEForPreTraining.from_pretrained("facebook/'
    'vit-mae-base").save_pretrained(FOLDER), which holds the published weights with their decoder; '
    "convert weights of your own to ViTMAE's names first (transformers' "
    "convert_vit_mae_to_pytorch.py)"
)


def unreadable(path: Path, error: Exception) -> str:
    """Why `path` is no safetensors file, and what to do."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == ZIP or start[:1] == PICKLE:
        return (
            f"{path}: a pickle of torch.save, as the reference MAE's .pth files, is not read: it "
            "names neither the heads nor the mask ratio, and most of the reference's lack the "
            f"decoder; {BRING_IN}"
        )
    return (
        f"{path}: truncated, or no safetensors file ({error}); copy it again, or rerun the job "
        "that wrote it"
    )


def unknown_names(names: Iterable[str]) -> str:
    """What a safetensors file holds that says nothing of our networks, and what to do."""
    names = list(names)
    if wrapped := wrapper(names):
        return wrapped
    if any(name.startswith("vit.") for name in names):
        return "a ViTMAE of transformers: give its folder, with config.json, not the file"
    if "cls_token" in names or "patch_embed.proj.weight" in names:
        return f"a network with the names of the reference MAE or timm: {BRING_IN}"
    return "it is no weights file of ours: give weights that pretrain_mae wrote"


def wrapper(names: Iterable[str]) -> str | None:
    """What was put before all names, if something was, and what to do."""
    names = list(names)
    for prefix, (program, inside) in WRAPPERS.items():
        if names and all(name.startswith(prefix) for name in names):
            return (
                f"all names begin with the prefix {prefix!r}, of {program}: save the network "
                f"inside it, {inside}.save_pretrained(FOLDER)"
            )
    return None

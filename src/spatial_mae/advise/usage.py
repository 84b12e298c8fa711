"""What to do with the advice: a study to run next, and arguments for other libraries."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from spatial_mae.advise.rungs import mask_text
from spatial_mae.study.advising import training_of

LONGER = 4  # times the epochs of the search
SEEDS = (0, 1, 2)
ALL = {"n_train": None}  # training images


def next_study(advice: Mapping, look: Mapping, config_path: str | Path, block: Mapping) -> str:
    """An overlay (yaml) that trains longer, on all training images, and probes on test images.

    No recipe limits the training images (`n_train`), of training and of the probe.

    Advice: the chosen setting. Without advice: what the evidence does not distinguish, which the
    longer training may settle; a patch size that does not admit the chosen mask ratio has the
    common one.
    """
    config = yaml.safe_load(Path(config_path).read_text(encoding="utf-8"))
    patches = [advice["patch"]] if advice["verdict"] == "advice" else advice["tied_patches"]
    masks = {patch: _mask_of(patch, advice, look) for patch in patches}
    own = training_of(block, advice["mask"])
    names = {training_of(block, m): "advised_common" for m in masks.values()} | {own: "advised"}
    grids = [_grid(block, p, m, names[training_of(block, m)]) for p, m in masks.items()]
    evaluation = "advise_test" if advice["scope"]["n_labels"] else "advise_test_unlabelled"
    study = {
        "study": f"{config['study']}_next",
        "datasets": {block["dataset"]: _dataset(config["datasets"][block["dataset"]], look)},
        "models": {block["model"]: config["models"][block["model"]]},
        "recipes": {
            "pretraining": {
                new: _longer(config["recipes"]["pretraining"][old]) for old, new in names.items()
            },
            "evaluation": {"advised": {**config["recipes"]["evaluation"][evaluation], **ALL}},
        },
        "experiments": [{"kind": "evaluation", "recipe": "advised", "grids": grids}],
    }
    path = f"results/{config['study']}/advise/next_study.yaml"
    head = f"# {advice['sentence']}\n"
    head += f"# Trains {LONGER} times as many epochs, on all training images:\n"
    head += f"#   snakemake --cores all --configfile {path}\n"
    return head + yaml.safe_dump(study, sort_keys=False, allow_unicode=True, width=100)


def _mask_of(patch: int, advice: Mapping, look: Mapping) -> float:
    """The mask ratio for a patch size: the chosen one where it admits that."""
    known = look["masks"].get(str(patch))
    if patch == advice["patch"] or advice["mask"] in (known or ()):
        return advice["mask"]
    return look["common_mask"] if known else look["default"]["mask"]  # the default was not listed


def _grid(block: Mapping, patch: int, mask: float, training: str) -> dict:
    return {
        "dataset": [block["dataset"]],
        "model": [block["model"]],
        "training": [training],
        "patch": [patch],
        "unit": [1],
        "mask": [mask],
        "enc": [block["enc"]],
        "dec": [block["dec"]],
        "seed": list(SEEDS),
    }


def _longer(recipe: Mapping) -> dict:
    more = {"epochs": LONGER * recipe["epochs"], "held_out": 0.0, "checkpoints": []}
    return {**recipe, **more, **ALL}


def _dataset(recipe: Mapping, look: Mapping) -> dict:
    """The data set as the images are: networks of a file of arrays are planned by `channels`."""
    known = {"channels": look["channels"]} if recipe["source"] == "array_file" else {}
    return {**recipe, **known}


def keyword_arguments(advice: Mapping, look: Mapping) -> dict[str, str]:
    """Library -> a line or two of Python with the setting, as the advice has it."""
    height, width, patch, mask = look["height"], look["width"], advice["patch"], advice["mask"]
    n_patches = (height // patch) * (width // patch)
    drawn = mask_text(mask, look)
    note = "" if drawn == f"{mask:g}" else f"  # ours: {drawn} for each batch"
    transformers = (
        f"ViTMAEConfig(image_size={height}, patch_size={patch}, num_channels={look['channels']}, "
        f"mask_ratio={mask:g}){note}"
    )
    if height != width:
        transformers = "none: ViTMAEConfig takes square images alone"
    return {
        "timm": (
            f"timm.create_model('vit_tiny_patch16_224', img_size=({height}, {width}), "
            f"patch_size={patch}, in_chans={look['channels']}, num_classes=0)"
        ),
        "transformers": transformers,
        "lightly": (
            f"MAEDecoderTIMM(num_patches={n_patches}, patch_size={patch}, "
            f"in_chans={look['channels']}, ...); "
            f"random_token_mask(size=(batch_size, {n_patches + 1}), mask_ratio={mask:g}){note}"
        ),
    }

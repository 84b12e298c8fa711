"""The README.md of an exported network: what it is, how it was trained, how to load it."""

import json
from collections.abc import Mapping, Sequence

from spatial_mae import __version__
from spatial_mae.models.architecture import Architecture, from_json

CARD = """\
---
library_name: transformers
license: unknown
tags:
- vit_mae
- masked-autoencoder
---

# {name}

A masked autoencoder (He et al. 2022), pretrained and exported with spatial-mae {version}. Encoder
and decoder are complete; all weights are float32.

## Network

{network}

## Training

{training}

## Licence

No licence is stated for these weights: it is unknown until whoever publishes them chooses one.
{licence}

## Use

```python
{code}
```
{differences}"""

WITH_FILES = """\
import torch
from PIL import Image
from transformers import ViTImageProcessor, ViTMAEForPreTraining
"""
WITH_ARRAYS = """\
import torch
from transformers import ViTMAEForPreTraining
"""
LOAD = """
folder = {name}
model = ViTMAEForPreTraining.from_pretrained(folder).eval()
mean = torch.tensor({mean}).view(1, -1, 1, 1)
deviation = torch.tensor({deviation}).view(1, -1, 1, 1)
"""
IMAGE = """\
image = Image.open("image.png").convert("{mode}")
pixels = ViTImageProcessor.from_pretrained(folder)(image, return_tensors="pt")["pixel_values"]
"""
ARRAY = """\
image = torch.rand(1, {channels}, {side}, {side})  # your images: float, 0 to 1
pixels = (image - mean) / deviation
"""
PLAIN = """
with torch.no_grad():
    output = model(pixels)
"""
UNITS = """
# Hide units of {unit} x {unit} patches, as in training: the noise is the same within a unit.
noise = torch.rand(len(pixels), {rows}, 1, {rows}, 1).expand(-1, -1, {unit}, -1, {unit})
with torch.no_grad():
    output = model(pixels, noise=noise.reshape(len(pixels), -1))
"""
END = """\
print("loss on hidden patches:", output.loss.item())
reconstruction = model.unpatchify({patches}) * deviation + mean  # 0 to 1
"""
UNDO = """
# The network predicts patches of mean 0 and deviation 1; these are the true patches' own.
true = model.patchify(pixels)
spread = (true.var(dim=-1, keepdim=True) + 1e-6).sqrt()
patches = output.logits * spread + true.mean(dim=-1, keepdim=True)
"""


def model_card(
    name: str, metadata: Mapping, config: Mapping, pixels: Mapping, manifest: Mapping | None
) -> str:
    """The text of README.md.

    metadata: of the weights; config, pixels: what config.json and preprocessor_config.json hold;
    manifest: of the data set, if known.
    """
    sizes = from_json(metadata["architecture"])
    return CARD.format(
        name=name,
        version=__version__,
        network=_table(_network(sizes, config)),
        training=_table(_training(sizes, metadata, manifest)),
        licence=_images_licence(manifest),
        code=_code(name, sizes, pixels, metadata["recipe"]["normalise_targets"]),
        differences=_differences(sizes, metadata, config),
    )


def _table(rows: Mapping[str, object]) -> str:
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines])


def _network(sizes: Architecture, config: Mapping) -> dict[str, object]:
    return {
        "image": f"{sizes.height} x {sizes.width_pixels} pixels, {sizes.channels} channels",
        "patch": f"{sizes.patch_size} x {sizes.patch_size} pixels",
        "encoder": _blocks(config, ""),
        "decoder": _blocks(config, "decoder_"),
        "positions": "fixed sines and cosines",
    }


def _blocks(config: Mapping, part: str) -> str:
    depth, width = config[f"{part}num_hidden_layers"], config[f"{part}hidden_size"]
    heads, hidden = config[f"{part}num_attention_heads"], config[f"{part}intermediate_size"]
    return f"depth {depth}, width {width}, {heads} heads, MLP {hidden}"


def _training(
    sizes: Architecture, metadata: Mapping, manifest: Mapping | None
) -> dict[str, object]:
    recipe = metadata["recipe"]
    images = manifest["dataset"] if manifest else "(name unknown)"
    rows = {
        "data set": f"{images}, {metadata.get('n_train', 'unknown number of')} training images",
        "SHA-256 of train.npy": metadata.get("data", {}).get("train.npy", "unknown"),
        "epochs": f"{metadata.get('epoch', 'unknown')} of {metadata.get('epochs', 'unknown')}",
        "state": metadata.get("status", "unknown"),
        "mask ratio": metadata["mask_ratio"],
        "mask unit": f"{sizes.unit} x {sizes.unit} patches",
        "sampling": recipe.get("sampling", "unknown"),
        "loss": f"mean squared error on {recipe.get('loss_on', 'unknown')} patches",
        "targets": "normalised patches" if recipe["normalise_targets"] else "standardised pixels",
        "seed": metadata.get("seed", "unknown"),
    }
    if width := recipe.get("mask_half_width"):
        low, high = (metadata["mask_ratio"] + sign * width for sign in (-1, 1))
        rows["mask ratio"] = f"from {low:.6g} to {high:.6g}, uniform over batches"
    if width := recipe.get("boundary_width"):
        rows["boundary width"] = f"{width} pixels"
    return rows


def _images_licence(manifest: Mapping | None) -> str:
    return f"The images' licence: {(manifest or {}).get('licence') or 'unknown'}."


def _code(name: str, sizes: Architecture, pixels: Mapping, normalised: bool) -> str:
    modes = {1: "L", 3: "RGB"}
    start = [WITH_FILES, LOAD, IMAGE] if sizes.channels in modes else [WITH_ARRAYS, LOAD, ARRAY]
    masking = UNITS if sizes.unit > 1 else PLAIN
    code = "".join([*start, masking, UNDO if normalised else "", END])
    return code.rstrip().format(
        name=json.dumps(name),
        mean=_rounded(pixels["image_mean"]),
        deviation=_rounded(pixels["image_std"]),
        mode=modes.get(sizes.channels),
        channels=sizes.channels,
        side=sizes.height,
        unit=sizes.unit,
        rows=sizes.unit_grid[0],
        patches="patches" if normalised else "output.logits",
    )


def _rounded(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def _differences(sizes: Architecture, metadata: Mapping, config: Mapping) -> str:
    """What transformers does otherwise than the training did."""
    recipe, trained = metadata["recipe"], metadata["mask_ratio"]
    found = []
    if config["mask_ratio"] != trained:
        found.append(
            f"`mask_ratio` in config.json is {config['mask_ratio']:.6g}, not {trained}: with it "
            "transformers, which rounds otherwise, hides as many patches as the training did."
        )
    if sizes.unit > 1:
        found.append(
            f"Without `noise`, transformers hides single patches; the training hid units of "
            f"{sizes.unit} x {sizes.unit}."
        )
    sampling = recipe.get("sampling", "exact")
    if sampling == "bernoulli":
        found.append(
            "The training hid every unit with the mask ratio's probability; transformers hides the "
            "same number in every image."
        )
    elif sampling != "exact":
        found.append(
            f"The training drew its masks by the law {sampling}; transformers hides any patches."
        )
    if recipe.get("loss_on", "hidden") != "hidden" or recipe.get("boundary_width"):
        found.append(
            "`output.loss` is on all pixels of hidden patches, which the training's was not."
        )
    if not found:
        return ""
    return "\n## Differences\n\n" + "\n".join(f"- {line}" for line in found) + "\n"

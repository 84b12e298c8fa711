"""Networks, images and masks from what a user has: what is read, and what is refused."""

import json
import shutil
from argparse import Namespace
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.entry_point import entry_point
from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.files import seal_of
from spatial_mae.jacobian import inputs
from spatial_mae.jacobian.inputs import open_images, open_network
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.pixels import hidden_pixels
from spatial_mae.jacobian.recipe import JacobianRecipe
from spatial_mae.jacobian.stage import checkpoints_of, inputs_of, network_flags
from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.positions import sin_cos_positions
from spatial_mae.models.weights import load_mae, save_weights
from spatial_mae.training.workplace import on_device

GREY = Architecture(8, 12, 1, 2, 2, 2, 1, Backbone(16, 2, 8, 2, 2.0, True))
COLOUR = replace(GREY, channels=3)
SQUARE = replace(COLOUR, width_pixels=8, unit=1)


def save(path, epoch=3, architecture=GREY, kind="mae", parts=("encoder.", "decoder."), **recipe):
    """Weights as a training run leaves them, and the network they were taken from."""
    model = MaskedAutoencoder(
        replace(architecture, decoder_depth=1),
        torch.full((architecture.channels,), 0.4),
        torch.full((architecture.channels,), 0.2),
        torch.Generator().manual_seed(0),
    )
    state = {name: value for name, value in model.state_dict().items() if name.startswith(parts)}
    metadata = {
        "kind": kind,
        "architecture": to_json(architecture),
        "mask_ratio": 0.5,
        "recipe": {"sampling": "bernoulli", "normalise_targets": True, "loss_on": "all"} | recipe,
        "n_train": 60,
        "epoch": epoch,
        "epochs": 7,
        "status": "completed",
    }
    save_weights(path, state, metadata)
    return model


def test_weights_of_ours_are_opened_with_how_they_were_trained(tmp_path):
    saved = save(tmp_path / "weights.safetensors")
    network = open_network(tmp_path / "weights.safetensors")
    assert network.model.architecture == GREY
    found = network.model.state_dict()
    assert found.keys() == saved.state_dict().keys()
    assert all(torch.equal(found[name], value) for name, value in saved.state_dict().items())
    assert not network.model.training
    assert not any(parameter.requires_grad for parameter in network.model.parameters())
    assert network.masking == Masking(0.5, "bernoulli", True)
    assert (network.loss_on, network.epoch) == ("all", 3)
    assert network.columns == {
        "patch": 2,
        "unit": 2,
        "mask": 0.5,
        "enc": 2,
        "dec": 1,
        "model_width": 16,
        "epochs": 7,
        "pretrain_n_train": 60,
        "status": "completed",
    }


def test_the_recipe_of_the_training_is_told(tmp_path):
    save(tmp_path / "w", sampling="exact", normalise_targets=False, loss_on="hidden", epoch=0)
    network = open_network(str(tmp_path / "w"))
    assert network.masking == Masking(0.5, "exact", False)
    assert (network.loss_on, network.epoch) == ("hidden", 0)


def test_another_mask_ratio_replaces_that_of_the_training(tmp_path):
    save(tmp_path / "w")
    network = open_network(tmp_path / "w", mask_ratio=0.75)
    assert network.masking == Masking(0.75, "bernoulli", True)
    assert network.columns["mask"] == 0.75


@pytest.mark.parametrize(
    ("ratio", "problem"),
    [(0.05, "no unit is hidden"), (0.0, "no unit is hidden"), (0.95, "no unit stays visible")],
)
def test_a_mask_ratio_that_hides_nothing_or_all_is_refused(tmp_path, ratio, problem):
    save(tmp_path / "w")
    message = f"mask ratio {ratio} of 6 mask units: {problem}; use a mask ratio from 0.1667"
    with pytest.raises(ValueError, match=message):
        open_network(tmp_path / "w", mask_ratio=ratio)


@pytest.mark.parametrize(
    ("kind", "depth", "parts"),
    [
        ("classifier", 0, ("encoder.",)),
        ("classifier", 1, ("encoder.",)),
        ("mae", 1, ("encoder.",)),
        ("mae", 0, ("encoder.", "decoder.")),
    ],
)
def test_weights_without_a_decoder_are_refused(tmp_path, kind, depth, parts):
    save(tmp_path / "w", kind=kind, parts=parts, architecture=replace(GREY, decoder_depth=depth))
    message = rf"w: holds an encoder alone \({kind}\), no decoder; give the weights of a masked"
    with pytest.raises(ValueError, match=message):
        open_network(tmp_path / "w")


@pytest.mark.parametrize("normalised", [True, False])
def test_a_network_draws_reconstructs_and_differentiates_as_it_was_trained(tmp_path, normalised):
    model = save(tmp_path / "w", normalise_targets=normalised)
    network = open_network(tmp_path / "w", mask_ratio=0.75)
    masks = network.draw_masks(3, torch.Generator().manual_seed(0))
    law = (GREY, 0.75, "bernoulli")
    assert torch.equal(masks, draw_masks(torch.Generator().manual_seed(0), 3, *law))
    images = torch.rand(3, 1, 8, 12, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = model.reconstruct(images, masks, normalised)
    assert torch.equal(network.reconstruct(images, masks), expected)
    found = network.jacobian(images[0], masks[0])
    hidden = hidden_pixels(GREY, masks[0])
    assert torch.equal(found.outputs, hidden)
    direct = jacobian(model, images[0], masks[0], hidden, normalised=normalised)
    assert torch.equal(found.values, direct.values)
    one = network.jacobian(images[0], masks[0], hidden[:1], mode="reverse")
    assert one.mode == "reverse" and len(one.outputs) == 1


def test_weights_that_do_not_say_how_they_were_trained_are_named(tmp_path):
    model = save(tmp_path / "weights.safetensors")
    known = {"kind": "mae", "architecture": to_json(GREY), "mask_ratio": 0.5}
    save_weights(tmp_path / "bare.safetensors", model.state_dict(), known)
    with pytest.raises(ValueError, match=r"bare.*does not say how .*epoch, recipe"):
        open_network(tmp_path / "bare.safetensors")


def test_damaged_and_missing_weights_are_named(tmp_path):
    path = tmp_path / "weights.safetensors"
    with pytest.raises(ValueError, match="weights.safetensors: no such weights file"):
        open_network(path)
    save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="weights.safetensors is not what was written there"):
        open_network(path)
    seal_of(path).unlink()
    with pytest.raises(ValueError, match="weights.safetensors: truncated"):
        open_network(path)


@pytest.fixture(scope="module")
def vit_mae(tmp_path_factory):
    """A folder as transformers saves a ViTMAE."""
    from transformers import ViTMAEConfig, ViTMAEForPreTraining

    torch.manual_seed(0)
    config = ViTMAEConfig(
        image_size=16,
        patch_size=4,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        decoder_hidden_size=16,
        decoder_num_hidden_layers=1,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=32,
        mask_ratio=0.6,
        norm_pix_loss=True,
    )
    model = ViTMAEForPreTraining(config)
    with torch.no_grad():
        for positions in (
            model.vit.embeddings.position_embeddings,
            model.decoder.decoder_pos_embed,
        ):
            positions[0, 0] = 0
            positions[0, 1:] = sin_cos_positions(4, 4, positions.shape[2])
    folder = tmp_path_factory.mktemp("vit_mae")
    model.save_pretrained(folder)
    return folder


def test_a_saved_vit_mae_is_opened_without_a_history(vit_mae):
    network = open_network(vit_mae)
    assert network.masking == Masking(0.6, "exact", True)
    assert (network.loss_on, network.epoch) == ("hidden", None)
    assert network.columns == {
        "patch": 4,
        "unit": 1,
        "mask": 0.6,
        "enc": 2,
        "dec": 1,
        "model_width": 32,
    }
    assert not network.model.training
    assert not any(parameter.requires_grad for parameter in network.model.parameters())
    assert open_network(vit_mae, 0.25).columns["mask"] == 0.25
    with pytest.raises(ValueError, match="mask ratio 0.01 of 16 mask units: no unit is hidden"):
        open_network(vit_mae, 0.01)


@pytest.fixture
def reference(tmp_path):
    """A file with the names of the reference MAE, and how it was trained next to it."""
    model = save(tmp_path / "ours.safetensors", architecture=SQUARE)
    tensors = {"pos_embed": model.encoder.positions, "decoder_pos_embed": model.decoder.positions}
    tensors = {name: nn.functional.pad(t, (0, 0, 1, 0))[None] for name, t in tensors.items()}
    for name, value in model.state_dict().items():
        for ours, theirs in REFERENCE_NAMES:
            name = name.replace(ours, theirs)
        tensors[name] = value
    sizes = model.architecture
    side, channels = sizes.patch_size, sizes.channels
    kernel = tensors["patch_embed.proj.weight"].reshape(-1, side, side, channels)
    tensors["patch_embed.proj.weight"] = kernel.permute(0, 3, 1, 2)
    tensors = {name: value for name, value in tensors.items() if "pixel_" not in name}
    torch.save({"model": tensors}, tmp_path / "mae.pth")
    heads = {name: getattr(sizes.backbone, name) for name in ("encoder_heads", "decoder_heads")}
    statistics = {"image_mean": [0.5] * channels, "image_std": [0.2] * channels}
    known = {"mask_ratio": 0.5, "normalise_targets": True} | heads | statistics
    (tmp_path / "mae.json").write_text(json.dumps(known))
    return tmp_path / "mae.pth"


REFERENCE_NAMES = (
    ("encoder.patch_embedding", "patch_embed.proj"),
    ("encoder.class_token", "cls_token"),
    ("encoder.", ""),
    ("decoder.mask_token", "mask_token"),
    ("decoder.embedding", "decoder_embed"),
    ("decoder.head", "decoder_pred"),
    ("decoder.", "decoder_"),
    ("attention_norm", "norm1"),
    ("mlp_norm", "norm2"),
    ("attention.projection", "attn.proj"),
    ("attention.", "attn."),
    ("mlp.expand", "mlp.fc1"),
    ("mlp.contract", "mlp.fc2"),
)


def test_weights_of_the_reference_are_opened_and_recorded(reference):
    network = open_network(reference)
    assert network.masking == Masking(0.5, "exact", True)
    assert (network.loss_on, network.epoch) == ("hidden", None)
    ours, _ = load_mae(reference.with_name("ours.safetensors"))
    for name, value in network.model.named_parameters():
        assert torch.equal(value, ours.get_parameter(name)), name
    given = Namespace(weights=reference, images=reference.parent)
    assert inputs_of(given) == [reference, reference.with_suffix(".json")]


def test_a_folder_that_holds_no_network_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no config.json"):
        open_network(tmp_path)


def drawn(n, channels, height=8, width=12):
    rng = np.random.default_rng(n + channels)
    return rng.integers(256, size=(n, height, width, channels), dtype=np.uint8)


@pytest.fixture
def dataset(tmp_path):
    """The manifest of a data set in which each image has its own number in a corner."""

    def build(channels=1, **sides):
        splits = {"train": drawn(9, channels, **sides), "test": drawn(6, channels, **sides)}
        for images in splits.values():
            images[:, 0, 0, 0] = np.arange(len(images))
        prepared = Prepared(
            splits={name: [Batch(images)] for name, images in splits.items()},
            shape=splits["test"].shape[1:],
            pixels="drawn",
            licence="none",
        )
        write_dataset(tmp_path / "manifest.json", "toy", "test", prepared, {})
        return tmp_path / "manifest.json", splits

    return build


@pytest.mark.parametrize("split", ["train", "test"])
def test_images_of_a_data_set(dataset, split):
    path, splits = dataset(channels=3)
    images = open_images(path, COLOUR, split, 4)
    assert images.columns == {"dataset": "toy", "split": split}
    assert images.pixels.dtype == torch.uint8 and images.pixels.shape == (4, 3, 8, 12)
    numbers = images.pixels[:, 0, 0, 0].tolist()
    assert len(set(numbers)) == 4
    for picture, number in zip(images.pixels.numpy(), numbers, strict=True):
        assert np.array_equal(picture.transpose(1, 2, 0), splits[split][number])


def test_images_of_a_data_set_are_in_memory_whatever_its_size(dataset, short_of_memory):
    images = open_images(dataset(channels=3)[0], COLOUR, "test", 4)
    assert isinstance(images.pixels, torch.Tensor) and images.pixels.shape == (4, 3, 8, 12)


def test_a_data_set_of_other_images_or_too_few_is_refused(dataset):
    path, _ = dataset(height=12, width=12)
    with pytest.raises(ValueError, match=r"12 x 12 x 1 .*the network is for 8 x 12 x 1"):
        open_images(path, GREY, "test", 2)
    path, _ = dataset()
    with pytest.raises(ValueError, match="7 images wanted of 6"):
        open_images(path, GREY, "test", 7)
    with pytest.raises(ValueError, match="network is for 8 x 12 x 3"):
        open_images(path, COLOUR, "test", 2)


def paint(folder, images):
    """PNGs 0.png, 1.png, .. in folders, as classes and splits are laid out."""
    for number, image in enumerate(images):
        path = folder / ("train" if number % 2 else "test") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).save(path)
    return folder


@pytest.mark.parametrize(("architecture", "channels"), [(GREY, 1), (COLOUR, 3)])
def test_images_of_a_folder_are_read_as_they_are(tmp_path, architecture, channels):
    painted = drawn(5, channels)
    folder = paint(tmp_path / "mine", painted)
    images = open_images(folder, architecture, "test", 100)
    assert images.columns == {"dataset": "mine"}
    assert images.pixels.dtype == torch.uint8 and images.pixels.is_contiguous()
    found = {picture.transpose(1, 2, 0).tobytes() for picture in images.pixels.numpy()}
    assert len(images.pixels) == 5 and found == {picture.tobytes() for picture in painted}


def test_a_few_files_are_drawn_from_a_folder(tmp_path):
    painted = drawn(9, 1)
    folder = paint(tmp_path / "mine", painted)
    first, again = (open_images(folder, GREY, "test", 4).pixels for _ in range(2))
    assert torch.equal(first, again)
    found = {picture.numpy().tobytes() for picture in first}
    assert len(found) == 4
    assert found < {picture.tobytes() for picture in painted}
    # Neither the first files nor the last: a folder may be sorted by what it shows.
    order = {picture.tobytes(): number for number, picture in enumerate(painted)}
    of_one_split = sorted(order[picture] % 2 for picture in found)
    assert of_one_split not in ([0] * 4, [1] * 4)


def test_colour_becomes_luma_for_a_grey_network_and_grey_three_channels(tmp_path):
    flat = np.full((1, 8, 12, 3), [200, 100, 50], dtype=np.uint8)
    luma = open_images(paint(tmp_path / "colour", flat), GREY, "test", 1).pixels
    expected = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
    assert (luma.double() - expected).abs().max() <= 0.5
    grey = drawn(1, 1)
    three = open_images(paint(tmp_path / "grey", grey), COLOUR, "test", 1).pixels
    assert np.array_equal(three[0].numpy(), grey[0].transpose(2, 0, 1).repeat(3, axis=0))


def test_a_file_of_another_size_is_named_with_both_sizes(tmp_path):
    folder = paint(tmp_path / "mine", drawn(2, 1))
    Image.fromarray(drawn(1, 1, 12, 8)[0, :, :, 0]).save(folder / "train/turned.png")
    message = (
        r"train/turned.png: 12 x 8 pixels \(height x width\), the network is for 8 x 12; crop or"
    )
    with pytest.raises(ValueError, match=message):
        open_images(folder, GREY, "test", 10)


def test_an_unreadable_file_is_named(tmp_path):
    folder = paint(tmp_path / "mine", drawn(2, 1))
    whole = (folder / "test/0.png").read_bytes()
    (folder / "test/0.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"test/0.png: cannot be read \(.+\); repair or remove it"):
        open_images(folder, GREY, "test", 10)
    (folder / "test/0.png").write_text("no image")
    with pytest.raises(ValueError, match="test/0.png: cannot be read"):
        open_images(folder, GREY, "test", 10)


def test_an_image_too_large_to_be_one_is_named(tmp_path, monkeypatch):
    paint(tmp_path / "mine", drawn(1, 1))
    monkeypatch.setattr(inputs, "Reading", partial(inputs.Reading, max_megapixels=50e-6))
    with pytest.raises(ValueError, match=r"mine/.*cannot be read .*more than max_megapixels 5e-05"):
        open_images(tmp_path / "mine", GREY, "test", 1)


def test_missing_images_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none: no manifest.json of a data set and no fold"):
        open_images(tmp_path / "none", GREY, "test", 1)
    with pytest.raises(FileNotFoundError, match="no data set at .*manifest.json"):
        open_images(tmp_path / "manifest.json", GREY, "test", 1)
    with pytest.raises(FileNotFoundError, match="no images in this folder"):
        open_images(tmp_path, GREY, "test", 1)


def test_earlier_checkpoints_of_weights_that_say_their_epoch(tmp_path, vit_mae):
    for epoch in (0, 1, 10, 2):
        save(tmp_path / f"checkpoints/epoch-{epoch}.safetensors", epoch)
    save(tmp_path / "weights.safetensors", epoch=10)
    network = open_network(tmp_path / "weights.safetensors")
    arguments = Namespace(checkpoints=tmp_path / "checkpoints", weights=vit_mae)
    names = [path.stem for path in checkpoints_of(arguments, network, "all")]
    assert names == ["epoch-0", "epoch-1", "epoch-2"]
    assert [p.stem for p in checkpoints_of(arguments, network, "last")] == ["epoch-0"]
    unknown = open_network(vit_mae)
    with pytest.raises(ValueError, match="does not say how long it was trained.*leave it out"):
        checkpoints_of(arguments, unknown, "all")
    assert checkpoints_of(Namespace(checkpoints=None), unknown, "all") == []


def test_the_record_holds_the_files_that_were_read(tmp_path, vit_mae, dataset):
    save(tmp_path / "weights.safetensors")
    manifest, _ = dataset()
    ours = Namespace(weights=tmp_path / "weights.safetensors", images=manifest, moments=None)
    assert inputs_of(ours) == [ours.weights, manifest]
    folder = paint(tmp_path / "mine", drawn(1, 1))
    theirs = Namespace(weights=vit_mae, images=folder)
    assert inputs_of(theirs) == [vit_mae / "model.safetensors"]
    parts = tmp_path / "parts"
    shutil.copytree(vit_mae, parts)
    tensors = load_file(parts / "model.safetensors")
    (parts / "model.safetensors").rename(parts / "part.safetensors")
    index = {"weight_map": dict.fromkeys(tensors, "part.safetensors")}
    (parts / "model.safetensors.index.json").write_text(json.dumps(index))
    theirs = Namespace(weights=parts, images=folder)
    assert inputs_of(theirs) == [parts / "part.safetensors"]


def test_flags_of_an_entry_point_and_its_device(tmp_path):
    seen = []

    @entry_point(network_flags(JacobianRecipe, "{}"), record=str(tmp_path / "run.json"))
    def main(given):
        with on_device(given) as device:
            assert device.type in ("cpu", "cuda")
        seen.append(given)

    main(["--weights", "w", "--images", "i", "--threads", "1"])
    (given,) = seen
    assert (given.weights, given.images) == (Path("w"), Path("i"))
    assert (given.mask_ratio, given.recipe, given.seed) == (None, JacobianRecipe(), 0)
    assert json.loads((tmp_path / "run.json").read_text())["device"] == given.notes["device"]
    required = entry_point(network_flags(JacobianRecipe), record="run.json")(main)
    with pytest.raises(SystemExit):
        required(["--weights", "w", "--images", "i"])

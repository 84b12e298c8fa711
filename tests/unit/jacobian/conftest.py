"""Small networks, images and masks, and what is measured on them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import toy_comparison
import toy_inputs
import toy_measurement
from torch import nn
from toy_comparison import Affine, draw, noting
from toy_measurement import CHANNELS, EXACT, Recording

from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.jacobian import comparison
from spatial_mae.jacobian.comparison import compare_linear
from spatial_mae.jacobian.inputs import Images, Network
from spatial_mae.jacobian.jacobian import Jacobian
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.measurement import measure_jacobian
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.positions import sin_cos_positions

SIZES = Architecture(8, 12, 2, 4, 1, 2, 2, Backbone(16, 2, 8, 2, 2.0, True))
HIDDEN = (1, 3, 4)  # of the six patches


class LinearNetwork(nn.Module):
    """Images times a matrix (d, d), row = input value, with hidden pixels set to zero.

    Values are numbered by row, column, channel, as `spatial_mae.masks.patches` numbers them.
    """

    def __init__(self, architecture, matrix, offset):
        super().__init__()
        self.architecture = architecture
        self.matrix, self.offset = nn.Parameter(matrix), nn.Parameter(offset)

    def reconstruct(self, images, masks):
        side = self.architecture.patch_size
        grid = masks.reshape(-1, 1, *self.architecture.grid)
        hidden = grid.repeat_interleave(side, 2).repeat_interleave(side, 3)
        rows = (images * ~hidden).permute(0, 2, 3, 1)
        made = rows.flatten(1) @ self.matrix + self.offset
        return made.reshape(rows.shape).permute(0, 3, 1, 2)


@pytest.fixture
def architecture():
    return lambda **changes: replace(SIZES, **changes)


@pytest.fixture
def network():
    """Build a network with no parameter at zero, so that a lost term shows."""

    def build(sizes=SIZES, dtype=torch.float64):
        generator = torch.Generator().manual_seed(0)
        statistics = torch.tensor([[0.5, 0.4], [0.15, 0.3]])
        model = MaskedAutoencoder(sizes, *statistics, generator)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.2 * torch.randn(parameter.shape, generator=generator)
        return model.to(dtype)

    return build


@pytest.fixture
def linear_network():
    def build(seed=0):
        generator = torch.Generator().manual_seed(seed)
        size = SIZES.height * SIZES.width_pixels * SIZES.channels
        matrix = torch.randn(size, size, generator=generator, dtype=torch.float64)
        offset = torch.randn(size, generator=generator, dtype=torch.float64)
        return LinearNetwork(SIZES, matrix, offset)

    return build


@pytest.fixture
def mask():
    mask = torch.zeros(SIZES.n_patches, dtype=torch.bool)
    mask[list(HIDDEN)] = True
    return mask


@pytest.fixture
def images():
    def build(n=1, seed=1):
        generator = torch.Generator().manual_seed(seed)
        return torch.rand(n, 2, 8, 12, generator=generator, dtype=torch.float64)

    return build


@pytest.fixture
def made_up():
    """A Jacobian of one channel with the given values (outputs, inputs), on a 1 x n line."""

    def build(values, outputs, inputs, length=8):
        values = torch.as_tensor(values, dtype=torch.float64)[:, None, :, None]
        places = [torch.tensor([[0, column] for column in some]) for some in (outputs, inputs)]
        hidden = torch.ones(1, length, dtype=torch.bool)
        hidden[0, inputs] = False
        return Jacobian(values, *places, hidden, "forward", 1)

    return build


@pytest.fixture
def compared(linear_network, network, architecture, monkeypatch):
    """Compare a network with a linear model, and note the masks that were drawn for it."""

    def build(affine, recipe=toy_comparison.RECIPE, masking=toy_comparison.MASKING, seed=0):
        fitted = Images(draw(recipe.n_fitted, 9), {"dataset": "toy", "split": "train"})
        mean = (fitted.pixels.double() / 255).mean(dim=0).permute(1, 2, 0).flatten()
        inner = linear_network()
        model = Affine(inner, mean) if affine else network(dtype=torch.float32)
        linear = LinearModel(architecture(), inner.matrix.detach(), mean)
        images = Images(draw(12, 8), {"dataset": "toy", "split": "test"})
        trained = Network(model, masking, "hidden", 3, {"enc": 2})
        masks = {"hiding_masks": [], "draw_masks": []}
        with monkeypatch.context() as patched:
            for name, drawn in masks.items():
                patched.setattr(comparison, name, noting(getattr(comparison, name), drawn))
            found = compare_linear(trained, linear, images, fitted, recipe, seed)
        hiding = {len(drawn): drawn for drawn in masks["hiding_masks"]}
        assert set(hiding) == {1, recipe.n_fitted, recipe.n_images}
        return SimpleNamespace(
            kernels=found.kernels,
            measures={row["measure"]: row for row in found.measures},
            model=model,
            linear=linear,
            pixels=images.pixels,
            kernel_masks=hiding[recipe.n_images],
            affine_masks=(hiding[1], hiding[recipe.n_fitted]),
            error_masks=masks["draw_masks"][0],
        )

    return build


@pytest.fixture
def measured(network, architecture):
    """Measure two networks and a linear model, and note where they were measured."""

    def build(recipe=toy_measurement.RECIPE, masking=EXACT, seed=0, sizes=None):
        sizes = sizes or architecture()
        generator = torch.Generator().manual_seed(8)
        shape = (recipe.n_images, CHANNELS, 8, 12)
        pixels = torch.randint(256, shape, generator=generator, dtype=torch.uint8)
        models = {"network": network(sizes), "untrained": network(sizes)}
        with torch.no_grad():
            for parameter in models["untrained"].parameters():
                parameter *= 0.7
        columns = {"mask": masking.mask_ratio, "enc": 2}
        trained, untrained = (
            Network(model, masking, "hidden", epoch, columns)
            for model, epoch in zip(models.values(), (16, 0), strict=True)
        )
        linear = Recording(sizes)
        images = Images(pixels, {"dataset": "toy", "split": "test"})
        found = measure_jacobian(trained, untrained, linear, images, recipe, seed)
        of_image = [
            linear.places[n * recipe.n_masks : (n + 1) * recipe.n_masks]
            for n in range(recipe.n_images)
        ]
        assert len(linear.places) == recipe.n_images * recipe.n_masks
        return SimpleNamespace(
            summary=found.summary,
            profile=found.profile,
            histogram=found.histogram,
            places=of_image,
            models=models,
            linear=linear,
            pixels=pixels,
            masking=masking,
            recipe=recipe,
        )

    return build


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


@pytest.fixture
def dataset(tmp_path):
    """The manifest of a data set in which each image has its own number in a corner."""

    def build(channels=1, **sides):
        splits = {
            "train": toy_inputs.drawn(9, channels, **sides),
            "test": toy_inputs.drawn(6, channels, **sides),
        }
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

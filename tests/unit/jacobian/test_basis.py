"""Kernels over training: the numbers of the Jacobian itself, and pictures of it."""

import statistics
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from jacobian_rows import chosen

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.adaptivity import adaptivity
from spatial_mae.jacobian.basis import track_basis
from spatial_mae.jacobian.entropy import spatial_entropy
from spatial_mae.jacobian.inputs import Images, Network
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.linear_model import LinearModel
from spatial_mae.jacobian.locality import spread
from spatial_mae.jacobian.recipe import BasisRecipe

# The first convention is not the usual one, so that it shows where it is used.
RECIPE = BasisRecipe(
    powers=(2, 1),
    channels=("separate", "sum"),
    bases=(2, "e"),
    normalisations=("visible", "no"),
    linear_centring="centred",
    linear_ridge=0.0,
    linear_flip=False,
    split="test",
    n_images=4,
    n_shown=2,
    pixels=([0, 5], [6, 1]),
)
EPOCHS = (0, 1, 4)
MASKING = Masking(0.5, "exact", False)
HEIGHT, WIDTH = 8, 12


@pytest.fixture
def tracked(network, architecture):
    """Track three networks, each with smaller parameters than the one before, and a matrix."""

    def build(recipe=RECIPE, masking=MASKING, seed=0, n_images=4):
        generator = torch.Generator().manual_seed(8)
        shape = (n_images, 2, HEIGHT, WIDTH)
        pixels = torch.randint(256, shape, generator=generator, dtype=torch.uint8)
        models = {}
        for epoch in EPOCHS:
            models[epoch] = network()
            with torch.no_grad():
                for parameter in models[epoch].parameters():
                    parameter *= 1 - 0.1 * epoch
        opened = []

        def opening(epoch):
            def open_it():
                opened.append(epoch)
                status = {"status": f"at {epoch}", "enc": 2}
                return Network(models[epoch], masking, "hidden", epoch, status)

            return open_it

        matrix = torch.randn(192, 192, generator=generator, dtype=torch.float64)
        linear = LinearModel(architecture(), matrix, torch.zeros(192, dtype=torch.float64))
        images = Images(pixels, {"dataset": "toy", "split": "test"})
        found = track_basis([opening(e) for e in EPOCHS], linear, images, recipe, seed)
        pictures = [row for row in found.kernels if row["source"] == "image"]
        return SimpleNamespace(
            numbers=found.numbers,
            kernels=found.kernels,
            pictures=pictures,
            mask=mask_of(pictures),
            models=models,
            linear=linear,
            pixels=pixels,
            opened=opened,
            outputs=torch.tensor([list(pixel) for pixel in recipe.pixels]),
            normalised=masking.normalise_targets,
        )

    return build


def mask_of(pictures):
    """The mask of patches, from the pixels that the first image's rows call hidden."""
    hidden = {(r["row"], r["column"]): r["hidden"] for r in pictures if r["image"] == 0}
    return torch.tensor([bool(hidden[4 * (p // 3), 4 * (p % 3)]) for p in range(6)])


def jacobians(tracked, source, epoch=None):
    """One an image, found by themselves."""
    if source == "linear":
        return [tracked.linear.jacobian(tracked.mask, tracked.outputs) for _ in tracked.pixels]
    model = tracked.models[epoch]
    return [
        jacobian(model, image, tracked.mask, tracked.outputs, normalised=tracked.normalised)
        for image in tracked.pixels.float() / 255
    ]


SOURCES = [*(("network", epoch) for epoch in EPOCHS), ("linear", None)]


@pytest.mark.parametrize("normalised", [False, True])
def test_spread_and_entropy_are_means_over_images(tracked, normalised):
    found = tracked(masking=replace(MASKING, normalise_targets=normalised))
    for source, epoch in SOURCES:
        of_images = jacobians(found, source, epoch)
        for c in RECIPE.all():
            entropies = [
                spatial_entropy(j, c.power, c.channels, c.base, c.normalised) for j in of_images
            ]
            spreads = [spread(j, c.power, c.channels) for j in of_images]
            weighting = {"power": c.power, "channels": c.channels}
            for measure, per_image, keys in (
                ("entropy", entropies, vars(c)),
                ("spread", spreads, weighting),
            ):
                for output in (0, 1):
                    keys = keys | {"source": source, "epoch": epoch, "output": output}
                    (row,) = chosen(found.numbers, measure=measure, **keys)
                    values = [value[output].mean().item() for value in per_image]
                    assert row["value"] == pytest.approx(statistics.mean(values), rel=1e-5)
                    if source == "linear":
                        assert row["standard_error"] is None
                        assert statistics.pstdev(values) == 0
                    else:
                        error = statistics.stdev(values) / 2
                        assert row["standard_error"] == pytest.approx(error, rel=1e-3)


def test_adaptivity_is_that_of_the_kernels_and_0_for_the_linear_model(tracked):
    found = tracked()
    for source, epoch in SOURCES:
        expected = adaptivity(jacobians(found, source, epoch)).tolist()
        for output in (0, 1):
            keys = {"source": source, "epoch": epoch, "output": output, "measure": "adaptivity"}
            (row,) = chosen(found.numbers, **keys)
            assert row["value"] == pytest.approx(expected[output], rel=1e-4, abs=1e-12)
            assert not {"power", "channels", "base", "normalised", "standard_error"} & set(row)
            if source == "linear":
                assert abs(row["value"]) < 1e-12
            else:
                assert row["value"] > 1e-3


def test_kernels_are_the_jacobian_summed_over_channels_and_0_where_hidden(tracked):
    found = tracked()
    for source, epoch in SOURCES:
        for image, of_image in enumerate(jacobians(found, source, epoch)[: RECIPE.n_shown]):
            expected = of_image.kernels().abs().sum(dim=(1, 2))
            assert (expected[:, of_image.hidden] == 0).all()
            for output, (row_, column) in enumerate(RECIPE.pixels):
                number = None if source == "linear" else image
                keys = {"source": source, "epoch": epoch, "image": number, "output": output}
                rows = chosen(found.kernels, **keys)
                places = [(row["row"], row["column"]) for row in rows]
                assert places == [(r, c) for r in range(HEIGHT) for c in range(WIDTH)]
                assert {(r["output_row"], r["output_column"]) for r in rows} == {(row_, column)}
                weights = torch.tensor([row["weight"] for row in rows], dtype=torch.float64)
                weights = weights.view(HEIGHT, WIDTH)
                assert (weights[of_image.hidden] == 0).all()
                assert (weights[~of_image.hidden] > 0).all()
                # Written with six digits.
                assert torch.allclose(weights, expected[output].double(), rtol=1e-5, atol=0)


def test_kernels_of_the_linear_model_are_its_matrix(tracked):
    found = tracked()
    W = found.linear.matrix.view(HEIGHT, WIDTH, 2, HEIGHT, WIDTH, 2)
    for output, (row_, column) in enumerate(RECIPE.pixels):
        for row in chosen(found.kernels, source="linear", output=output):
            hidden = found.mask[row["row"] // 4 * 3 + row["column"] // 4]
            size = W[row["row"], row["column"], :, row_, column].abs().sum().item()
            assert row["weight"] == (0 if hidden else pytest.approx(size, rel=1e-5))


def test_pictures_repeat_the_numbers_of_the_first_convention(tracked):
    found = tracked()
    for source, epoch in SOURCES:
        of_images = jacobians(found, source, epoch)
        for output in (0, 1):
            keys = {"source": source, "epoch": epoch, "output": output}
            (adaptive,) = chosen(found.numbers, measure="adaptivity", **keys)
            for image in range(1 if source == "linear" else RECIPE.n_shown):
                number = None if source == "linear" else image
                rows = chosen(found.kernels, image=number, **keys)
                repeated = {(row["spread"], row["entropy"], row["adaptivity"]) for row in rows}
                assert len(rows) == HEIGHT * WIDTH and len(repeated) == 1
                reach, entropy, same = repeated.pop()
                expected = spread(of_images[image], 2, "separate")[output].mean().item()
                assert reach == pytest.approx(expected, rel=1e-5)
                expected = spatial_entropy(of_images[image], 2, "separate", 2, "visible")
                assert entropy == pytest.approx(expected[output].mean().item(), rel=1e-5)
                assert same == adaptive["value"]


def test_pictures_of_the_images_that_are_shown(tracked):
    found = tracked()
    assert [row["image"] for row in found.pictures] == [0] * 96 + [1] * 96
    for row in found.pictures:
        place = found.pixels[row["image"], :, row["row"], row["column"]].tolist()
        assert [row["original_0"], row["original_1"]] == pytest.approx(
            [value / 255 for value in place], abs=1e-6
        )
        assert row["hidden"] == int(found.mask[row["row"] // 4 * 3 + row["column"] // 4])


@pytest.mark.parametrize("seed", range(6))
def test_the_mask_hides_the_pixels_and_follows_the_law(tracked, seed):
    recipe = replace(RECIPE, powers=(1,), channels=("sum",), bases=("e",), normalisations=("no",))
    mask = tracked(recipe, seed=seed).mask
    assert mask[1] and mask[3]  # the patches of pixels (0, 5) and (6, 1)
    assert mask.sum() == 3


def test_the_seed_decides_the_mask(tracked):
    masks = {tuple(tracked(seed=seed).mask.tolist()) for seed in range(8)}
    assert len(masks) > 1
    first, again = tracked(seed=5), tracked(seed=5)
    assert (first.numbers, first.kernels) == (again.numbers, again.kernels)


def test_epochs_come_in_order_and_the_linear_model_last(tracked):
    found = tracked()
    assert found.opened == list(EPOCHS)
    order = list(dict.fromkeys((row["source"], row["epoch"]) for row in found.numbers))
    assert order == SOURCES
    pictures = list(dict.fromkeys((row["source"], row.get("epoch")) for row in found.kernels))
    assert pictures == [("image", None), *SOURCES]
    for measure, number in (("spread", 4), ("entropy", 16), ("adaptivity", 1)):
        for source, epoch in SOURCES:
            keys = {"source": source, "epoch": epoch, "measure": measure, "output": 1}
            assert len(chosen(found.numbers, **keys)) == number


def test_each_epoch_has_kernels_of_its_own(tracked):
    found = tracked()
    keys = {"source": "network", "image": 0, "output": 0}
    weights = [
        [row["weight"] for row in chosen(found.kernels, epoch=epoch, **keys)] for epoch in EPOCHS
    ]
    assert len({tuple(kernel) for kernel in weights}) == len(EPOCHS)


def test_rows_name_the_finished_network_and_the_images(tracked):
    found = tracked()
    named = {"dataset": "toy", "split": "test", "status": "at 4", "enc": 2}
    named |= {"n_images": 4, "n_masks": 1}
    for row in found.numbers + found.kernels:
        assert named.items() <= row.items()
    for row in found.numbers:
        assert [row["output_row"], row["output_column"]] == RECIPE.pixels[row["output"]]


def test_without_a_linear_model_there_is_the_network_alone(network):
    images = Images(torch.zeros(2, 2, HEIGHT, WIDTH, dtype=torch.uint8), {})
    recipe = replace(RECIPE, n_images=2, n_shown=1)
    alone = Network(network(), MASKING, "hidden", None, {})
    found = track_basis([lambda: alone], None, images, recipe, 0)
    assert {row["source"] for row in found.numbers} == {"network"}
    # The same image twice: nothing to adapt to.
    for row in chosen(found.numbers, measure="adaptivity"):
        assert abs(row["value"]) < 1e-12


def test_too_few_images_are_refused(tracked):
    with pytest.raises(ValueError, match="3 images for n_images 4: bring more"):
        tracked(n_images=3)


def test_pixels_that_no_mask_hides_together_are_refused(tracked):
    with pytest.raises(ValueError, match="name fewer of them, pixels of one mask unit, or raise"):
        tracked(masking=Masking(1 / 6, "exact", False))
    with pytest.raises(ValueError, match=r"\(8, 0\) is outside the image"):
        tracked(replace(RECIPE, pixels=([8, 0],)))

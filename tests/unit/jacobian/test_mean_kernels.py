"""Mean kernels of a network and of the linear MAE: values, similarity and spread."""

import math
from dataclasses import replace

import pytest
import torch
from jacobian_rows import chosen
from toy_comparison import HEIGHT, OWN_PATCHES, PIXELS, RECIPE, WIDTH, patch_of

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.comparison import grey_response
from spatial_mae.jacobian.jacobian import jacobian


def pictures(found, source, output):
    """Values and errors (H, W) of one output's kernel, NaN where empty."""
    rows = chosen(found.kernels, source=source, output=output)
    assert [(r["row"], r["column"]) for r in rows] == [
        (r, c) for r in range(HEIGHT) for c in range(WIDTH)
    ]
    return tuple(
        torch.tensor(
            [math.nan if row[name] is None else row[name] for row in rows], dtype=torch.float64
        ).view(HEIGHT, WIDTH)
        for name in ("value", "standard_error")
    )


def grey_entries(matrix, output):
    """How the mean of an output's channels moves when both channels of an input do: (H, W)."""
    row, column = PIXELS[output]
    W = matrix.view(HEIGHT, WIDTH, 2, HEIGHT, WIDTH, 2)[:, :, :, row, column]
    return (W[:, :, 0, 0] + W[:, :, 1, 0] + W[:, :, 0, 1] + W[:, :, 1, 1]) / 2


def test_a_linear_network_has_the_mean_kernels_of_the_linear_model(compared):
    found = compared(affine=True)
    assert all(row["similarity"] == pytest.approx(1, abs=1e-9) for row in found.kernels)
    for output in (0, 1):
        expected = grey_entries(found.linear.matrix, output)
        for source in ("network", "linear"):
            values, errors = pictures(found, source, output)
            for row in range(HEIGHT):
                for column in range(WIDTH):
                    if patch_of(row, column) in OWN_PATCHES:
                        assert values[row, column].isnan() and errors[row, column].isnan()
                    else:
                        entry = expected[row, column].item()
                        assert values[row, column].item() == pytest.approx(entry, abs=1e-9)
                        error = errors[row, column].item()
                        assert math.isnan(error) if source == "linear" else error < 1e-9


def test_kernels_are_means_over_the_masks_that_show_an_input(compared):
    found = compared(affine=False)
    assert len(found.kernel_masks.unique(dim=0)) == 4
    outputs = torch.tensor(PIXELS)
    shown_often = set()
    for mask in found.kernel_masks:
        assert mask[list(OWN_PATCHES)].all() and mask.sum() == 3
    of_images = [
        (jacobian(found.model, image, mask, outputs), mask)
        for image, mask in zip(found.pixels.float() / 255, found.kernel_masks, strict=True)
    ]
    for output in (0, 1):
        values, errors = pictures(found, "network", output)
        for row, column in ((0, 0), (3, 3), (7, 11), (0, 11), (5, 6), (7, 7)):
            responses = [
                j.kernels()[output, :, :, row, column].double().sum().item() / 2
                for j, mask in of_images
                if not mask[patch_of(row, column)]
            ]
            shown_often.add(len(responses))
            found_here = torch.tensor(responses, dtype=torch.float64)
            assert values[row, column].item() == pytest.approx(found_here.mean().item(), rel=1e-4)
            error = found_here.std().item() / len(responses) ** 0.5
            assert errors[row, column].item() == pytest.approx(error, rel=1e-3)
            assert abs(found_here.mean().item()) > 1e-4
    assert max(shown_often) < 12


def test_similarity_is_the_cosine_of_mean_jacobian_and_matrix(compared):
    found = compared(affine=False)
    W = found.linear.matrix.view(HEIGHT, WIDTH, 2, HEIGHT, WIDTH, 2)
    outputs = torch.tensor(PIXELS)
    total = torch.zeros(2, 2, 2, HEIGHT, WIDTH, dtype=torch.float64)
    count = torch.zeros(HEIGHT, WIDTH, dtype=torch.float64)
    for image, mask in zip(found.pixels.float() / 255, found.kernel_masks, strict=True):
        of_image = jacobian(found.model, image, mask, outputs)
        total += of_image.kernels().double()
        count += ~of_image.hidden
    shown = count > 0
    for output, (row, column) in enumerate(PIXELS):
        mean = (total[output] / count)[:, :, shown].flatten()
        entries = W[:, :, :, row, column].permute(3, 2, 0, 1)[:, :, shown].flatten()
        expected = (mean @ entries / mean.norm() / entries.norm()).item()
        assert abs(expected) < 0.5
        for source in ("network", "linear"):
            rows = chosen(found.kernels, source=source, output=output)
            assert {row["similarity"] for row in rows} == {rows[0]["similarity"]}
            assert rows[0]["similarity"] == pytest.approx(expected, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("affine", [True, False])
def test_spread_is_the_mean_distance_of_the_mean_kernel(compared, affine):
    found = compared(affine)
    for source in ("network", "linear"):
        for output, place in enumerate(PIXELS):
            rows = chosen(found.kernels, source=source, output=output)
            weights = [(abs(r["value"]), r) for r in rows if r["value"] is not None]
            moment = sum(w * math.dist(place, (r["row"], r["column"])) for w, r in weights)
            expected = moment / sum(w for w, _ in weights)
            assert all(row["spread"] == pytest.approx(expected) for row in rows)


def test_inputs_that_no_mask_shows_are_left_out_of_both_models(compared):
    # Five of six patches hidden, two images: two patches are shown at most.
    recipe = replace(RECIPE, n_images=2)
    found = compared(affine=True, recipe=recipe, masking=Masking(5 / 6, "exact", False))
    shown = {p for mask in found.kernel_masks for p in range(6) if not mask[p]}
    assert 1 <= len(shown) <= 2 and len(found.kernel_masks) == 2
    for row in found.kernels:
        assert (row["value"] is not None) == (patch_of(row["row"], row["column"]) in shown)
        assert row["similarity"] == pytest.approx(1)
        assert row["n_images"] == 2


def test_grey_response_of_known_kernels():
    kernels = torch.arange(24.0).view(1, 2, 3, 2, 2)
    expected = sum(kernels[0, out, into] for out in range(2) for into in range(3)) / 2
    assert torch.equal(grey_response(kernels)[0], expected)

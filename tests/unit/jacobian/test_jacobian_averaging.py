"""Averages over images and masks, against plain ones; W of a linear network by distance."""

import math
import statistics

import numpy as np
import pytest
import torch

from spatial_mae.jacobian.averaging import DistanceProfile, MeanKernels, RunningMean
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.pixels import all_pixels
from spatial_mae.linear.influence import geometry, measure
from spatial_mae.masks.patches import patch_index


def average(images, power, normalised):
    profile = DistanceProfile(power, normalised)
    for jacobians in images:
        profile.add(jacobians)
    return profile.rows()


def test_running_mean_and_its_error():
    values = torch.randn(6, 3, generator=torch.Generator().manual_seed(0)).double() + 1e6
    values[1:5, 1] = values[:, 2] = torch.nan
    values[5, 1] = torch.nan
    running = RunningMean()
    for row in values:
        running.add(row)
    mean, error = running.result()
    column = values[:, 0].tolist()
    assert mean[0].item() == pytest.approx(statistics.mean(column), rel=1e-14)
    assert error[0].item() == pytest.approx(statistics.stdev(column) / 6**0.5, rel=1e-6)
    assert mean[1] == values[0, 1] and error[1].isnan() and mean[2].isnan() and error[2].isnan()


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("normalised", [False, True])
def test_against_a_plain_loop(made_up, power, normalised):
    def draw(seed, inputs):
        values = torch.randn(2, len(inputs), generator=torch.Generator().manual_seed(seed))
        return made_up(values, outputs=[0, 5], inputs=inputs)

    images = [[draw(0, [1, 2, 4]), draw(1, [3, 6])], [draw(2, [1, 7])], [draw(3, [2, 3, 4])]]
    profiles = []
    for jacobians in images:
        means: dict[int, list[float]] = {}
        for found in jacobians:
            pairs: dict[int, list[float]] = {}
            sizes = found.values[:, 0, :, 0].abs() ** power
            for o, row in zip((0, 5), sizes, strict=True):
                for i, value in zip(found.inputs[:, 1].tolist(), row.tolist(), strict=True):
                    share = value / row.sum().item() if normalised else value
                    pairs.setdefault(abs(o - i), []).append(share)
            for distance, values in pairs.items():
                means.setdefault(distance, []).append(statistics.mean(values))
        profiles.append({d: statistics.mean(values) for d, values in means.items()})
    rows = average((iter(some) for some in images), power, normalised)
    assert [row["distance"] for row in rows] == sorted(set().union(*profiles))
    assert sum(row["n_pairs"] for row in rows) == 2 * (3 + 2 + 2 + 3)
    for row in rows:
        values = [profile[row["distance"]] for profile in profiles if row["distance"] in profile]
        assert row["n_images"] == len(values)
        assert row["mean"] == pytest.approx(statistics.mean(values))
        if len(values) > 1:
            expected = statistics.stdev(values) / len(values) ** 0.5
            assert row["standard_error"] == pytest.approx(expected, abs=1e-12)
        else:
            assert row["standard_error"] is None


def test_a_linear_network_unmasked_has_the_profile_of_its_matrix(
    linear_network, images, mask, architecture
):
    model = linear_network()
    # One channel a pixel counts, so that both halves weigh pairs of pixels alike.
    with torch.no_grad():
        model.matrix[1::2] = 0
        model.matrix[:, 1::2] = 0
    found = jacobian(model, images()[0], torch.zeros_like(mask), all_pixels(architecture()))
    rows = average([[found]], 1, True)
    matrix = model.matrix.detach().numpy()[::2, ::2]
    _, profile = measure(matrix, geometry(8, 12, 1, patch_index(8, 12, 4)))
    assert [row["distance"] for row in rows] == [row["distance"] for row in profile]
    assert [row["n_pairs"] for row in rows] == [row["n_pairs"] for row in profile]
    means = [row["mean"] for row in rows]
    assert np.allclose(means, [row["mean_absolute"] for row in profile], rtol=1e-12)


def test_nothing_to_average():
    with pytest.raises(ValueError, match="no Jacobian"):
        average([[]], 1, False)


def test_mean_kernels_count_visible_inputs(made_up):
    kernels = MeanKernels(absolute=False, hidden_only=False)
    kernels.add(made_up([[1.0, -2.0]], outputs=[0], inputs=[1, 2]))
    kernels.add(made_up([[3.0, 5.0]], outputs=[0], inputs=[1, 3]))
    mean, error = (values.flatten()[:5].tolist() for values in kernels.result())
    assert mean[1:4] == [2.0, -2.0, 5.0]
    assert math.isnan(mean[0]) and math.isnan(mean[4])
    assert error[1] == pytest.approx(1) and math.isnan(error[2])
    absolute = MeanKernels(absolute=True, hidden_only=False)
    absolute.add(made_up([[1.0, -2.0]], outputs=[0], inputs=[1, 2]))
    assert absolute.result()[0].flatten()[2] == 2
    with pytest.raises(ValueError, match="other output pixels"):
        kernels.add(made_up([[1.0, -2.0]], outputs=[3], inputs=[1, 2]))


def test_mean_kernels_of_hidden_outputs(made_up):
    kernels = MeanKernels(absolute=False, hidden_only=True)
    kernels.add(made_up([[1.0, 2.0], [3.0, 4.0]], outputs=[0, 1], inputs=[1, 2]))
    mean = kernels.result()[0][:, 0, 0, 0]
    assert mean[0, 1:3].tolist() == [1, 2]
    assert mean[1].isnan().all()

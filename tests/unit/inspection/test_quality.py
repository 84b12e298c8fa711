"""Metrics against their formulas and another library's, on images made here."""

import sys

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from spatial_mae.inspection.quality import check_metrics, image_quality

ALL = ("ssim", "fsim", "psnr", "mse")


def pair(noise=0.1, side=(16, 24), channels=3):
    """Smooth images (4, C, H, W) in [0, 1], and the same with noise."""
    rng = np.random.default_rng(0)
    rough = rng.uniform(size=(4, channels, *side))
    smooth = gaussian_filter(rough, (0, 0, 2, 2))
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    noisy = (smooth + noise * rng.normal(size=smooth.shape)).clip(0, 1)
    return [torch.from_numpy(images).float() for images in (smooth, noisy)]


def test_equal_images_are_as_alike_as_can_be():
    image = pair()[0]
    found = image_quality(("ssim", "fsim", "mse"), image, image)
    assert found["ssim"].tolist() == pytest.approx(4 * [1], abs=1e-5)
    assert found["fsim"].tolist() == pytest.approx(4 * [1], abs=1e-5)
    assert found["mse"].tolist() == 4 * [0]


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_is_that_of_its_formula(channels):
    wanted, found = pair(channels=channels)
    values = image_quality(("ssim",), wanted, found)["ssim"]
    for x, y, value in zip(wanted.numpy(), found.numpy(), values.tolist(), strict=True):
        maps = [ssim_map(a.astype(float), b.astype(float)) for a, b in zip(x, y, strict=True)]
        assert value == pytest.approx(np.mean(maps), abs=1e-4)


def ssim_map(x, y):
    """Wang et al.'s Eq. 13 with c1 = 0.01^2, c2 = 0.03^2 and reflected borders."""

    def blurred(image):
        return gaussian_filter(image, 1.5, mode="mirror", radius=5)

    mx, my = blurred(x), blurred(y)
    vx, vy, cov = blurred(x * x) - mx**2, blurred(y * y) - my**2, blurred(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    return (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))


def test_psnr_and_mse_are_of_each_image():
    wanted, found = pair()
    values = image_quality(ALL, wanted, found)
    mse = ((wanted - found).numpy() ** 2).mean(axis=(1, 2, 3))
    assert values["mse"].numpy() == pytest.approx(mse, rel=1e-5)
    assert values["psnr"].numpy() == pytest.approx(-10 * np.log10(mse), rel=1e-5)


def test_every_metric_falls_with_noise_whatever_the_channels():
    for channels in (1, 3):
        near, far = (image_quality(ALL, *pair(n, channels=channels)) for n in (0.05, 0.2))
        assert all((near[name] > far[name]).all() for name in ("ssim", "fsim", "psnr"))
        assert (near["mse"] < far["mse"]).all()


def test_fsim_keeps_edges_that_brightness_loses():
    image = 0.5 * pair()[0]
    brighter = image + 0.1
    noisy = (image + 0.1 * torch.randn(image.shape, generator=torch.manual_seed(0))).clamp(0, 1)
    values = [image_quality(("fsim", "mse"), image, other) for other in (brighter, noisy)]
    assert torch.allclose(values[0]["mse"], values[1]["mse"], rtol=0.3)
    assert (values[0]["fsim"] > values[1]["fsim"]).all()


def test_a_missing_package_is_named_with_the_mend(monkeypatch):
    monkeypatch.setitem(sys.modules, "piq", None)
    with pytest.raises(
        ValueError, match=r"metric fsim is not available.*piq.*pip install -e '.\[recon\]"
    ):
        check_metrics(ALL, 32, 32)
    check_metrics(("ssim", "mse"), 32, 32)


def test_images_smaller_than_a_window_are_refused_for_ssim_alone():
    with pytest.raises(ValueError, match="SSIM needs images of 6 pixels per side or more.*4 x 8"):
        check_metrics(ALL, 4, 8)
    check_metrics(("fsim", "psnr"), 4, 8)
    image_quality(("ssim",), *pair(side=(6, 6)))

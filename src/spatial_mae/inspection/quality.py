"""How alike an image and its reconstruction are: structure (SSIM, FSIM) and pixels (PSNR, MSE)."""

from collections.abc import Sequence
from importlib import import_module

from torch import Tensor

from spatial_mae.inspection.recipe import LEAST_SSIM_SIDE

# Where the metrics come from; imported when asked for, for it takes seconds.
MODULES = {
    "ssim": "torchmetrics.functional.image",
    "psnr": "torchmetrics.functional.image",
    "fsim": "piq",
}


def check_metrics(metrics: Sequence[str], height: int, width: int) -> None:
    """Import what the metrics need, so that no measured time has it in.

    Raises ValueError if a metric's package is missing, or images are too small for SSIM.
    """
    for name in metrics:
        try:
            import_module(MODULES.get(name, "torch"))
        except ImportError as error:
            raise ValueError(
                f"metric {name} is not available here ({error}): pip install -e "
                "'.[recon]', or leave it out of the recipe's metrics"
            ) from error
    if "ssim" in metrics and min(height, width) < LEAST_SSIM_SIDE:
        raise ValueError(
            f"SSIM needs images of {LEAST_SSIM_SIDE} pixels per side or more, these have "
            f"{height} x {width}: leave ssim out of the recipe's metrics"
        )


def image_quality(
    metrics: Sequence[str], originals: Tensor, reconstructions: Tensor
) -> dict[str, Tensor]:
    """The metrics of each image, (N,); both images (N, C, H, W) in [0, 1].

    ssim: Wang et al. (2004), Gaussian windows of deviation 1.5 pixels around every pixel, the mean
    over pixels and channels, at most 1. fsim: Zhang et al. (2011), of the luminance, in [0, 1].
    psnr: 10 log10(1 / mse), in dB. mse: mean squared difference of the pixels.
    """
    measures = {"ssim": _ssim, "fsim": _fsim, "psnr": _psnr, "mse": _mse}
    return {name: measures[name](reconstructions, originals) for name in metrics}


def _ssim(found: Tensor, wanted: Tensor) -> Tensor:
    from torchmetrics.functional.image import structural_similarity_index_measure

    values = structural_similarity_index_measure(found, wanted, data_range=1.0, reduction="none")
    return values.reshape(len(found))


def _fsim(found: Tensor, wanted: Tensor) -> Tensor:
    from piq import fsim

    return fsim(found, wanted, data_range=1.0, chromatic=False, reduction="none")


def _psnr(found: Tensor, wanted: Tensor) -> Tensor:
    from torchmetrics.functional.image import peak_signal_noise_ratio

    each = {"dim": (1, 2, 3), "reduction": "none"}
    return peak_signal_noise_ratio(found, wanted, data_range=1.0, **each)


def _mse(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).square().mean(dim=(1, 2, 3))

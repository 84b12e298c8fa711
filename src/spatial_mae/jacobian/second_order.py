"""How much of a network an affine map explains: the part that second-order statistics can give."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from spatial_mae.jacobian.pixels import check_outputs, pixel_mask


@dataclass(frozen=True)
class AffineFit:
    """explained: held-out R^2 over all outputs, 1 for an affine network. by_output: (outputs,).

    penalty: the chosen ridge, relative to the inputs' mean variance.
    """

    explained: float
    by_output: Tensor
    penalty: float
    n_train: int
    n_inputs: int

    @property
    def beyond(self) -> float:
        """Share of the outputs' variance that no affine map of the inputs gave."""
        return 1 - self.explained


def affine_fit(
    inputs: Tensor,
    outputs: Tensor,
    penalties: Sequence[float],
    validation_share: float,
    test_share: float,
) -> AffineFit:
    """The best affine map from inputs (n, d) to outputs (n, o), judged on rows it has not seen.

    Rows are in random order: the last `test_share` of them is held out, and the share before that
    chooses the penalty. R^2 = 1 - sum (y - fit)^2 / sum (y - mean)^2, mean of the training
    rows, is pooled over outputs: NaN if none varies. With few rows for d inputs the fit is poor,
    and R^2 a lower bound.

    Raises ValueError for rows that do not match, no penalty, one that is not positive, or shares
    that leave a part without rows.
    """
    if not penalties or min(penalties) <= 0:
        raise ValueError(f"penalties {list(penalties)}: give at least one, all above 0")
    n = len(inputs)
    n_test, n_validation = round(test_share * n), round(validation_share * n)
    n_train = n - n_test - n_validation
    if len(outputs) != n or min(n_train - 1, n_test, n_validation) < 1:
        raise ValueError(
            f"{n} inputs and {len(outputs)} outputs give {n_train} rows to train, {n_validation} "
            f"to validate and {n_test} to test; rows must match, with 2, 1 and 1 at least"
        )
    sizes = [n_train, n_validation, n_test]
    x, x_choice, x_test = _centred(inputs.double(), n_train).split(sizes)
    y, y_choice, y_test = _centred(outputs.double(), n_train).split(sizes)
    scale = x.square().sum() / x.shape[1]
    solve = _ridge(x, y)
    maps = {penalty: solve(penalty * scale) for penalty in penalties}
    errors = {p: (y_choice - x_choice @ m).square().sum().item() for p, m in maps.items()}
    penalty = min(errors, key=errors.get)
    residual = (y_test - x_test @ maps[penalty]).square().sum(dim=0)
    variance = y_test.square().sum(dim=0)
    explained = 1 - residual.sum() / variance.sum()
    return AffineFit(explained.item(), 1 - residual / variance, penalty, n_train, x.shape[1])


def second_order_fit(
    model: nn.Module,
    images: Tensor,
    masks: Tensor,
    outputs: Tensor,
    penalties: Sequence[float],
    validation_share: float,
    test_share: float,
    batch_size: int = 256,
) -> AffineFit:
    """The best affine map from masked images to what `model` makes of them, as `affine_fit`.

    images: float (n, C, H, W) in [0, 1], in random order. masks: bool (P,), one for all images,
    whose visible pixels are the inputs: the map may then suit that mask. Or (n, P), one per image,
    with all pixels as inputs, less their mean over the images and zero where hidden: one map for
    all masks, as in the linear theory. outputs: (row, column) of pixels (o, 2), their channels
    apart. The network computes in the precision it is set to.

    Raises ValueError as `affine_fit` and `pixels.check_outputs`, or for masks that match no images.
    """
    sizes, masks = model.architecture, masks.to(images.device)
    if masks.ndim == 2 and len(masks) != len(images):
        raise ValueError(f"{len(masks)} masks for {len(images)} images; give one each, or one (P,)")
    hidden = torch.stack([pixel_mask(sizes, mask) for mask in torch.atleast_2d(masks)])
    outputs = check_outputs(outputs, hidden[0])
    row, column = outputs.T
    device = next(model.parameters(), images).device
    made = []
    with torch.no_grad():
        all_masks = torch.atleast_2d(masks).expand(len(images), -1)
        for batch, some in zip(images.split(batch_size), all_masks.split(batch_size), strict=True):
            answer = model.reconstruct(batch.to(device), some.to(device))
            made.append(answer[:, :, row, column].flatten(1).to(images.device))
    if masks.ndim == 1:
        inputs = images[:, :, ~hidden[0]].flatten(1)
    else:
        shown = (images - images.mean(dim=0)) * ~hidden[:, None]
        inputs = shown.flatten(1)
    return affine_fit(inputs, torch.cat(made), penalties, validation_share, test_share)


def _centred(values: Tensor, n_train: int) -> Tensor:
    return values - values[:n_train].mean(dim=0)


def _ridge(x: Tensor, y: Tensor):
    """penalty -> argmin_M |y - x M|^2 + penalty |M|^2, from one decomposition, the smaller one."""
    if x.shape[0] >= x.shape[1]:
        values, vectors = torch.linalg.eigh(x.T @ x)
        target = vectors.T @ (x.T @ y)
    else:
        values, left = torch.linalg.eigh(x @ x.T)
        target, vectors = left.T @ y, x.T @ left
    return lambda penalty: vectors @ (target / (values.clamp(min=0)[:, None] + penalty))

import pytest
import torch
from torch import nn

from spatial_mae.models import precision
from spatial_mae.models.heads import Classifier
from spatial_mae.models.masks import draw_masks


@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
def test_bfloat16_rounds_but_does_not_change_the_loss(autoencoder, images, sampling):
    model = autoencoder()
    batch = images(model.architecture)
    masks = draw_masks(torch.Generator().manual_seed(0), 4, model.architecture, 0.5, sampling)
    results = {}
    for name in ("float32", "bfloat16"):
        precision.use(model, name)
        assert precision.current(model) == name
        loss = model.loss(batch, masks)
        assert loss.dtype == torch.float32
        results[name] = loss, torch.autograd.grad(loss, list(model.parameters()))
    (exact, gradients), (rounded, rough) = results["float32"], results["bfloat16"]
    assert exact != rounded
    torch.testing.assert_close(rounded, exact, rtol=1e-2, atol=0)
    for ours, theirs in zip(rough, gradients, strict=True):
        assert ours.dtype == torch.float32
        assert torch.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0) > 0.98


def test_a_classifier_s_logits_stay_float32(autoencoder, images):
    model = Classifier(autoencoder().encoder, 3, "mean")
    precision.use(model, "bfloat16")
    assert model(images(model.encoder.architecture)).dtype == torch.float32


def test_wrong_requests_are_refused(autoencoder):
    with pytest.raises(ValueError, match="'float16' is unknown; use one of float32, bfloat16"):
        precision.use(autoencoder(), "float16")
    with pytest.raises(ValueError, match="Linear holds no VisionTransformer"):
        precision.use(nn.Linear(1, 1), "float32")

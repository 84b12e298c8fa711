import pytest
import torch

from spatial_mae.models.heads import Classifier


@pytest.fixture
def classifier(autoencoder):
    def build(pooling: str = "mean", **changes) -> Classifier:
        encoder = autoencoder(**changes).encoder
        model = Classifier(encoder, 5, pooling, torch.Generator().manual_seed(0))
        with torch.no_grad():
            model.head.weight.normal_(generator=torch.Generator().manual_seed(0))
        return model

    return build


@pytest.mark.parametrize("pooling", ["class_token", "mean"])
def test_logits_are_linear_in_the_pooled_tokens(classifier, images, pooling):
    model = classifier(pooling)
    batch = images(model.encoder.architecture)
    tokens = model.encoder(batch)
    pooled = tokens[:, 0] if pooling == "class_token" else tokens[:, 1:].mean(dim=1)
    expected = pooled @ model.head.weight.T + model.head.bias
    torch.testing.assert_close(model(batch), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("blocks", [0, 1, 3, "all"])
def test_freezing_changes_no_logit_and_no_gradient_that_is_left(classifier, images, blocks):
    whole, part = classifier(), classifier()
    part.blocks_to_train(blocks)
    batch = images(whole.encoder.architecture)
    (whole_logits, part_logits) = (model(batch) for model in (whole, part))
    torch.testing.assert_close(part_logits, whole_logits, rtol=1e-5, atol=1e-5)
    whole_logits.square().mean().backward()
    part_logits.square().mean().backward()
    trained = set()
    for (name, ours), reference in zip(part.named_parameters(), whole.parameters(), strict=True):
        if ours.requires_grad:
            trained.add(name)
            torch.testing.assert_close(ours.grad, reference.grad, rtol=1e-4, atol=1e-5, msg=name)
        else:
            assert ours.grad is None
    lowest = {0: 4, 1: 3, 3: 1, "all": 0}[blocks]
    named = [name for name, _ in part.named_parameters()]
    expected = {name for name in named if part.depth_of(name) >= lowest}
    if blocks == 0:
        expected -= {"encoder.norm.weight", "encoder.norm.bias"}
    assert trained == expected


def test_the_frozen_prefix_keeps_nothing_for_a_backward_pass(classifier, images):
    model = classifier()
    kept = {}
    for blocks in (0, 1, "all"):
        model.blocks_to_train(blocks)
        saved = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor, into=saved: into.append(tensor.numel()), lambda handle: handle
        ):
            model(images(model.encoder.architecture))
        kept[blocks] = sum(saved)
    assert kept[0] < 0.1 * kept[1] and kept[1] < 0.5 * kept["all"]


def test_blocks_can_be_thawed_again(classifier):
    model = classifier()
    model.blocks_to_train(1)
    assert not model.encoder.blocks[0].training and model.encoder.blocks[-1].training
    model.blocks_to_train("all")
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(module.training for module in model.modules())


def test_stages_of_layer_wise_decay(classifier):
    model = classifier()
    stages = {name: model.depth_of(name) for name, _ in model.named_parameters()}
    assert stages["encoder.class_token"] == stages["encoder.patch_embedding.weight"] == 0
    assert stages["encoder.blocks.0.mlp.expand.bias"] == 1
    assert stages["encoder.blocks.2.attention.qkv.weight"] == 3
    assert stages["encoder.norm.weight"] == stages["head.bias"] == 4


def test_wrong_requests_are_refused(classifier, autoencoder):
    with pytest.raises(ValueError, match="pooling 'max' is unknown"):
        classifier("max")
    with pytest.raises(ValueError, match="has no class token; use 'mean'"):
        classifier("class_token", class_token=False)
    with pytest.raises(ValueError, match="1 classes leave nothing"):
        Classifier(autoencoder().encoder, 1, "mean")
    for blocks in (4, -1):
        with pytest.raises(ValueError, match=f"{blocks} blocks to train, of an encoder of 3"):
            classifier().blocks_to_train(blocks)

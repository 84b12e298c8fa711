import pytest
import torch
from safetensors.torch import save_file

from spatial_mae.files import seal_of
from spatial_mae.models import weights
from spatial_mae.models.architecture import to_json
from spatial_mae.models.heads import Classifier


@pytest.fixture
def saved(autoencoder, tmp_path):
    model = autoencoder()
    path = tmp_path / "weights.safetensors"
    metadata = {
        "architecture": to_json(model.architecture),
        "kind": "mae",
        "epoch": 3,
        "none": None,
    }
    weights.save_weights(path, model.state_dict(), metadata)
    return path, model, metadata


def test_a_network_comes_back_with_all_its_numbers(saved):
    path, model, metadata = saved
    loaded, found = weights.load_mae(path, expected=model.architecture)
    assert found == metadata == weights.read_metadata(path)
    assert loaded.architecture == model.architecture
    for (name, ours), theirs in zip(
        model.state_dict().items(), loaded.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs), name


def test_an_encoder_is_read_from_either_kind(saved, images, tmp_path):
    path, model, metadata = saved
    classifier = Classifier(model.encoder, 10, "mean")
    tuned = tmp_path / "tuned.safetensors"
    weights.save_weights(tuned, classifier.state_dict(), metadata | {"kind": "classifier"})
    batch = images(model.architecture)
    for source in (path, tuned):
        encoder, _ = weights.load_encoder(source, expected=model.architecture)
        assert torch.equal(encoder(batch), model.encoder(batch))
    with pytest.raises(ValueError, match=r"tuned.*holds an encoder alone \(classifier\)"):
        weights.load_mae(tuned)


@pytest.mark.parametrize("size", [0, 4, 300, -100])
def test_truncated_files_are_named(saved, size):
    path, _, _ = saved
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match="weights.safetensors is not what was written there"):
        weights.load_mae(path)
    seal_of(path).unlink()
    for read in (weights.load_mae, weights.load_encoder, weights.read_metadata):
        with pytest.raises(ValueError, match="weights.safetensors: truncated, or no safetensors"):
            read(path)


def test_foreign_and_missing_files_are_named(tmp_path):
    path = tmp_path / "weights.safetensors"
    with pytest.raises(ValueError, match="no such weights file"):
        weights.load_mae(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(ValueError, match="names no architecture and kind"):
        weights.load_mae(path)
    path.write_text("no tensors here")
    with pytest.raises(ValueError, match="no safetensors file"):
        weights.load_mae(path)


def test_another_architecture_is_refused_by_the_fields_that_differ(saved, architecture):
    path, _, _ = saved
    other = architecture(encoder_depth=2, width=64)
    for load in (weights.load_mae, weights.load_encoder):
        with pytest.raises(ValueError, match="encoder_depth: 3 != 2; backbone.width: 32 != 64"):
            load(path, expected=other)


def test_tensors_that_do_not_fit_the_architecture_in_the_file_are_refused(saved, architecture):
    path, model, metadata = saved
    other = to_json(architecture(encoder_depth=2))
    weights.save_weights(path, model.state_dict(), metadata | {"architecture": other})
    with pytest.raises(ValueError, match="does not fit its own architecture"):
        weights.load_mae(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"architecture": None}, "expected an object"), ({"kind": "gan"}, "kind 'gan' is unknown")],
)
def test_weights_without_architecture_or_kind_are_not_written(saved, change, message):
    path, model, metadata = saved
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        weights.save_weights(path, model.state_dict(), metadata | change)
    assert path.read_bytes() == before

"""Networks of ours in transformers: the same answers, or a refusal."""

import re
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from transformers import ViTImageProcessor, ViTMAEForPreTraining

from spatial_mae.files import read_json, seal_of
from spatial_mae.models.architecture import to_json
from spatial_mae.models.exporting import export_vit_mae, transformers_ratio
from spatial_mae.models.hub import load_vit_mae
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.weights import save_weights

RECIPE = {"sampling": "exact", "loss_on": "hidden", "normalise_targets": False}
FILES = ["README.md", "config.json", "model.safetensors", "preprocessor_config.json"]
HASH = "0" * 64
MANIFEST = {"dataset": "toy", "licence": "CC0", "files": {"train.npy": {"sha256": HASH}}}
CASES = {
    "plain": {},
    "units": {"unit": 2},
    "grey": {"channels": 1},
    "four channels": {"channels": 4},
    "other widths": {"width": 24, "decoder_width": 20, "encoder_heads": 3, "mlp_ratio": 2.5},
    "normalised": {"normalise_targets": True},
    "a ratio that rounds otherwise": {"mask_ratio": 0.4},
    "everything": {"unit": 2, "channels": 1, "normalise_targets": True, "mask_ratio": 0.3},
}


@pytest.fixture
def save(tmp_path, autoencoder):
    """Write a network's weights as pretrain_mae does; the network and its file."""

    def write(mask_ratio=0.5, recipe=(), **changes):
        recipe = RECIPE | dict(recipe)
        recipe |= {name: changes.pop(name) for name in RECIPE if name in changes}
        model = autoencoder(**changes)
        metadata = {
            "kind": "mae",
            "architecture": to_json(model.architecture),
            "mask_ratio": mask_ratio,
            "recipe": recipe,
            "data": {"train.npy": HASH},
            "epoch": 3,
            "epochs": 8,
            "n_train": 60,
            "status": "completed",
            "seed": 0,
        }
        path = tmp_path / "weights.safetensors"
        save_weights(path, model.state_dict(), metadata)
        return model.eval(), path

    return write


def theirs(folder) -> ViTMAEForPreTraining:
    """The network as transformers reads it, with no tensor missing or left over."""
    model, found = ViTMAEForPreTraining.from_pretrained(folder, output_loading_info=True)
    assert not any(found[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    return model.eval()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_transformers_gives_the_same_reconstruction_and_loss(tmp_path, save, images, case):
    ours, path = save(**case)
    assert export_vit_mae(path, tmp_path / "out") == FILES
    rival, sizes = theirs(tmp_path / "out"), ours.architecture
    batch, ratio = images(sizes), case.get("mask_ratio", 0.5)
    masks = draw_masks(torch.Generator().manual_seed(3), len(batch), sizes, ratio, "exact")
    with torch.no_grad():
        answer = rival(ours.encoder.standardise(batch), noise=masks.float())
        found = ours(batch, masks)
        loss = ours.loss(batch, masks, "hidden", case.get("normalise_targets", False))
    assert torch.equal(answer.mask.bool(), masks)
    torch.testing.assert_close(found, answer.logits, rtol=0, atol=1e-5)
    torch.testing.assert_close(loss, answer.loss, rtol=1e-5, atol=0)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_way_back_gives_the_same_bits(tmp_path, save, case):
    ours, path = save(**case)
    export_vit_mae(path, tmp_path / "out")
    again, metadata = load_vit_mae(tmp_path / "out")
    state = ours.state_dict()
    assert state.keys() == again.state_dict().keys()
    assert all(torch.equal(state[name], value) for name, value in again.state_dict().items())
    assert metadata["normalise_targets"] is case.get("normalise_targets", False)
    assert again.encoder.norm.eps == ours.encoder.norm.eps
    backbone = asdict(ours.architecture.backbone)
    assert metadata["architecture"]["backbone"] == backbone


def test_the_processor_standardises_as_the_network(tmp_path, save):
    ours, path = save()
    export_vit_mae(path, tmp_path / "out")
    pixels = np.random.default_rng(0).integers(256, size=(16, 16, 3), dtype=np.uint8)
    processor = ViTImageProcessor.from_pretrained(tmp_path / "out")
    found = processor(Image.fromarray(pixels), return_tensors="pt")["pixel_values"]
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
    torch.testing.assert_close(found, ours.encoder.standardise(image), rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_rows", [2, 4, 7, 14])
def test_transformers_hides_as_many_at_the_written_ratio(architecture, n_rows):
    sizes = architecture(height=4 * n_rows, width_pixels=4 * n_rows)
    n = sizes.n_patches
    for ratio in [k / 100 for k in range(1, 100) if 0 < sizes.n_hidden(k / 100) < n]:
        written = transformers_ratio(sizes, ratio)
        assert int(n * (1 - written)) == sizes.n_visible(ratio)
        assert sizes.n_hidden(written) == sizes.n_hidden(ratio)
        assert abs(written - ratio) <= 1 / n


@pytest.mark.parametrize(("ratio", "hidden"), [(0.3, 20), (0.5, 30), (0.75, 49)])
def test_transformers_hides_as_many_as_the_law_contiguous(tmp_path, save, images, ratio, hidden):
    """Of 8 x 8 patches, where 19, 32 and 48 are nearest to the mask ratio."""
    changes = {"height": 32, "width_pixels": 32, "sampling": "contiguous", "mask_ratio": ratio}
    ours, path = save(**changes)
    export_vit_mae(path, tmp_path / "out")
    with torch.no_grad():
        answer = theirs(tmp_path / "out")(images(ours.architecture))
    generator = torch.Generator().manual_seed(3)
    masks = draw_masks(generator, len(answer.mask), ours.architecture, ratio, "contiguous")
    assert answer.mask.sum(1).tolist() == masks.sum(1).tolist() == [hidden] * len(masks)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_code_of_the_card_runs(tmp_path, save, case, monkeypatch, capsys):
    ours, path = save(**case)
    export_vit_mae(path, tmp_path / "out", MANIFEST)
    code = re.search(r"```python\n(.*?)```", (tmp_path / "out/README.md").read_text(), re.S)[1]
    channels = ours.architecture.channels
    pixels = np.random.default_rng(0).integers(256, size=(16, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "image.png")
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    mask = names["output"].mask.bool()
    image = names["image"]
    if channels != 4:
        image = torch.from_numpy(np.array(image)).reshape(1, 16, 16, -1).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        wanted = ours.reconstruct(image, mask, case.get("normalise_targets", False))
    torch.testing.assert_close(names["reconstruction"], wanted, rtol=0, atol=1e-5)
    units = mask.reshape(-1, 4, 4)[:, :: ours.architecture.unit, :: ours.architecture.unit]
    side = ours.architecture.unit
    assert torch.equal(
        mask.reshape(-1, 4, 4), units.repeat_interleave(side, 1).repeat_interleave(side, 2)
    )
    assert "loss on hidden patches" in capsys.readouterr().out


def test_the_card_says_what_is_known(tmp_path, save):
    _, path = save(unit=2, mask_ratio=0.3, sampling="bernoulli", loss_on="all")
    export_vit_mae(path, tmp_path / "named", MANIFEST)
    card = (tmp_path / "named/README.md").read_text()
    for words in (
        "license: unknown",
        "| data set | toy, 60 training images |",
        "| epochs | 3 of 8 |",
        "| mask ratio | 0.3 |",
        "| mask unit | 2 x 2 patches |",
        "The images' licence: CC0.",
        "transformers hides single patches",
        "same number in every image",
        "not 0.3: with it",
        "`output.loss` is on all pixels of hidden patches",
    ):
        assert words in card
    export_vit_mae(path, tmp_path / "out")
    card = (tmp_path / "out/README.md").read_text()
    assert "(name unknown), 60" in card and "The images' licence: unknown." in card
    _, path = save()
    export_vit_mae(path, tmp_path / "plain")
    assert "## Differences" not in (tmp_path / "plain/README.md").read_text()


@pytest.mark.parametrize(
    ("changes", "manifest", "message"),
    [
        ({"class_token": False}, None, "no class token, and every ViTMAE has one"),
        ({"height": 32}, None, "images of 32 x 16 pixels; .*square images alone"),
        ({}, MANIFEST | {"files": {"train.npy": {"sha256": "1"}}}, "other images .* 'toy'"),
        ({}, MANIFEST | {"files": {}}, "other images .* 'toy'"),
        ({}, {"dataset": "toy"}, "names no data set and files"),
        ({}, ["toy"], "names no data set and files"),
    ],
)
def test_what_cannot_be_exported_is_refused(tmp_path, save, changes, manifest, message):
    _, path = save(**changes)
    with pytest.raises(ValueError, match=message):
        export_vit_mae(path, tmp_path / "out", manifest)
    assert set(tmp_path.iterdir()) == {path, seal_of(path)}


def test_weights_of_an_unknown_training_are_refused(tmp_path, autoencoder, architecture):
    path = tmp_path / "bare.safetensors"
    metadata = {"kind": "mae", "architecture": to_json(architecture())}
    save_weights(path, autoencoder().state_dict(), metadata)
    with pytest.raises(ValueError, match="does not say how it was trained .mask_ratio, recipe"):
        export_vit_mae(path, tmp_path / "out")


def test_a_folder_with_files_is_left_alone(tmp_path, save, monkeypatch):
    _, path = save()
    (tmp_path / "empty").mkdir()
    export_vit_mae(path, tmp_path / "empty")
    before = {file.name: file.read_bytes() for file in (tmp_path / "empty").iterdir()}
    with pytest.raises(FileExistsError, match="empty is there already and not empty"):
        export_vit_mae(path, tmp_path / "empty")
    assert before == {file.name: file.read_bytes() for file in (tmp_path / "empty").iterdir()}
    with pytest.raises(FileExistsError, match="is there already"):
        export_vit_mae(path, path)


def test_a_failed_export_leaves_nothing(tmp_path, save, monkeypatch):
    _, path = save()
    monkeypatch.setattr("spatial_mae.models.exporting.model_card", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export_vit_mae(path, tmp_path / "out")
    assert set(tmp_path.iterdir()) == {path, seal_of(path)}


def test_files_are_as_transformers_writes_them(tmp_path, save):
    _, path = save()
    export_vit_mae(path, tmp_path / "out")
    with safe_open(tmp_path / "out/model.safetensors", framework="pt") as archive:
        assert archive.metadata() == {"format": "pt"}
    theirs(tmp_path / "out").save_pretrained(tmp_path / "again")
    mine, again = (read_json(tmp_path / f"{name}/config.json") for name in ("out", "again"))
    assert {key: again[key] for key in mine} == mine

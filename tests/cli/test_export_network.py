"""A network as a folder for transformers, from the command line."""

import pytest
from transformers import ViTMAEForPreTraining

from spatial_mae.cli.export_network import main


def test_the_folder_is_read_by_transformers(pretrained, capsys):
    weights, folder = pretrained / "weights.safetensors", pretrained / "mae"
    main(["--weights", str(weights), "--folder", str(folder)])
    assert ViTMAEForPreTraining.from_pretrained(folder).config.patch_size == 2
    said = capsys.readouterr().out
    assert f"{folder}: README.md, config.json, model.safetensors" in said
    assert "licence is unknown" in said


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"--weights": "none"}, "none: no such weights file"),
        ({"--folder": "."}, "is there already and not empty"),
        ({"--manifest": "none.json"}, "none.json"),
        ({"--manifest": "manifest.json"}, "trained on other images"),
    ],
)
def test_what_cannot_be_done_is_one_line(pretrained, monkeypatch, changes, message, capsys):
    monkeypatch.chdir(pretrained)
    flags = {"--weights": "weights.safetensors", "--folder": "mae"} | changes
    with pytest.raises(SystemExit):
        main([text for pair in flags.items() for text in pair])
    assert message in capsys.readouterr().err
    assert not (pretrained / "mae").exists()

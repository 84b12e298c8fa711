import json

import numpy as np
import pytest

from spatial_mae.cli import compute_moments
from spatial_mae.files import sha256
from spatial_mae.linear.moments import load_moments, pixel_moments

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 3), dtype=np.uint8)


def _arguments(folder, n: str) -> list[str]:
    np.save(folder / "train.npy", IMAGES)
    entry = {"shape": list(IMAGES.shape), "dtype": "uint8", "sha256": sha256(folder / "train.npy")}
    files = {"train.npy": entry}
    manifest = {"dataset": "tiny", "source": "test", "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    flags = {
        "manifest": folder / "manifest.json",
        "split": "train",
        "colour": "luma",
        "n": n,
        "moments": folder / "moments.npz",
        "record": folder / "record.json",
    }
    return [text for flag, value in flags.items() for text in (f"--{flag}", str(value))]


@pytest.mark.parametrize(("n", "count"), [("all", 20), ("5", 5)])
def test_it_writes_the_moments_and_a_record(tmp_path, n, count):
    compute_moments.main(_arguments(tmp_path, n))
    found = load_moments(tmp_path / "moments.npz")
    assert np.array_equal(found.gram, pixel_moments(IMAGES, "luma", count).gram)
    assert json.loads((tmp_path / "record.json").read_text())["n_images"] == count


def test_nothing_is_written_when_it_fails(tmp_path):
    with pytest.raises(ValueError, match="n = 21 images were asked for, but there are 20"):
        compute_moments.main(_arguments(tmp_path, "21"))
    with pytest.raises(ValueError, match="'some' must be a number"):
        compute_moments.main(_arguments(tmp_path, "some"))
    assert not (tmp_path / "moments.npz").exists()
    assert not (tmp_path / "record.json").exists()

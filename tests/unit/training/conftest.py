"""Images of 8 x 8 pixels, and a network pretrained on them."""

import pytest
from toy_pretraining import a_run, go
from toy_training import toy_dataset

from spatial_mae.data.store import open_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(toy_dataset(tmp_path_factory.mktemp("data"), labels=False))


@pytest.fixture(scope="module")
def done(dataset, tmp_path_factory):
    return go(tmp_path_factory.mktemp("done"), a_run(dataset))

"""The config of the study on generated data, for the tests of its checks."""

import pytest

from spatial_mae.study.schema import completed


@pytest.fixture
def config(generated):
    return completed(generated)

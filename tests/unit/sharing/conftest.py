"""A finished study."""

import pytest
from toy_study import write_toy_study


@pytest.fixture
def study(tmp_path):
    """A checkout with the results of the toy study."""
    write_toy_study(tmp_path / "author")
    return tmp_path / "author"

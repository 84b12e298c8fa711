"""Experiments of a config, and what is said of a change that breaks it."""

import copy

import pytest

from spatial_mae.study import configuration


def named(config, name: str) -> dict:
    """The experiment of that name."""
    return next(entry for entry in config["experiments"] if entry["name"] == name)


def broken(config, change) -> str:
    """The message of the error that a changed copy of the config raises."""
    config = copy.deepcopy(config)
    change(config)
    with pytest.raises(ValueError, match="the config cannot be run") as error:
        configuration.checked(config)
    return str(error.value)

"""Small tables of every kind, with the columns and the shapes of real ones."""

import pytest
from samples import hierarchy, inspection, jacobian, linear, tasks, trained
from samples.columns import of_columns

MODULES = (hierarchy, inspection, jacobian, linear, tasks, trained)


@pytest.fixture(scope="session")
def sample():
    """A function from an experiment's kind to a small table of that kind.

    A function of a module above with the kind's name makes it where the columns do not say enough:
    which texts they hold, which numbers depend on others.
    """
    made = {name: maker for module in MODULES for name, maker in vars(module).items()}
    return lambda kind: made[kind]() if kind in made else of_columns(kind)


@pytest.fixture(scope="session")
def sample_of_columns():
    """The same from the declared columns alone, as kinds without a builder have it."""
    return of_columns

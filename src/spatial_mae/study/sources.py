"""What the workflow knows of a data set before it is prepared, from its source's card.

A card is declared in the source's module, see `data.source`; the schema holds all of them.
"""

from collections.abc import Mapping
from functools import cache

from spatial_mae.study.checking import nearest
from spatial_mae.study.schema import schema


@cache
def cards() -> dict[str, Mapping]:
    """Source -> what `data.source.Source` says of it."""
    options = schema()["properties"]["datasets"]["additionalProperties"]["oneOf"]
    return {option["properties"]["source"]["const"]: option["x-source"] for option in options}


def card(source: str) -> Mapping:
    """The card of a source. Raises ValueError naming the nearest known source."""
    if source not in cards():
        raise ValueError(f"unknown source {source!r}; {nearest(source, cards())}")
    return cards()[source]


def archive_name(config: Mapping, dataset: str) -> str | None:
    """The archive to download for a data set: none when a copy is given or its source has none."""
    source = config["datasets"][dataset]["source"]
    return card(source)["archive"] if root(config, dataset) is None else None


def archive(config: Mapping, dataset: str) -> list[str]:
    """The file of that archive; none if there is nothing to download."""
    name = archive_name(config, dataset)
    return [f"results/data/archives/{config['datasets'][dataset]['source']}/{name}"] if name else []


def root(config: Mapping, dataset: str) -> str | None:
    """Where an existing copy of a data set is, if one is named."""
    own = config["datasets"][dataset].get("root")
    public = card(config["datasets"][dataset]["source"])["public"]
    return own or (config["data"]["root"] if public else None)


def seed(config: Mapping, dataset: str) -> int:
    """The seed a data set is prepared with: the study's where its source draws, else 0."""
    draws = card(config["datasets"][dataset]["source"])["draws"]
    return config["seed"] if draws else 0


def dataset_recipe(config: Mapping, dataset: str) -> dict:
    """What its source needs to make a data set: its config without `source` and `root`."""
    return {k: v for k, v in config["datasets"][dataset].items() if k not in ("source", "root")}


def image_size(dataset: Mapping) -> tuple[int, int] | None:
    """Height and width of a data set's images as its config says; None if only files show it."""
    size = dataset.get("size") or card(dataset["source"])["size"]
    return tuple(size) if size else None


def channels(dataset: Mapping) -> int:
    """Channels of a data set's images, as its config or its source says: 1 (gray) or 3."""
    return dataset.get("channels") or card(dataset["source"])["channels"]


def image_counts(dataset: Mapping) -> tuple[int, int] | None:
    """Training and test images, as its config or its source says; None if only files show it."""
    if "n_train" in dataset and "n_test" in dataset:
        return dataset["n_train"], dataset["n_test"]
    counts = card(dataset["source"])["images"]
    return tuple(counts) if counts else None

"""The card of a data source: everything known about it before it is read. Standard library only.

A source is a module of this room with a recipe (a frozen dataclass), its card, named `SOURCE`, and

    prepare(recipe, root: Path | None, archive: Path | None, rng) -> Prepared

One that reads more of a copy than must be there has a tuple `READS` besides, written as `layout`:
files added, removed or replaced there prepare the data set again. By itself that is `layout`.
`python -m spatial_mae.cli.describe_config` then enters it in the schema, from which plans read it.
"""

from dataclasses import dataclass
from typing import Literal

from spatial_mae.data.archives import Archive


@dataclass(frozen=True)
class Source:
    """What the workflow must know of a source.

    recipe: dataclass of the keys that it has in the config, besides `source` and `root`.
    draws: whether preparing it is random, so that the study's seed matters.
    root: whether a copy is needed, may be given, or is never read.
    public: whether the folder `data: {root: ...}` may hold it.
    archive: what a rule can download if there is no copy.
    layout: what a copy must hold, in its root or one folder below: each of these, or one of its
    alternatives, which | separates.
    size: height and width of its images, if fixed. channels: of its images, where no key `channels`
    says it. images: numbers of training and test images, if
    known. advice: how to get a copy.
    """

    recipe: type
    draws: bool
    root: Literal["needed", "possible", "never"] = "never"
    public: bool = False
    archive: Archive | None = None
    layout: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    channels: Literal[1, 3] = 3
    images: tuple[int, int] | None = None
    advice: str = "see docs/your-own-data.md"

"""What a declaration says of a key's values beyond their type: ranges, lengths, patterns.

A recipe, a model or a source is declared once, as a frozen dataclass. Each field has a type, made
of the aliases below where a range is meant, a docstring after it, and a default if neither paper
varies it. The docstring may end in square brackets: what the papers set. From these declarations
come the schema, the checks, the defaults and docs/config.md.
"""

from dataclasses import dataclass
from typing import Annotated, Literal


@dataclass(frozen=True)
class Range:
    """Bounds of a number; None: none. `above` and `below` are not among the allowed values."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True)
class Length:
    """Least and largest number of items of a list; `most` None: any."""

    least: int
    most: int | None = None


@dataclass(frozen=True)
class Pattern:
    """A regular expression that the whole text fits, and an example for messages (None: a name)."""

    text: str
    example: str | None


@dataclass(frozen=True)
class UsersOwn:
    """A path of files that only the user can bring."""


@dataclass(frozen=True)
class Images:
    """A number of images of a split: `train`, `test`, or the value of the recipe's key `split`.

    Where a data set has fewer, all of them are taken, and the log says so.
    """

    split: str


@dataclass(frozen=True)
class UpTo:
    """A number that is at most the value of another key of the recipe, after that has been fitted.

    Where it is more, that value is taken, and the log says so.
    """

    key: str


Name = Annotated[str, Pattern("^[a-z0-9_]+$", None)]
Count = Annotated[int, Range(least=1)]
Two = Annotated[int, Range(least=2)]
Percent = Annotated[str, Pattern("^[1-9][0-9]?%$", "25%")]
Natural = Annotated[int, Range(least=0)]
Positive = Annotated[float, Range(above=0)]
NotNegative = Annotated[float, Range(least=0)]
UserPath = Annotated[str, UsersOwn()]
# A mask ratio that may be zero, as the plain autoencoder's.
Share = Annotated[float, Range(least=0, below=1)]
Part = Annotated[float, Range(above=0, below=1)]
Parts = Annotated[tuple[Part, ...], Length(1)]
Factor = Annotated[float, Range(above=0, most=1)]
Size = Annotated[tuple[Count, ...], Length(2, 2)]
Pixel = Annotated[list[Natural], Length(2, 2)]
Pixels = Annotated[tuple[Pixel, ...], Length(1)]
Shares = Annotated[tuple[Share, ...], Length(1)]
Positives = Annotated[tuple[Positive, ...], Length(1)]
Betas = Annotated[tuple[Share, ...], Length(2, 2)]
CropScale = Annotated[tuple[Factor, ...], Length(2, 2)]
Latents = Annotated[tuple[Count | Literal["all"], ...], Length(1)]

"""The file of a plan: the request in its first line, the overlay, and its cost as comments."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from spatial_mae.advise.planning import budget_seconds
from spatial_mae.advise.rungs import is_edited, signed
from spatial_mae.files import write_text

HEAD = "# made by plan_advice for "


@dataclass(frozen=True)
class Request:
    """images: a path, None for generated ones; size: as given; budget: as given, or the study's."""

    images: str | None
    size: str
    budget: str | None

    def seconds(self) -> float | None:
        return budget_seconds(self.budget) if self.budget else None


@dataclass(frozen=True)
class Known:
    """A plan that was written before: its request, cost, and whether its overlay was changed."""

    request: Request
    cost: Sequence[str]
    is_edited: bool


def write(path: Path, request: Request, overlay: Mapping, cost: Sequence[str]) -> None:
    checksum = signed(overlay)["checksum"]
    text = yaml.safe_dump(overlay, sort_keys=False, width=100)
    head = HEAD + json.dumps({**vars(request), "checksum": checksum})
    write_text(path, f"{head}\n{text}" + "".join(f"\n# {line}" for line in cost) + "\n")


def read(path: Path) -> Known | None:
    """The plan of a file, None if there is none.

    One without a checksum counts as edited. Raises ValueError if the first line is no request.
    """
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    try:
        fields = json.loads(text.split("\n", 1)[0].removeprefix(HEAD))
        request = Request(*(fields[key] for key in ("images", "size", "budget")))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: its first line does not say for which images it was planned; move it to "
            "another folder, or delete it, and plan again"
        ) from error
    cost = [line.rstrip("\n") for line in text.split("\n# ")[1:]]
    return Known(request, cost, _is_changed(text, fields.get("checksum")))


def _is_changed(text: str, checksum: str | None) -> bool:
    try:
        return is_edited({**yaml.safe_load(text), "checksum": checksum})
    except (yaml.YAMLError, TypeError):  # no mapping any more
        return True


def is_plan_of(known: Known, request: Request, path: Path) -> bool:
    """Whether a plan answers a request, so that it is used; if not, it may be replaced.

    Images have their size from the plan's name. Raises ValueError if another plan would be lost:
    that of other images, or one edited by hand for another budget.
    """
    if known.request.images != request.images:
        raise ValueError(
            f"{path} is the plan for {known.request.images}, which has the same name as "
            f"{request.images}; rename one of them, or delete the plan if its results may be "
            "replaced"
        )
    same = known.request.seconds() == request.seconds()
    if not same and known.is_edited:
        budget = known.request.budget
        before = f"BUDGET={budget}" if budget else "no BUDGET"
        raise ValueError(
            f"{path} was planned with {before} and edited since (or planned by an earlier "
            f"version); give {before} again to use it, or delete it to plan again"
        )
    return same

"""From images, a size and a budget to a study that advises, and what it will cost."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spatial_mae.advise.candidates import admits, divisors, drawn_mask
from spatial_mae.data.array_file import image_shape
from spatial_mae.data.folders import list_images
from spatial_mae.study.counts import n_held_out

UNITS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "": 60}
MOST_PATCHES = 8  # along a side: finer patches cost too much to search among
LEAST_EPOCHS, MOST_EPOCHS = 10, 400
FIRST, LAST = 0.1, 0.3  # shares of the schedule at which settings are compared
JOB_SECONDS = 12.0  # to start a job and to read, probe and write: two cores, small images
JOBS_PER_RUNG_RUN, JOBS_PER_FINAL_RUN = 2, 3  # trained and evaluated; and evaluated on test images
BUSY = 0.8  # share of the time that all cores have work
SURVIVORS = 2
FARTHEST = 16  # pixels, of the autocorrelation

Seconds = Callable[[int, float], float]
"""(patch, mask) -> seconds of one epoch of one run on one core (or GPU)."""


@dataclass(frozen=True)
class Found:
    """The user's images: `n_train`, height, width, channels; `dataset`: as in the config."""

    n_train: int
    height: int
    width: int
    channels: int
    dataset: Mapping


@dataclass(frozen=True)
class Plan:
    """Patches and mask ratios to try, with the seconds that each step takes for so many epochs."""

    block: Mapping
    epochs: int
    per_epoch: Mapping[str, float]
    fixed: Mapping[str, float]

    @property
    def steps(self) -> dict[str, float]:
        """Step -> seconds on a clock, at most."""
        return {s: self.fixed[s] + self.epochs * self.per_epoch[s] for s in self.fixed}

    @property
    def seconds(self) -> float:
        return sum(self.steps.values())


def budget_seconds(text: str) -> float:
    """Seconds from `30min`, `2h`, `90` (minutes). Raises ValueError for anything else."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|sec|m|min|h|)\s*", text.lower())
    if not match or float(match[1]) == 0:
        raise ValueError(f"budget {text!r}: expected a time above 0, such as 30min or 2h")
    return float(match[1]) * UNITS[match[2]]


def image_size(text: str) -> tuple[int, int]:
    """(height, width) from `32` or `24x36`. Raises ValueError for anything else."""
    match = re.fullmatch(r"\s*([1-9]\d*)(?:\s*x\s*([1-9]\d*))?\s*", text.lower())
    if not match:
        raise ValueError(f"size {text!r}: expected pixels, such as 32, or 24x36 (height x width)")
    return int(match[1]), int(match[2] or match[1])


def find_images(path: Path, size: tuple[int, int], test_share: float = 0.1) -> Found:
    """What a folder of images or an .npz file of arrays holds; arrays keep their own size.

    Raises FileNotFoundError if it is not there, ValueError if it holds no images.
    """
    if not path.exists():
        raise FileNotFoundError(f"no images at {path}: give a folder, or an .npz file of arrays")
    root = {"root": str(path.resolve())}
    about = {"pixels": "as the files are", "licence": "your own"}
    if path.is_file():
        n, *shape = image_shape(path)
        dataset = {"source": "array_file", **root, "classes": None, "channels": shape[-1], **about}
        return Found(n, *shape, dataset)
    files = list_images(path).files
    n = len(files["train"])
    dataset = {"source": "image_folder", **root, "size": list(size), "fit": "centre_crop"}
    dataset |= {"test_share": test_share, **about}
    return Found(n if files["test"] else n - round(test_share * n), *size, 3, dataset)


def candidates(height: int, width: int, common_mask: float) -> list[int]:
    """Patch sizes worth a search: larger than a pixel, 2 to 8 patches along the longer side.

    Where there is none, all larger than a pixel that tile the images; perhaps none.
    """
    tiling = [p for p in divisors(height, width) if p > 1]
    fits = [p for p in tiling if admits(height, width, p, common_mask)]
    few = [p for p in fits if max(height, width) // p <= MOST_PATCHES]
    return few or fits


def name_of(path: Path, size: tuple[int, int]) -> str:
    """The name of the data set of some images at a size: of their folder, in small letters."""
    stem = re.sub(r"[^a-z0-9]+", "_", path.resolve().stem.lower()).strip("_") or "images"
    return f"{stem}_{size[0]}" if size[0] == size[1] else f"{stem}_{size[0]}x{size[1]}"


def rungs(epochs: int) -> list[int]:
    """The epochs of a schedule at which settings are compared."""
    return sorted({max(1, round(FIRST * epochs)), max(2, round(LAST * epochs))})


def plan(block: Mapping, seconds: Seconds, at_once: float, budget: float) -> Plan:
    """The plan with as many epochs as the budget allows, but at least 10 and at most 400.

    seconds: of an epoch of a run. at_once: how many runs a machine trains side by side. budget: in
    seconds. The cost is that of the dearest survivors: a search seldom takes all of it.
    """
    per_epoch, fixed = _per_epoch(block, seconds, at_once), _fixed(block, at_once)
    room = math.floor((budget - sum(fixed.values())) / sum(per_epoch.values()))
    return Plan(block, max(LEAST_EPOCHS, min(MOST_EPOCHS, room)), per_epoch, fixed)


def refuse_above(budget: float, found: Plan) -> None:
    """Raise ValueError, naming the least budget that works, if the plan costs more."""
    if found.seconds > budget:
        raise ValueError(
            f"a budget of {budget / 60:.0f} min does not reach the end of a search: the least that "
            f"works here is BUDGET={math.ceil(found.seconds / 60)}min ({LEAST_EPOCHS} epochs); or "
            "make the images smaller (SIZE; arrays of an .npz file keep theirs)"
        )


def recipes(block: Mapping) -> list[str]:
    """The recipes of pretraining that the block names."""
    return [name for name in (block["training"], block["drawn_training"]) if name]


def reach(height: int, width: int) -> int:
    """Largest displacement, in pixels, whose correlation is measured."""
    return min(FARTHEST, height - 1, width - 1)


def experiments(entries: Sequence[Mapping], block: Mapping) -> list[dict]:
    """The study's experiments on the block's data set and patch sizes."""
    found = []
    for entry in entries:
        grids = [{**grid, "dataset": [block["dataset"]]} for grid in entry["grids"]]
        patches = {"patch": list(block["patches"])}
        grids = [{**grid, **(patches if "patch" in grid else {})} for grid in grids]
        found.append({**entry, "grids": grids})
    return found


def most_runs(block: Mapping) -> dict[str, int]:
    """Step -> runs, at most."""
    n_final = (SURVIVORS + 1) * len(block["final_seeds"])
    survivors = min(SURVIVORS, len(block["patches"]))
    return {
        "patches": len(block["patches"]) * len(block["seeds"]),
        "masks": survivors * len(_new_masks(block)) * len(block["seeds"]),
        "final": n_final,
    }


def _new_masks(block: Mapping) -> list[float]:
    """The mask ratios that the first rung does not train."""
    drawn = drawn_mask(block["drawn"])
    masks = [*block["masks"], *([drawn] if drawn else [])]
    return [mask for mask in masks if mask != block["common_mask"]]


def _per_epoch(block: Mapping, seconds: Seconds, at_once: float) -> dict[str, float]:
    common, masks = block["common_mask"], _new_masks(block)
    each = {p: {m: seconds(p, m) for m in (common, *masks)} for p in block["patches"]}
    dear = sorted(each, key=lambda patch: -max(each[patch].values()))[:SURVIVORS]
    n_seeds, n_final = len(block["seeds"]), len(block["final_seeds"])
    new = sum(cost for p in dear for mask, cost in each[p].items() if mask != common)
    longest = sum(max(each[p].values()) for p in dear) + max(each[dear[0]].values())
    whole = {
        "patches": LAST * n_seeds * sum(costs[common] for costs in each.values()),
        "masks": FIRST * n_seeds * new,
        "final": n_final * longest,
    }
    return {step: cost / at_once for step, cost in whole.items()}


def _fixed(block: Mapping, at_once: float) -> dict[str, float]:
    jobs = {step: JOBS_PER_RUNG_RUN * n for step, n in most_runs(block).items()}
    jobs["final"] = JOBS_PER_FINAL_RUN * most_runs(block)["final"]
    return {step: JOB_SECONDS * n / at_once for step, n in jobs.items()}


def lines(found: Plan, n_train: int, n_used: int, at_once: float) -> Sequence[str]:
    """What the search will do and cost, before it starts."""
    runs, block = most_runs(found.block), found.block
    first, last = rungs(found.epochs)
    tried = f"{len(block['patches'])} patch sizes ({', '.join(map(str, block['patches']))})"
    masks = ", ".join(f"{m:g}" for m in block["masks"])
    if block["drawn"]:
        masks += " or drawn from {:g} to {:g}".format(*block["drawn"])
    few = f"at most {SURVIVORS}"
    steps = {
        "patches": f"{tried} at mask ratio {block['common_mask']:g}, to epochs {first} and {last}",
        "masks": f"{few} of them at mask ratios {masks}, to epoch {first} (with labels only)",
        "final": f"{few} settings and the default, all {found.epochs} epochs",
    }
    return [
        f"{n_train:,} training images, {n_used:,} of them in an epoch; {found.epochs} epochs",
        *(
            f"  {step:8} {runs[step]:3} runs, at most {found.steps[step] / 60:5.1f} min: {text}"
            for step, text in steps.items()
        ),
        f"  in all at most {found.seconds / 60:.0f} min, {at_once:g} runs at a time",
    ]


def used(n_train: int, most: int | None, held_out: float) -> int:
    """Images that pass in an epoch."""
    left = n_train - n_held_out(n_train, held_out)
    return min(left, most or left)

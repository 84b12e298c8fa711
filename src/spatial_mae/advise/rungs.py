"""What a rung keeps, what it drops and why: a small file that people may read and edit."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from spatial_mae.advise.ranking import Entry, Ranking, rank
from spatial_mae.advise.theory import divided, errors_of
from spatial_mae.files import Row

SURVIVE = 2.0  # standard errors of a difference: what is further behind is dropped
MOST = 2  # settings that are kept
NAMES = {
    "probe": "accuracy of the probe",
    "agreement": "agreement of halves",
    "error": "hidden error",
}
SHARES = ("probe", "agreement")  # given in percent
LEAST_LABELS = 1000
LEAST_PER_CLASS = 10  # training images: fewer teach a probe nothing


def objective(wanted: str, n_labels: int, n_classes: int, halved: bool) -> str:
    """The measure that ranks settings: `probe`, `agreement` or `error`.

    wanted: auto, labels, agreement or error. halved: whether all patch sizes tile the quadrants of
    the images, see `evaluation.halves`, and more than one image is held out. Raises ValueError if
    labels are wanted and there are none that say something, or agreement and it cannot be measured.
    """
    usable = n_classes > 1 and n_labels > 0
    if wanted == "labels" and not usable:
        settle = "; sort them into two or more class folders"
        if n_classes > 1:
            settle = f" with fewer than {LEAST_PER_CLASS} training images each on average; bring "
            settle += "more, or merge classes"
        raise ValueError(
            f"advise.objective labels: the images have {n_classes} classes{settle}, or set "
            "`objective: error`"
        )
    if wanted == "agreement" and not halved:
        raise ValueError(
            "advise.objective agreement: halves of the images are no whole patches, or one "
            "image alone is held out; choose patch sizes that divide half of each side, bring more "
            "images, or set `objective: error`"
        )
    if wanted == "auto" and usable and n_labels >= LEAST_LABELS:
        wanted = "labels"
    if wanted == "auto":
        wanted = "agreement" if halved else "error"
    return "probe" if wanted == "labels" else wanted


def patch_decision(rows: Sequence[Row], look: Mapping, epoch: int) -> dict:
    """The patch sizes that the first rung keeps, each with the mask ratios to compare.

    rows: as `scores.COLUMNS`. look: the file of `look_at_images`. Kept are those within two
    standard errors of the best, at most two. Mask ratios at which a linear model explains all or
    nothing are left out (see `theory.divided`), and the common one is not. Without labels a mask
    ratio is not compared: no measure without labels was shown to rank it.
    """
    ranking = rank(rows, look["objective"], epoch)
    kept, dropped = _divided(ranking, ranking.within(SURVIVE)[:MOST], look["objective"])
    for setting in kept:
        patch, common = setting["patch"], setting["mask"]
        setting["masks"] = [common]
        if look["objective"] == "probe":
            known = look["masks"].get(str(patch), [])  # of the default, kept by hand: none
            left, out = divided([(patch, m) for m in known], errors_of(look))
            setting["masks"] = sorted({common, *(m for _, m in left)})
            dropped += [
                {"patch": p, "mask": m, "why": why} for (p, m), why in out.items() if m != common
            ]
    return _decision("patches", look, kept, [*dropped, *_diverged(rows)])


def mask_decision(rows: Sequence[Row], before: Mapping, default: Mapping, epoch: int) -> dict:
    """The settings that are trained to the end: the best, the cheapest like it, and the default.

    before: the file of the patch sizes. default: `patch` and `mask` to compare with; left out where
    `feasible` in it is false.
    """
    ranking = rank(rows, before["objective"], epoch)
    near = [ranking.best, ranking.cheapest(), *ranking.within(SURVIVE)]
    chosen = list(dict.fromkeys(near))[:MOST]
    kept, dropped = _divided(ranking, chosen, before["objective"])
    same = [s for s in kept if (s["patch"], s["mask"]) == (default["patch"], default["mask"])]
    if default["feasible"] and not same:
        why = "the default, to compare with"
        kept.append({"patch": default["patch"], "mask": default["mask"], "why": why})
        dropped = [s for s in dropped if (s["patch"], s["mask"]) != _pair(default)]
    return _decision("masks", before, kept, [*dropped, *_diverged(rows)])


def _pair(setting: Mapping) -> tuple:
    return setting["patch"], setting["mask"]


def _divided(
    ranking: Ranking, chosen: Sequence[Entry], measure: str
) -> tuple[list[dict], list[dict]]:
    kept = [_described(ranking, e, measure) for e in ranking.entries if e in chosen]
    dropped = [_described(ranking, e, measure) for e in ranking.entries if e not in chosen]
    return kept, dropped


def _described(ranking: Ranking, entry: Entry, measure: str) -> dict:
    patch, mask = entry.setting
    return {"patch": patch, "mask": mask, "why": reason(ranking, entry, measure)}


def reason(ranking: Ranking, entry: Entry, measure: str) -> str:
    """An entry's mean and how far it is behind the best, in words."""
    percent = measure in SHARES
    shown = amount(entry.mean, percent)
    if entry == ranking.best:
        return f"best {NAMES[measure]}: {shown}"
    gap = amount(ranking.behind(entry), percent, unit="points" if percent else "")
    errors = ranking.behind(entry) / ranking.gap_error(entry) if ranking.gap_error(entry) else 0.0
    return f"{NAMES[measure]} {shown}, {gap} behind the best ({errors:.1f} standard errors)"


def amount(value: float, percent: bool, unit: str = "%") -> str:
    """A number as people read it: 38.2 %, 1.5 points, 0.213."""
    return f"{100 * value:.1f} {unit}" if percent else f"{value:.3g}"


def mask_text(mask: float, look: Mapping) -> str:
    """A mask ratio as people read it: 0.75, or drawn from 0.25 to 0.9."""
    drawn = look.get("drawn")
    if drawn and mask == drawn["mask"]:
        low, high = drawn["range"]
        return f"drawn from {low:g} to {high:g}"
    return f"{mask:g}"


def _diverged(rows: Sequence[Row]) -> list[dict]:
    found = dict.fromkeys((r["patch"], r["mask"]) for r in rows if r["status"] == "diverged")
    return [{"patch": p, "mask": m, "why": "training diverged"} for p, m in found]


def _decision(rung: str, before: Mapping, kept: list[dict], dropped: list[dict]) -> dict:
    content = {
        "rung": rung,
        "objective": before["objective"],
        "labelled": before["labelled"],
        "kept": kept,
        "dropped": dropped,
    }
    return signed(content)


def signed(content: Mapping) -> dict:
    """The content with a checksum, by which an edit is noticed."""
    return {**content, "checksum": _checksum(content)}


def is_edited(content: Mapping) -> bool:
    """Whether a person changed the file since it was written."""
    return content.get("checksum") != _checksum(content)


def _checksum(content: Mapping) -> str:
    rest = {key: value for key, value in content.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:16]


def edited(files: Mapping[str, Mapping]) -> list[str]:
    """The names of the files that a person changed."""
    return [name for name, content in files.items() if is_edited(content)]

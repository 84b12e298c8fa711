"""Why the evidence may not say which setting is best, and what would settle it.

A doubt is a mapping: `reason`, a word; `detail`, a sentence; `settle`, what to do; `about`:
`everything` (no setting is advised), `patch size`, `mask ratio`, or `care` (the advice
holds, but is less sure).
"""

import math
from collections.abc import Mapping, Sequence

from spatial_mae.advise.ranking import Entry, Ranking, rank
from spatial_mae.advise.rungs import LEAST_LABELS, LEAST_PER_CLASS, NAMES, SHARES, amount
from spatial_mae.files import Row

EVERYTHING, PATCH, MASK, CARE = "everything", "patch size", "mask ratio", "care"
LEAST_IMAGES = 500  # training images
TESTED = 0.1  # share of the files of a folder without test/ that become test images
MOST_DUPLICATES = 0.05  # share of held-out images that are nearly in the training set
BELOW_BASELINES = "nothing beats the baselines"
WORSE_THAN_LINEAR = "network worse than the closed form"
JPEG = 8  # pixels of its blocks
USE_LABELS = "`objective: auto` under `advise`, which ranks by the labels"


def doubt(reason: str, about: str, detail: str, settle: str) -> dict:
    return {"reason": reason, "about": about, "detail": detail, "settle": settle}


def images(n: int) -> str:
    """So many training images, and the files that a folder needs for them, in words."""
    files = math.ceil(n / (1 - TESTED))
    return f"{n:,} training images ({files:,} files where a tenth become test images)"


def too_few_images(look: Mapping) -> list[dict]:
    n = look["n_train"]
    if n >= LEAST_IMAGES:
        return []
    detail = f"{n} training images are too few to rank settings by ({LEAST_IMAGES} are needed)"
    settle = f"bring at least {images(LEAST_IMAGES)}"
    return [doubt("too few images", EVERYTHING, detail, settle)]


def mask_not_ranked(look: Mapping) -> list[dict]:
    """Whether labels are too few to rank mask ratios by, or were not to be used."""
    by_construction = (
        "the mask ratio cannot be ranked: the hidden error falls with it by construction, no other "
        "measure was shown to rank it"
    )
    if has_unused_labels(look):
        detail = f"by the {NAMES[look['objective']]} {by_construction}"
        return [doubt("labels were not used", MASK, detail, USE_LABELS)]
    n = look["n_labels"] if look["labelled"] else 0
    if n >= LEAST_LABELS:
        return []
    if has_small_classes(look):
        detail = (
            f"{look['n_sorted']:,} labels of {look['n_classes']:,} classes are fewer than "
            f"{LEAST_PER_CLASS} a class, of which a probe learns nothing; without them "
            f"{by_construction}"
        )
        return [doubt("too few labels a class", MASK, detail, larger_classes(look))]
    detail = f"with {n} labels {by_construction}, and a probe of so few images is noise"
    settle = f"sort at least {images(LEAST_LABELS)} into class folders"
    return [doubt("fewer than 1,000 labels", MASK, detail, settle)]


def has_small_classes(look: Mapping) -> bool:
    """Whether images are sorted into classes that are too small for a probe."""
    return look["n_classes"] > 1 and not look["n_labels"] and bool(look.get("n_sorted"))


def larger_classes(look: Mapping) -> str:
    """What makes labels of many small classes useful."""
    n = max(LEAST_LABELS, LEAST_PER_CLASS * look["n_classes"])
    return f"{LEAST_PER_CLASS} a class and at least {images(n)} in all, or fewer, larger classes"


def has_unused_labels(look: Mapping) -> bool:
    """Whether `objective` ranks without the labels although there are enough."""
    return look["objective"] != "probe" and look["n_labels"] >= LEAST_LABELS


def near_duplicates(look: Mapping) -> list[dict]:
    share = look["duplicates"]
    if share <= MOST_DUPLICATES:
        return []
    detail = (
        f"{share:.0%} of the held-out images are nearly the same as a training image: scores show "
        "what was memorised"
    )
    settle = "remove near-duplicates, or put whole scenes into train/ and test/ folders"
    return [doubt("near-duplicates across the split", EVERYTHING, detail, settle)]


def jpeg_grid(look: Mapping, patch: int) -> list[dict]:
    if not look["jpeg_grid"]:
        return []
    aligned = patch % JPEG == 0
    detail = (
        f"the images show the 8-pixel grid of JPEG (steps across it {look['blockiness']:.2f} times "
        f"those inside), and patches of {patch} pixels "
        + ("have their borders on it" if aligned else "divide it")
    )
    settle = "prepare the images from uncompressed files, or shrunk by 4 or more"
    return [doubt("JPEG grid aligned with a patch", PATCH if aligned else CARE, detail, settle)]


def no_better_than_baselines(
    ranking: Ranking, entry: Entry, baselines: Mapping[str, float]
) -> list[dict]:
    """Raw pixels, principal components and the untrained encoder of the same patch size."""
    above = [name for name, value in baselines.items() if not ranking.beats(entry, value)]
    if not above:
        return []
    shown = ", ".join(f"{name} {amount(baselines[name], True)}" for name in above)
    detail = (
        f"the best network ({amount(entry.mean, True)}) is not shown to beat {shown}: what it "
        "learned does not help to distinguish the classes"
    )
    settle = "train longer (a larger BUDGET), a wider network, or bring more images"
    return [doubt(BELOW_BASELINES, EVERYTHING, detail, settle)]


def worse_than_closed_form(
    ranking: Ranking, entry: Entry, theory: Mapping[tuple[int, float], float], labelled: bool
) -> list[dict]:
    """ranking: by hidden error. theory: the closed form's hidden error, in the same units.

    With labels it only asks for care: searches chose as well by the probe of such networks
    (docs/advise.md).
    """
    limit = theory.get(entry.setting)
    if limit is None or entry.mean - limit <= 2 * entry.standard_error:
        return []
    detail = (
        f"the hidden error of patch {entry.setting[0]} ({entry.mean:.3g}) is above that of the "
        f"closed-form linear model ({limit:.3g}): the network is not trained enough to "
        + ("be sure" if labelled else "compare")
    )
    about = CARE if labelled else EVERYTHING
    return [doubt(WORSE_THAN_LINEAR, about, detail, "a larger BUDGET")]


def order_changed(rows: Sequence[Row], measure: str, epochs: Sequence[int]) -> list[dict]:
    """Whether the patch that wins at the last rung was shown to be worse at an earlier one."""
    last = rank(rows, measure, epochs[-1])
    for epoch in epochs[:-1]:
        early = rank(rows, measure, epoch)
        now, then = last.best.setting, early.best.setting
        known = now in early.by_setting and then in last.by_setting
        if not known or now == then:
            continue
        crossed = early.worse(early.by_setting[now], early.best)
        crossed &= last.worse(last.by_setting[then], last.best)
        if crossed:
            detail = (
                f"patch {then[0]} is best at epoch {epoch}, patch {now[0]} at epoch {epochs[-1]}: "
                "the curves cross, and may cross again"
            )
            return [doubt("the order changed between rungs", PATCH, detail, "a larger BUDGET")]
    return []


def cross_check(
    rows: Sequence[Row], chosen: tuple[int, float], epoch: int | None, look: Mapping
) -> list[dict]:
    """Without labels: whether the other measure says that another patch size is better.

    The other one of `agreement` and `error`, at an epoch, or (None) at the runs' last. Where it was
    not measured, that is said.
    """
    measure = look["objective"]
    other = "error" if measure == "agreement" else "agreement"
    unused = has_unused_labels(look)
    try:
        ranking = rank(rows, other, epoch)
    except ValueError:
        ranking = None
    entry = ranking and ranking.by_setting.get(chosen)
    if entry is None:
        detail = f"{NAMES[measure]} alone ranks them: {NAMES[other]} was not measured"
        settle = "patch sizes that divide half of each side of the images, or "
        settle += USE_LABELS if unused else "labels"
        return [doubt("one label-free measure alone", CARE, detail, settle)]
    if not ranking.worse(entry, ranking.best):
        return []
    best, own = (amount(e.mean, other in SHARES) for e in (ranking.best, entry))
    detail = (
        f"by the {NAMES[measure]} patch {chosen[0]} is best, by the {NAMES[other]} patch "
        f"{ranking.best.setting[0]} ({best}, against {own})"
    )
    settle = f"labels for at least {images(LEAST_LABELS)}"
    if has_small_classes(look):
        settle = larger_classes(look)
    settle = USE_LABELS if unused else settle
    return [doubt("the two label-free measures disagree", PATCH, detail, settle)]


def tie(patches: Sequence[int], compared: Sequence[int], look: Mapping) -> list[dict]:
    """Several patch sizes that the evidence does not distinguish: all of them, or some."""
    if len(patches) < 2:
        return []
    shown = ", ".join(map(str, patches))
    settle = f"a larger BUDGET, or {USE_LABELS if has_unused_labels(look) else 'more labels'}"
    if set(patches) == set(compared):
        detail = f"the evidence does not distinguish any of the patch sizes ({shown})"
        return [doubt("top settings tie", EVERYTHING, detail, settle)]
    detail = f"the evidence does not distinguish patches {shown}; the cheapest good one is named"
    return [doubt("some settings tie", CARE, detail, settle)]

"""The advice: a setting with its ties and doubts, or that the evidence cannot say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spatial_mae.advise import doubts
from spatial_mae.advise.candidates import comparing_epoch
from spatial_mae.advise.ranking import Entry, Ranking, Setting, rank
from spatial_mae.advise.rungs import SHARES, amount, mask_text
from spatial_mae.advise.theory import in_network_units
from spatial_mae.files import Row

GAINS = {"probe": "accuracy", "agreement": "agreement of halves", "error": "less hidden error"}
NOT_TRIED = (
    "encoder and decoder depth, width, and learning rate",
    "masks of blocks of patches",
    "other sizes of the images, and longer training than the budget",
    "fine-tuning, and tasks other than distinguishing the classes",
)
DEPTH = (
    "Depth is not searched. In our runs on CIFAR-10 (patch 4, 10 epochs, 2 seeds; study "
    "ladder_depths) encoders of 2 and 4 blocks are within about 1 point of each other by the probe "
    "of the mean token, one block is nearly 3 points below 4, and decoder depth changes it by less "
    "than 1 point: 4 encoder blocks and 1 decoder block are the default here. The papers' encoders "
    "of 12 blocks are trained hundreds of times as long."
)


@dataclass(frozen=True)
class Evidence:
    """All that advice is made from; rows as `scores.COLUMNS`.

    look: the file of `look_at_images`. patches, masks: rows of the rungs; final: of finished runs.
    baselines: accuracy of raw pixels and principal components. epochs: of the rungs. default: a
    setting. edited: the files that a person changed.
    """

    look: Mapping
    patches: Sequence[Row]
    masks: Sequence[Row]
    final: Sequence[Row]
    baselines: Mapping[str, float]
    epochs: Sequence[int]
    default: Setting
    edited: Sequence[str] = ()

    @property
    def measure(self) -> str:
        return self.look["objective"]


def advise(evidence: Evidence) -> dict:
    """The content of advice.json: `verdict` (advice or cannot tell), `sentence`, their reasons.

    Chosen is the cheapest of the settings within one standard error of the best finished one.
    """
    final = rank(_comparable(evidence), evidence.measure)
    chosen = final.cheapest()
    compared, tied = tied_patches(evidence, final, chosen)
    found = _doubts(evidence, final, chosen) + doubts.tie(tied, compared, evidence.look)
    stops = [d for d in found if d["about"] == doubts.EVERYTHING]
    masks = tied_masks(evidence, chosen)
    unknown = {d["about"] for d in found}
    advice = {
        "verdict": "cannot tell" if stops or doubts.PATCH in unknown else "advice",
        "patch": chosen.setting[0],
        "mask": chosen.setting[1],
        "masks": masks,
        "mask_ranked": doubts.MASK not in unknown,
        "tied_patches": tied,
        "compared_patches": compared,
        "confidence": confidence(found),
        "doubts": found,
        "objective": evidence.measure,
        "scope": scope(evidence, final),
        "default": _against_default(final, chosen, evidence.default),
        "baselines": dict(evidence.baselines),
        "edited": list(evidence.edited),
        "not_tried": not_tried(evidence.look),
        "depth": DEPTH,
    }
    return {"sentence": sentence(advice, evidence.look), **advice}


def not_tried(look: Mapping) -> list[str]:
    """What the search leaves out."""
    drawn = () if look.get("drawn") else ("mask ratios drawn by chance from a range",)
    return [*NOT_TRIED, *drawn]


def _comparable(evidence: Evidence) -> list[Row]:
    """Finished runs; without labels those at one mask ratio: at others errors differ anyway."""
    if evidence.measure == "probe":
        return list(evidence.final)
    return [row for row in evidence.final if row["mask"] == evidence.look["common_mask"]]


def tied_patches(evidence: Evidence, final: Ranking, chosen: Entry) -> tuple[list[int], list[int]]:
    """All patch sizes compared, and those that are not shown to be worse than the chosen one.

    Compared are those of the rung of patch sizes and those that got to the end, as the default does
    without being on the rung. A patch size is shown to be worse where it is on the same table as
    the chosen one: on the rung, or in the end. The chosen one is in both lists.
    """
    rung = rank(evidence.patches, evidence.measure, evidence.epochs[-1])
    own = next((e for e in rung.entries if e.setting[0] == chosen.setting[0]), None)
    worse = _worse_patches(final, chosen) | (_worse_patches(rung, own) if own else set())
    compared = sorted(_patches(final) | _patches(rung))
    return compared, [patch for patch in compared if patch not in worse]


def _patches(ranking: Ranking) -> set[int]:
    return {entry.setting[0] for entry in ranking.entries}


def _worse_patches(ranking: Ranking, own: Entry) -> set[int]:
    """The patch sizes all of whose settings are shown to be worse than an entry."""
    return _patches(ranking) - {e.setting[0] for e in ranking.entries if not ranking.worse(e, own)}


def tied_masks(evidence: Evidence, chosen: Entry) -> list[float]:
    """Mask ratios of the chosen patch that are not shown to be worse than the best of them."""
    if evidence.measure != "probe":
        return [chosen.setting[1]]
    rows = [r for r in evidence.masks if r["patch"] == chosen.setting[0]]
    if not rows:
        return [chosen.setting[1]]
    ranking = rank(rows, "probe", comparing_epoch("masks", "probe", evidence.epochs))
    tied = {entry.setting[1] for entry in ranking.tied(ranking.best)}
    return sorted(tied | {chosen.setting[1]})


def _doubts(evidence: Evidence, final: Ranking, chosen: Entry) -> list[dict]:
    look, measure = evidence.look, evidence.measure
    found = doubts.too_few_images(look) + doubts.near_duplicates(look)
    found += doubts.mask_not_ranked(look) + doubts.jpeg_grid(look, chosen.setting[0])
    found += doubts.order_changed(evidence.patches, measure, evidence.epochs)
    if measure == "probe":
        baselines = {**evidence.baselines, **untrained(evidence.final, final.best)}
        found += doubts.no_better_than_baselines(final, final.best, baselines)
    else:
        setting = (chosen.setting[0], look["common_mask"])
        rows, epoch = _table_of(evidence, setting)
        found += doubts.cross_check(rows, setting, epoch, look)
    errors = rank(evidence.final, "error")
    own = errors.by_setting.get(chosen.setting)
    if own is None:
        return found
    limits, labelled = in_network_units(look), measure == "probe"
    return found + doubts.worse_than_closed_form(errors, own, limits, labelled)


def _table_of(evidence: Evidence, setting: Setting) -> tuple[list[Row], int | None]:
    """Rows, and their epoch, that compare a patch size: of its rung, else of finished runs."""
    if any((row["patch"], row["mask"]) == setting for row in evidence.patches):
        return list(evidence.patches), evidence.epochs[-1]
    return _comparable(evidence), None


def untrained(rows: Sequence[Row], entry: Entry) -> dict[str, float]:
    """Mean accuracy of a setting's networks before training."""
    found = [
        row["probe"]
        for row in rows
        if row["epoch"] == 0
        and (row["patch"], row["mask"]) == entry.setting
        and row["probe"] is not None
    ]
    return {"untrained encoder": sum(found) / len(found)} if found else {}


def confidence(found: Sequence[Mapping]) -> str:
    """In a word: none, low (several reasons for care), fair (one), good."""
    about = [d["about"] for d in found]
    if doubts.EVERYTHING in about or doubts.PATCH in about:
        return "none"
    care = about.count(doubts.CARE)
    return "good" if not care else "fair" if care == 1 else "low"


def scope(evidence: Evidence, final: Ranking) -> dict:
    """For what the advice was found."""
    look = evidence.look
    keys = ("n_train", "n_labels", "height", "width", "channels")
    epochs = max(row["epochs"] for row in evidence.final)
    seeds = min(entry.n_seeds for entry in final.entries)
    return {key: look[key] for key in keys} | {"epochs": epochs, "seeds": seeds}


def _against_default(final: Ranking, chosen: Entry, default: Setting) -> dict | None:
    entry = final.by_setting.get(default)
    if entry is None:
        return None
    return {
        "patch": default[0],
        "mask": default[1],
        "score": entry.mean,
        "gain": final.behind(entry, chosen),
        "standard_error": final.gap_error(entry, chosen),
    }


def sentence(advice: Mapping, look: Mapping) -> str:
    """One sentence, and how sure it is."""
    images = f"For your {look['n_train']:,} images of {look['height']} x {look['width']} pixels"
    about = (doubts.EVERYTHING, doubts.PATCH)
    stops = [d for word in about for d in advice["doubts"] if d["about"] == word]
    if stops:
        first = stops[0]
        others = len(advice["doubts"]) - 1
        more = f"; {others} more reason{'s' if others > 1 else ''} for doubt" if others else ""
        reason = f"{_capital(first['detail'])}{more}. To settle it: {first['settle']}."
        return f"{images}: cannot tell. {reason}{_best_tried(advice, look, stops)}"
    return f"{images}: {_setting(advice, look)}. Confidence: {advice['confidence']}."


def _best_tried(advice: Mapping, look: Mapping, stops: Sequence[Mapping]) -> str:
    """The best setting all the same, where patch sizes differ and only training is too short."""
    short = {doubts.BELOW_BASELINES, doubts.WORSE_THAN_LINEAR}
    differ = set(advice["tied_patches"]) != set(advice["compared_patches"])
    if not differ or {d["reason"] for d in stops} - short:
        return ""
    return f" Best of what was tried: {_setting(advice, look)}."


def _setting(advice: Mapping, look: Mapping) -> str:
    patches = f"patch {advice['patch']}"
    if len(advice["tied_patches"]) > 1:
        others = [str(p) for p in advice["tied_patches"] if p != advice["patch"]]
        patches += f" (tie with {', '.join(others)})"
    return f"{patches}, {mask_words(advice, look)}"


def mask_words(advice: Mapping, look: Mapping) -> str:
    """What is said of the mask ratio."""
    if not advice["mask_ranked"]:
        return f"mask ratio not ranked ({advice['mask']:g} was used)"
    if len(advice["masks"]) == 1:
        return f"mask ratio {mask_text(advice['masks'][0], look)}"
    fixed = [m for m in advice["masks"] if mask_text(m, look) == f"{m:g}"]
    words = [f"{fixed[0]:g} to {fixed[-1]:g}" if len(fixed) > 1 else f"{fixed[0]:g}"]
    words += [mask_text(m, look) for m in advice["masks"] if m not in fixed]
    return f"mask ratio {' or '.join(words)} (tie)"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def gain_words(advice: Mapping, look: Mapping) -> str:
    """How the chosen setting compares with the default; of no advice, what was best."""
    if advice["verdict"] != "advice":
        best = f"patch {advice['patch']} at mask ratio {mask_text(advice['mask'], look)}"
        return f"The best of what was tried, which is no advice: {best}. {_gain(advice)}"
    return _gain(advice)


def _gain(advice: Mapping) -> str:
    default = advice["default"]
    if default is None:
        return "The default does not fit these images, or cannot be compared without labels."
    if (default["patch"], default["mask"]) == (advice["patch"], advice["mask"]):
        return "It is the default."
    percent = advice["objective"] in SHARES
    gain, error = (amount(default[key], percent, "points") for key in ("gain", "standard_error"))
    what = GAINS[advice["objective"]]
    return (
        f"Against the default (patch {default['patch']}, mask ratio {default['mask']:g}): {gain} "
        f"of {what}, standard error {error}."
    )

"""The runs behind a search for a better recipe, from the config and the rungs' files.

A rung is an epoch of the base's schedule: runs stop there (`_until-{epoch}`), and those that it
keeps continue. The last rung is the schedule's end. What is tried on a rung is in the file that the
rung before it wrote, which people may edit.
"""

import math
from collections.abc import Mapping, Sequence

from spatial_mae.study import advising
from spatial_mae.study.candidates import BASE, LABELLED, TESTED, UNIT, candidates, validated
from spatial_mae.study.grid import Run, wildcards
from spatial_mae.study.measurements import RULES


def block(config: Mapping) -> Mapping:
    """The config's block. Raises ValueError if the study has none."""
    if not config.get("tune"):
        raise ValueError(
            f"study {config['study']!r} has no block `tune:`, so there is no recipe to search; use "
            "`--configfile workflow/studies/recipes.yaml`, or copy its block"
        )
    return config["tune"]


def check(config: Mapping) -> str:
    """The check that the data set has what the search asks of it."""
    return RULES["check_dataset"].record.format(dataset=block(config)["dataset"])


def rungs(config: Mapping) -> dict[str, int]:
    """Rung, as its files are named -> its epoch; the last is the end of the base's schedule."""
    found = block(config)
    last = config["recipes"]["pretraining"][found["base"]]["epochs"]
    return {f"epoch-{epoch}": epoch for epoch in (*found["rungs"], last)}


def last_rung(config: Mapping) -> str:
    return [*rungs(config)][-1]


def rung_before(config: Mapping, rung: str) -> str | None:
    """The rung whose file says what a rung tries; None: all candidates.

    Raises ValueError for an epoch that is no rung.
    """
    names = [*rungs(config)]
    if rung not in names:
        raise ValueError(f"{rung} is no rung of this study; there are {', '.join(names)}")
    place = names.index(rung)
    return names[place - 1] if place else None


def file_of(config: Mapping, rung: str, suffix: str = "json") -> str:
    """What a rung keeps (json), or its rows (csv)."""
    return f"results/{config['study']}/tune/{rung}.{suffix}"


def rung_files(config: Mapping, suffix: str) -> list[str]:
    """Those of all rungs, in order."""
    return [file_of(config, rung, suffix) for rung in rungs(config)]


def file_before(config: Mapping, rung: str) -> list[str]:
    """The file that says what a rung tries; none for the first."""
    before = rung_before(config, rung)
    return [file_of(config, before)] if before else []


def kept(content: Mapping, known: Mapping[str, Mapping], path: object) -> list[str]:
    """The candidates that a rung's file, perhaps edited, keeps.

    known: candidate -> values. Raises ValueError for none, unknown ones or other values.
    """
    if not content.get("kept"):
        raise ValueError(f"{path}: `kept` is empty; keep a candidate, or delete the file")
    for entry in content["kept"]:
        name = entry.get("candidate")
        if name not in known:
            raise ValueError(
                f"{path}: `kept` names {name!r}, which is no candidate; use {', '.join(known)}; or "
                "delete the file"
            )
        if entry.get("values", known[name]) != known[name]:
            raise ValueError(
                f"{path}: the values of {name} are {known[name]}; to try others, change the "
                "study's `tune.factors` or `tune.n`; or delete the file"
            )
    return [entry["candidate"] for entry in content["kept"]]


def tried(config: Mapping, rung: str, before: Mapping | None) -> list[str]:
    """The candidates of a rung; before: the file of the rung before it, None for the first."""
    known = candidates(config)
    if before is None:
        return [*known]
    names = kept(before, known, file_before(config, rung)[0])
    return list(dict.fromkeys([BASE, *names]))


def most_epochs(config: Mapping) -> int:
    """Epochs of pretraining of the search, at most: every rung keeps the base besides its best.

    Runs continue from rung to rung; seeds that the last rung alone has start from the beginning.
    """
    found, total, passed = block(config), 0, 0
    n = len(candidates(config))
    *early, end = rungs(config).values()
    for epoch in early:
        total += n * len(found["seeds"]) * (epoch - passed)
        n, passed = min(n, kept_of(found["keep"], n) + 1), epoch
    begun = len({*found["seeds"]} & {*found["final_seeds"]})
    return total + n * (len(found["final_seeds"]) * end - begun * passed)


def kept_of(share: float, n: int) -> int:
    """How many of `n` candidates a rung keeps that keeps this share."""
    return math.ceil(round(share * n, 9))


def keep(config: Mapping, rung: str, before: Mapping | None) -> int:
    """How many candidates a rung keeps; the last one, the winner."""
    if rung == last_rung(config):
        return 1
    return kept_of(block(config)["keep"], len(tried(config, rung, before)))


def rung_scores(config: Mapping, rung: str, before: Mapping | None) -> list[str]:
    """The tables that a rung reads: of held-out training images."""
    found, names = block(config), tried(config, rung, before)
    last = rung == last_rung(config)
    seeds = found["final_seeds"] if last else found["seeds"]
    until = None if last else rungs(config)[rung]
    return advising.scores(_runs(config, names, seeds), LABELLED, until)


def _runs(
    config: Mapping, names: Sequence[str], seeds: Sequence[int], again: bool = False
) -> list[Run]:
    """again: under the recipe of validation."""
    found, known = block(config), candidates(config)
    same = {key: found[key] for key in ("dataset", "model", "patch", "mask", "enc", "dec")}
    return [
        {
            **same,
            "training": validated(name) if again else name,
            UNIT: known[name].get(UNIT, found[UNIT]),
            "seed": seed,
        }
        for name in names
        for seed in seeds
    ]


def winner(config: Mapping, last: Mapping) -> str:
    """The candidate that the last rung's file keeps; the base if it keeps none but that.

    Raises ValueError if the file, edited, keeps more.
    """
    path = file_of(config, last_rung(config))
    names = dict.fromkeys(kept(last, candidates(config), path))
    others = [name for name in names if name != BASE]
    if len(others) > 1:
        raise ValueError(f"{path}: `kept` names {', '.join(others)}; keep one of them")
    return others[0] if others else BASE


def test_scores(config: Mapping, last: Mapping) -> list[str]:
    """The scores of the winner and the base, trained again, on the test images."""
    names = list(dict.fromkeys([winner(config, last), BASE]))
    runs = _runs(config, names, block(config)["validation_seeds"], again=True)
    return advising.scores(runs, TESTED, None)


def baselines(config: Mapping) -> list[str]:
    """The scores of raw pixels on the same images; none where the recipe wants no controls."""
    if not config["recipes"]["evaluation"][TESTED]["control_colour"]:
        return []
    same = {key: block(config)[key] for key in ("dataset", "model")}
    card = RULES["probe_pixels"]
    return [card.scores_file.format(**wildcards(card, same, TESTED))]

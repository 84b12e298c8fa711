"""The runs behind advice on patch size and mask ratio, from the config and the rungs' files.

A rung is a run of a study that stops early: its slug ends in `_until-{epoch}`. What is tried on a
rung is in the file that the rung before it wrote, which people may edit.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from spatial_mae.advise.candidates import comparing_epoch, drawn_mask
from spatial_mae.study.grid import Run, parse, slug, wildcards
from spatial_mae.study.measured.keys import PRETRAINING
from spatial_mae.study.measurements import RULES

RUNGS = ("patches", "masks")
UNTIL = "until"
# Rung -> the file that says what it tries.
BEFORE = {"patches": "look", "masks": "patches"}
LABELLED, UNLABELLED = "advise", "advise_unlabelled"
TESTED, TESTED_UNLABELLED = "advise_test", "advise_test_unlabelled"


def base(run: str) -> str:
    """The slug of the whole run that a rung is a part of."""
    return slug(parse(run), PRETRAINING)


def last_epoch(config: Mapping, training: str, run: str) -> int:
    """The epoch at which a run's job stops: its rung, else the recipe's last."""
    return parse(run).get(UNTIL, config["recipes"]["pretraining"][training]["epochs"])


def state(weights: str | Path) -> str:
    """The folder from which a run continues, of all its rungs, from the path of its weights."""
    folder = Path(weights).parent
    return str(folder.with_name(base(folder.name)) / "state")


def block(config: Mapping) -> Mapping:
    """The config's block. Raises ValueError if the study has none."""
    if not config.get("advise"):
        raise ValueError(
            f"study {config['study']!r} has no block `advise:`, so there is nothing to advise on; "
            "use `--configfile workflow/studies/advise.yaml`, or copy its block"
        )
    return config["advise"]


def read(path: str | Path) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def tried(config: Mapping, rung: str, before: Mapping, look: Mapping) -> list[Run]:
    """The settings with seeds of a rung; before: the file named in `BEFORE`.

    look: the file of `look_at_images`. Raises ValueError if the images do not admit what `before`,
    perhaps edited, keeps.
    """
    chosen = block(config)
    check_kept(before, look, file_before(config["study"], rung))
    settings = before["kept"] if rung == "patches" else _masks(before)
    return [run_of(chosen, setting, seed) for setting in settings for seed in chosen["seeds"]]


def _masks(before: Mapping) -> list[Mapping]:
    """Each kept patch size at each mask ratio that is still to be compared for it."""
    return [
        {"patch": setting["patch"], "mask": mask}
        for setting in before["kept"]
        for mask in setting.get("masks", [setting["mask"]])
    ]


def finals(config: Mapping, before: Mapping, look: Mapping) -> list[Run]:
    """The runs to the end, with seeds, of the settings that the last rung kept; as `tried`."""
    chosen = block(config)
    check_kept(before, look, file_of(config["study"], RUNGS[-1]))
    return [
        run_of(chosen, setting, seed)
        for setting in before["kept"]
        for seed in chosen["final_seeds"]
    ]


def check_kept(content: Mapping, look: Mapping, path: object) -> None:
    """Raise ValueError if a file, perhaps edited, keeps what the images do not admit.

    Of a patch size also each of the `masks` is checked, which the next rung compares.
    """
    if not content.get("kept"):
        raise ValueError(f"{path}: `kept` is empty; keep a setting, or delete the file")
    for setting in content["kept"]:
        patch, masks = setting.get("patch"), setting.get("masks", [setting.get("mask")])
        if not isinstance(masks, list) or not masks:
            raise ValueError(
                f"{path}: `masks` of patch {patch} is {masks!r}; list the mask ratios to compare, "
                "such as [0.5, 0.75], or leave `masks` out; or delete the file"
            )
        for mask in (setting.get("mask"), *masks):
            if not _is_admitted(patch, mask, look):
                known = "; ".join(f"patch {p}: mask ratios {m}" for p, m in look["masks"].items())
                raise ValueError(
                    f"{path}: `kept` names patch {patch} at mask ratio {mask}, which was not "
                    f"looked at; use {known}; or delete the file"
                )


def _is_admitted(patch: object, mask: object, look: Mapping) -> bool:
    """Whether a setting was looked at, or is the default and possible."""
    default = look["default"]
    is_default = default["feasible"] and (patch, mask) == (default["patch"], default["mask"])
    return isinstance(patch, int) and (is_default or mask in look["masks"].get(str(patch), ()))


def run_of(chosen: Mapping, setting: Mapping, seed: int) -> Run:
    """The run of a setting (`patch`, `mask`) of the block."""
    same = {key: chosen[key] for key in ("dataset", "model", "enc", "dec")}
    same["training"] = training_of(chosen, setting["mask"])
    return {**same, "patch": setting["patch"], "unit": 1, "mask": setting["mask"], "seed": seed}


def training_of(chosen: Mapping, mask: float) -> str:
    """The recipe of pretraining of a setting of the block."""
    drawn = mask == drawn_mask(chosen["drawn"])
    return chosen["drawn_training"] if drawn else chosen["training"]


def scores(runs: Sequence[Run], recipe: str, until: int | None) -> list[str]:
    """The tables of scores of runs, stopped at an epoch or (None) at their end."""
    card, found = RULES["evaluate_mae"], []
    for run in runs:
        values = wildcards(card, run, recipe)
        if until is not None:
            values["run"] += f"_{UNTIL}-{until}"
        found.append(f"{card.folder}/scores_{{recipe}}.csv".format(**values))
    return found


def rung_scores(config: Mapping, rung: str, before: Mapping, look: Mapping) -> list[str]:
    """The tables that a rung reads; arguments and errors as of `tried`."""
    recipe = LABELLED if before["labelled"] else UNLABELLED
    epochs, common = block(config)["rungs"], block(config)["common_mask"]
    compared = comparing_epoch(rung, before["objective"], epochs)
    found = []
    for run in tried(config, rung, before, look):  # those of the first rung are there already
        until = epochs[-1] if run["mask"] == common else compared
        found += scores([run], recipe, until)
    return found


def final_scores(config: Mapping, before: Mapping, look: Mapping) -> list[str]:
    """Of the runs to the end: the scores on held-out training images, which choose."""
    recipe = LABELLED if before["labelled"] else UNLABELLED
    return scores(finals(config, before, look), recipe, None)


def test_scores(config: Mapping, before: Mapping, look: Mapping) -> list[str]:
    """The scores of the same networks on the test images, which are read here alone."""
    recipe = TESTED if before["labelled"] else TESTED_UNLABELLED
    return scores(finals(config, before, look), recipe, None)


def baselines(config: Mapping, before: Mapping) -> list[str]:
    """The scores of raw pixels and principal components.

    None without labels, or where the recipe wants no controls.
    """
    chosen = block(config)
    wanted = before["labelled"] and config["recipes"]["evaluation"][LABELLED]["control_colour"]
    same = {"dataset": chosen["dataset"], "model": chosen["model"]}
    card = RULES["probe_pixels"]
    found = card.scores_file.format(**wildcards(card, same, LABELLED))
    return [found] if wanted else []


def manifest(config: Mapping) -> str:
    """Of the data set that advice is asked for."""
    return f"results/data/{block(config)['dataset']}/manifest.json"


def training_images(config: Mapping) -> str:
    """Of the same data set."""
    return f"results/data/{block(config)['dataset']}/train.npy"


def held_out(config: Mapping) -> float:
    """Share of the training images that chooses."""
    return config["recipes"]["pretraining"][block(config)["training"]]["held_out"]


def file_before(study: str, rung: str) -> str:
    """The file that says what a rung tries."""
    return file_of(study, BEFORE[rung])


def file_of(study: str, step: str) -> str:
    """What the look at the images, or a rung, keeps."""
    return f"results/{study}/advise/{step}.json"


def files(config: Mapping) -> list[str]:
    """What the rules of `advise.smk` write, without records; none without the block."""
    if not config.get("advise"):
        return []
    looked = ("look.json", "look.npz")
    rungs = (f"{rung}.{suffix}" for rung in RUNGS for suffix in ("json", "csv"))
    advised = ("advice.html", "advice.json", "advice.csv", "next_study.yaml")
    return [f"results/{config['study']}/advise/{name}" for name in (*looked, *rungs, *advised)]

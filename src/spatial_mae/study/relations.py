"""What a run needs of others: pretrained weights, moments, closed forms, probes, controls."""

from collections.abc import Mapping

from spatial_mae.study import sources
from spatial_mae.study.grid import Run, expand, kind_of, parse, slug, wildcards
from spatial_mae.study.measured.keys import MOMENT, PRETRAINING
from spatial_mae.study.measurements import KINDS, RELATED, RULES


def of_test_split(run: Mapping) -> Run:
    """The moments of the whole test split that belong to those of training images."""
    return {**run, "n": "all", "split": "test"}


def test_moment(moment: str) -> str:
    """The slug of the moments of the whole test split that belong to a slug of training moments."""
    return slug(of_test_split(parse(moment)), MOMENT)


def weights(config: Mapping) -> list[str]:
    """The weights of every pretraining run of the study."""
    card = RULES["pretrain_mae"]
    runs = (r for e in config["experiments"] if "training" in kind_of(e).keys for r in expand(e))
    folders = dict.fromkeys(card.folder.format(**wildcards(card, run)) for run in runs)
    return [f"{folder}/weights.safetensors" for folder in folders]


def normalised_recipes(config: Mapping) -> list[str]:
    """The recipes of pretraining whose target patches have mean 0 and deviation 1."""
    recipes = config.get("recipes", {}).get("pretraining", {})
    return [name for name, recipe in recipes.items() if recipe.get("normalise_targets")]


def reference(config: Mapping, recipe: str, run: Mapping) -> Run:
    """The run whose layers `run` is compared with, as the recipe says."""
    return {**run, **config["recipes"]["similarity"][recipe]["reference"]}


def reference_run(config: Mapping, recipe: str, run: str) -> str:
    """The slug of the run whose layers `run`, a slug, is compared with."""
    return slug(reference(config, recipe, parse(run)), PRETRAINING)


def related(config: Mapping, recipe: str) -> list[Mapping]:
    """Experiments without grids, one per kind of table behind both papers' quantities."""
    names = config["recipes"]["both_papers"][recipe]
    return [{"name": kind, "kind": kind, "recipe": names[KINDS[kind].recipe]} for kind in RELATED]


def probed(config: Mapping, recipe: str) -> Mapping:
    """An experiment without grids: the evaluation whose probe a robustness recipe judges."""
    name = config["recipes"]["robustness"][recipe]["evaluation"]
    return {"name": "evaluation", "kind": "evaluation", "recipe": name}


# Kinds whose recipes name others' -> experiments without grids that represent what they name.
_STANDS_ON = {
    "both_papers": related,
    "robustness": lambda config, name: [probed(config, name)],
}


def stood_on(config: Mapping, entry: Mapping) -> list[Mapping]:
    """The experiments without grids that an experiment's recipe names; most name none."""
    named = _STANDS_ON.get(entry["kind"])
    return named(config, entry["recipe"]) if named else []


def probes(config: Mapping, recipe: str, run: Mapping) -> str:
    """The file of a run's probes that a robustness recipe judges."""
    card, name = RULES["evaluate_mae"], probed(config, recipe)["recipe"]
    return f"{card.folder}/probes_{{recipe}}.npz".format(**wildcards(card, run, name))


def shifted(config: Mapping, recipe: str) -> list[str]:
    """The data sets on whose test images a robustness recipe judges a probe."""
    return config["recipes"]["robustness"][recipe]["prepared"]


def generated(config: Mapping, recipe: str) -> list[str]:
    """The data set with outlined objects on which a detection recipe trains; none: the user's."""
    name = config["recipes"]["detection"][recipe]["generated"]
    return [name] if name else []


def generated_annotations(config: Mapping, recipe: str) -> list[str]:
    """The annotations of its training and test images, in COCO's format."""
    folders = [RULES["write_coco"].folder.format(dataset=n) for n in generated(config, recipe)]
    return [f"{folder}/{split}.json" for folder in folders for split in ("train", "test")]


def generated_manifest(config: Mapping, recipe: str) -> list[str]:
    """The manifest of this data set, which changes with the pixels; annotations do not."""
    return [f"results/data/{name}/manifest.json" for name in generated(config, recipe)]


def used_datasets(config: Mapping) -> list[str]:
    """The data sets that the study reads, in order of appearance; those that are there."""
    runs = (run for e in config["experiments"] for run in expand(e))
    own = [run["dataset"] for run in runs if "dataset" in run]
    used = [(kind_of(e).recipe, e["recipe"]) for e in config["experiments"]]
    others = [name for family, r in used for name in _besides(config, family, r)]
    asked = [config[name]["dataset"] for name in ("advise", "tune") if config.get(name)]
    asked = [name for name in asked if name in config["datasets"]]  # others: the block's own fault
    return list(dict.fromkeys([*own, *asked, *others]))


def _besides(config: Mapping, family: str, recipe: str) -> list[str]:
    """Data sets that a recipe names."""
    named = {"robustness": shifted, "detection": generated}
    return named[family](config, recipe) if family in named else []


def checks(config: Mapping) -> list[str]:
    """The checks that the study's data sets have what it asks of them."""
    record = RULES["check_dataset"].record
    return [record.format(dataset=name) for name in used_datasets(config)]


def stage_checks(config: Mapping, stage: str) -> list[str]:
    """The same for the data sets that the experiments of a stage read."""
    entries = [entry for entry in config["experiments"] if kind_of(entry).stage == stage]
    return checks({**config, "experiments": entries, "advise": None, "tune": None})


def advice_checks(config: Mapping) -> list[str]:
    """The same for the data set that advice is asked for."""
    return checks({**config, "experiments": [], "tune": None})


def advice(config: Mapping) -> list[str]:
    """The advice that the report begins with; none where the study asks for none."""
    return [f"results/{config['study']}/advise/advice.json"] if config.get("advise") else []


def own_moment(config: Mapping, dataset: str) -> Run:
    """The moments of a data set's training images in all their channels."""
    colour = "rgb" if sources.channels(config["datasets"][dataset]) == 3 else "luma"
    return {"dataset": dataset, "colour": colour, "n": "all", "split": "train"}


def control_moment(config: Mapping, recipe: str, dataset: str) -> Run:
    """The moments behind the controls of an evaluation recipe."""
    colour = config["recipes"]["evaluation"][recipe]["control_colour"]
    return {"dataset": dataset, "colour": colour, "n": "all", "split": "train"}


def control_solution(config: Mapping, recipe: str, dataset: str, patch: object) -> Run:
    """The linear solution behind the controls of an evaluation recipe."""
    values = config["recipes"]["evaluation"][recipe]
    choice = {"centring": values["control_centring"], "ridge": values["control_ridge"]}
    return {**control_moment(config, recipe, dataset), "patch": patch, "flip": False, **choice}


def recipe(config: Mapping, family: str, name: str, without: tuple[str, ...] = ()) -> dict:
    """A recipe without the keys that start with one of `without`: those that a rule does not read.

    What a rule reads decides whether its jobs run again.
    """
    whole = config["recipes"][family][name]
    return {key: value for key, value in whole.items() if not key.startswith(without)}


def controls(recipe: str, run: Mapping) -> dict[str, dict[str, str]]:
    """The rules that score what is compared with the probes of a run, and their wildcards.

    They are raw pixels and PCA, and the linear MAE of its mask unit and ratio.
    """
    same = {**run, "patch": run["patch"] * run["unit"]}
    rules = ("probe_pixels", "probe_linear")
    return {rule: wildcards(RULES[rule], same, recipe) for rule in rules}


def control_scores(recipe: str, run: Mapping) -> list[str]:
    """The files of these scores."""
    found = controls(recipe, run)
    return [RULES[rule].scores_file.format(**values) for rule, values in found.items()]


def controlled(config: Mapping, entry: Mapping) -> bool:
    """Whether the rows of an experiment's runs are joined by those of controls.

    They are not where the recipe probes nothing or wants no controls.
    """
    if entry["kind"] != "evaluation":
        return False
    wanted = config["recipes"]["evaluation"][entry["recipe"]]
    return bool(wanted["representations"] and wanted["control_colour"])


def experiment_controls(config: Mapping, entry: Mapping) -> list[str]:
    """The files of the scores of all controls of an experiment."""
    runs = expand(entry) if controlled(config, entry) else []
    files = (control_scores(entry["recipe"], run) for run in runs)
    return list(dict.fromkeys(path for found in files for path in found))


def moments_file(run: Mapping) -> str:
    """The second moments of a run's data set, colour, number of images and split."""
    card = RULES["compute_moments"]
    return f"{card.folder}/moments.npz".format(**wildcards(card, run))


def solution_file(run: Mapping) -> str:
    """The closed forms of a run of the linear half."""
    card = RULES["solve_linear"]
    return f"{card.folder}/solution.npz".format(**wildcards(card, run))

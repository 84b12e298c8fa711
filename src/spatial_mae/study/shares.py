"""Shares of the training images that recipes hold out: none that is scored was trained on."""

from collections.abc import Iterable, Iterator, Mapping

from spatial_mae.study.measurements import KINDS
from spatial_mae.study.relations import stood_on

FAMILY = "evaluation"


def unscored(
    config: Mapping, searched: Iterable[str], tested: Iterable[str], share: float | None, study: str
) -> Iterator[str]:
    """Recipes of evaluation that a search lacks, or that score other images than it needs.

    searched: names of those that score settings during the search; share: what the training holds
    out for it, None if that is not known. tested: names of those that score its result, on test
    images. study: of `workflow/studies`, in which all these recipes are.
    """
    wanted = dict.fromkeys(searched, (share, "the share that the training holds out"))
    wanted |= dict.fromkeys(tested, (0, "so that test images are scored"))
    for name, (right, why) in wanted.items():
        place = f"recipes.{FAMILY}.{name}"
        scored = config["recipes"].get(FAMILY, {}).get(name)
        if scored is None:
            yield f"{place}: missing; copy it from workflow/studies/{study}.yaml"
        elif right is not None and scored["held_out"] != right:
            yield f"{place}.held_out: {scored['held_out']:g} must be {right:g}, {why}"


def unprobed(config: Mapping, names: Iterable[str]) -> Iterator[str]:
    """Recipes of evaluation, of these names, without what a search reads: mean token and class."""
    for name in names:
        recipe = config["recipes"].get(FAMILY, {}).get(name)
        for key, word in (("representations", "mean"), ("labels", "class")):
            if recipe is not None and word not in recipe[key]:
                yield f"recipes.{FAMILY}.{name}.{key}: the search needs `{word}`; add it"


def misfits(config: Mapping) -> Iterator[str]:
    """Experiments that score, as if they were held out, images on which a network was trained.

    Of one data set, a smaller share is a part of a larger one, see `data.held_out`.
    """
    for entry in config["experiments"]:
        trainings = dict.fromkeys(
            n for g in entry.get("grids") or () for n in g.get("training", ())
        )
        for name in _evaluations(config, entry):
            share = config["recipes"][FAMILY][name]["held_out"]
            for training in trainings:
                kept = config["recipes"]["pretraining"][training]["held_out"]
                if share > kept:
                    yield (
                        f"experiment {entry['name']!r}: recipe {name!r} of evaluation scores "
                        f"training images (held_out: {share:g}), but training {training!r} holds "
                        f"only a share of {kept:g} out, so that it learns from images that are "
                        "scored; set `held_out` of the evaluation to at most that (0: test images "
                        "are scored), or that of the training to at least this"
                    )


def _evaluations(config: Mapping, entry: Mapping) -> Iterator[str]:
    """The recipes by which the networks of an experiment are evaluated."""
    if KINDS[entry["kind"]].recipe == FAMILY:
        yield entry["recipe"]
    others = stood_on(config, entry)
    yield from (o["recipe"] for o in others if KINDS[o["kind"]].recipe == FAMILY)

"""The ladder of a study: recipes of pretraining that differ in their budget."""

from collections.abc import Iterator, Mapping

BUDGET = ("epochs", "warmup_epochs", "checkpoints")


def rungs(config: Mapping) -> dict[str, int]:
    """Recipe -> epochs, in the order of the ladder. Raises ValueError if the study has none."""
    if not config.get("ladder"):
        raise ValueError(
            f"study {config['study']!r} has no `ladder:`, so there are no budgets to compare; use "
            "`--configfile workflow/studies/ladder.yaml`, or list recipes of pretraining under it"
        )
    recipes = config["recipes"]["pretraining"]
    return {name: recipes[name]["epochs"] for name in config["ladder"]}


def misfits(config: Mapping) -> Iterator[str]:
    """What in the ladder does not fit the rest of the config."""
    names, recipes = config.get("ladder") or (), config["recipes"].get("pretraining", {})
    if unknown := [name for name in names if name not in recipes]:
        yield f"ladder: {unknown} are no recipes of pretraining; there are {[*recipes]}"
        return
    epochs = [recipes[name]["epochs"] for name in names]
    if names and (len(names) < 2 or epochs != sorted(set(epochs))):
        yield f"ladder: list two recipes or more whose epochs increase; these have {epochs}"
    for name in names[1:]:
        first, own = recipes[names[0]], recipes[name]
        if differing := [k for k in own if k not in BUDGET and own[k] != first[k]]:
            yield (
                f"ladder: the recipes {names[0]!r} and {name!r} of pretraining differ by "
                f"{differing}; rungs differ by {', '.join(BUDGET)} alone"
            )

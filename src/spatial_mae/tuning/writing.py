"""A search for a recipe as people read it: a page in Markdown, and the recipe to paste."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from spatial_mae.advise.ranking import Ranking
from spatial_mae.files import read_json, read_rows
from spatial_mae.study.candidates import UNIT, longer, recipe
from spatial_mae.study.schema import schema
from spatial_mae.tuning.halving import name_of, ranked
from spatial_mae.tuning.verdict import Search, in_words, points, text

VALIDATION = "validation"  # the name of its rows
OF_THE_SEARCH = ("held_out", "checkpoints")  # keys of a candidate that a new study sets itself


def read_search(folder: Path) -> Search:
    """The search whose tune.json and tune.csv are in a folder, as `choose_recipe` wrote them."""
    found, rungs = read_json(folder / "tune.json"), {}
    for row in read_rows(folder / "tune.csv"):
        rungs.setdefault(row["rung"], []).append(row)
    validation = rungs.pop(VALIDATION)
    names = ("base", "winner", "raw_pixels", "edited")
    return Search(rungs, validation, found["candidates"], *(found[name] for name in names))


def markdown(search: Search, found: Mapping) -> str:
    """The page: the verdict, what it rests on, and what each rung kept."""
    return "\n".join(_lines(search, found)) + "\n"


def _lines(search: Search, found: Mapping) -> Iterator[str]:
    again, before = found["validation"], found["held_out"]
    yield from ["# A recipe of pretraining, searched", "", found["sentence"], ""]
    if search.edited:
        yield from [f"Edited by hand, and used as edited: {', '.join(search.edited)}.", ""]
    if found["diverged"]:
        yield from [f"Training diverged, counted as worst: {', '.join(found['diverged'])}.", ""]
    yield from _differences(again, before)
    yield from _references(found)
    yield from _values(found)
    for rung, rows in search.rungs.items():
        yield from [f"## Rung {rung}: accuracy on held-out training images", ""]
        yield from _table(ranked(rows, _epoch(rung)), search)


def _epoch(rung: str) -> int:
    return int(rung.rpartition("-")[2])


def _differences(again: Mapping, before: Mapping) -> Iterator[str]:
    yield "| winner against base | epochs | winner (%) | base (%) | difference |"
    yield "|---|---|---|---|---|"
    for word, one in (("test images, new seeds", again), ("held-out images", before)):
        numbers = " | ".join(_number(one, name) for name in ("winner", "base"))
        yield f"| {word} | {one['epochs']} | {numbers} | {points(one)} |"
    yield from [
        "",
        "The difference on held-out images is that of the best of many, which chance makes too "
        "large; the one on test images, read once, decides.",
        "",
    ]


def _number(one: Mapping, name: str) -> str:
    if one[name] is None:
        return "diverged"
    error = 100 * one[f"{name}_standard_error"]
    return f"{100 * one[name]:.1f} ± {error:.1f} ({one[f'{name}_seeds']} seeds)"


def _references(found: Mapping) -> Iterator[str]:
    words = {"untrained": "the untrained encoder", "raw_pixels": "raw pixels"}
    known = [f"{words[key]} {100 * found[key]:.1f}%" for key in words if found[key] is not None]
    if known:
        yield from [f"On the same test images: {', '.join(known)}.", ""]


def _values(found: Mapping) -> Iterator[str]:
    yield from ["| factor | winner | base |", "|---|---|---|"]
    for key, value in found["values"].items():
        yield f"| `{key}` | {text(value)} | {text(found['base_values'][key])} |"
    yield ""


def _table(ranking: Ranking, search: Search) -> Iterator[str]:
    yield from [
        "| candidate | accuracy (%) | seeds | differs from the base by |",
        "|---|---|---|---|",
    ]
    for entry in ranking.entries:
        name = name_of(entry)
        number = f"{100 * entry.mean:.1f} ± {100 * entry.standard_error:.1f}"
        how = in_words(search.known[name], search.known[search.base])
        yield f"| {name} | {number} | {entry.n_seeds} | {how} |"
    yield ""


def recipe_block(config: Mapping, values: Mapping, sentence: str) -> str:
    """The winner as two recipes to paste under `recipes: pretraining:`, of both budgets.

    Keys with their default value are left out, and those that only the search needed.
    """
    block = config["tune"]
    short, long = recipe(config, values), longer(config, values)
    made = {f"tuned_{one['epochs']}": _but_defaults(one) for one in (short, long)}
    unit = values.get(UNIT, block[UNIT])
    head = [f"# {sentence}"]
    if unit != block[UNIT]:
        head.append(f"# It was trained with mask unit {unit}: set `unit: [{unit}]` in the grids.")
    body = yaml.safe_dump(made, sort_keys=False, default_flow_style=None, width=120)
    return "\n".join([*head, body])


def _but_defaults(whole: Mapping) -> dict:
    declared = schema()["properties"]["recipes"]["properties"]["pretraining"]
    keys = declared["additionalProperties"]["properties"]
    return {
        key: value
        for key, value in whole.items()
        if key not in OF_THE_SEARCH and not ("default" in keys[key] and _is(value, keys[key]))
    }


def _is(value: object, declared: Mapping) -> bool:
    plain = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
    return plain == declared["default"]

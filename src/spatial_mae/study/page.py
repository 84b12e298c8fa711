"""The page docs/config.md, from the schema of the config."""

import json
from collections.abc import Iterator, Mapping

from spatial_mae.study.checking import allowed

HEAD = """\
# The config, key by key

`config.yaml` is the study `quick`; every other study is an overlay on it (`--configfile`): mappings
are merged key by key, lists are replaced whole. What the papers vary is named in the studies; a key
with a default may be left out. The config with all its defaults is written to
`results/{study}/config.yaml`. Papers: Bisulco et al. 2025, Kong et al. 2023, He et al. 2022, whose
networks both follow; [deviations](deviations.md) has our choice where they are silent. The keys of
`recipes` and of each kind of experiment are on the page [measurements](measurements.md).

This page and `workflow/schemas/config.schema.json` are made from the declarations in the code by
`python -m spatial_mae.cli.describe_config`. A study written for an earlier version, with a block
`figures:`, is rewritten by `python -m spatial_mae.cli.upgrade_config FILE`.
"""


def reference_page(schema: Mapping) -> str:
    """Every key with its meaning, what is allowed, its default, and what the papers set."""
    return "\n".join(_lines(schema)).rstrip("\n") + "\n"


def _lines(schema: Mapping) -> Iterator[str]:
    blocks = schema["properties"]
    yield from [HEAD, "## Top level", "", *key_table(schema)]
    for name in ("data", "devices", "advise", "tune"):
        yield from [f"## `{name}`", "", *key_table(blocks[name])]
        if name == "devices":
            choices = blocks[name]["properties"]["choices"]
            yield from ["### `devices.choices`", "", *key_table(choices)]
    experiment = blocks["experiments"]["items"]
    kind = {"description": "What is measured: a kind of [measurements](measurements.md)."}
    keys = {"properties": experiment["properties"] | {"kind": kind | {"type": "string"}}}
    yield from ["## `experiments`", "", "A list; each entry:", "", *key_table(keys)]
    grid = experiment["properties"]["grids"]["items"]
    yield from ["## Keys of `grids`", "", f"{grid['description']} Each key is a list.", ""]
    yield from key_table(grid)
    yield from ["## `models`", "", *key_table(blocks["models"]["additionalProperties"])]
    yield from ["## `datasets`", ""]
    for source in blocks["datasets"]["additionalProperties"]["oneOf"]:
        name = source["properties"]["source"]["const"]
        yield from [f"### source `{name}`", "", source["description"], "", *key_table(source)]


def key_table(schema: Mapping) -> Iterator[str]:
    """The lines of a table of an object's keys, and an empty one."""
    keys = {k: value for k, value in schema["properties"].items() if "const" not in value}
    if keys:
        yield "| key | meaning | allowed | default | papers |"
        yield "|---|---|---|---|---|"
    for key, value in keys.items():
        default = f"`{json.dumps(value['default'])}`" if "default" in value else ""
        cells = (f"`{key}`", value["description"], allowed(value), default)
        yield f"| {' | '.join(map(_escaped, cells))} | {value.get('x-papers', '')} |"
    yield ""


def _escaped(text: str) -> str:
    return text.replace("|", r"\|")

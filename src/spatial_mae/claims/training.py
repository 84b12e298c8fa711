"""Judges of training settings: did this study run at the paper's numbers?"""

from collections.abc import Callable, Mapping
from functools import partial

from spatial_mae.claims.judged import sentences
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import mark, mark_second, values
from spatial_mae.claims.verdict import CONDITIONAL, HOLDS, NOT_RUN, SETTING, Verdict
from spatial_mae.claims.wording import describe_data
from spatial_mae.tables.rows import Rows, Tables, distinct, pick
from spatial_mae.tables.runs import completed
from spatial_mae.tables.settings import settings

# Statement -> the table's kind, and the paper's value of each column.
SETTINGS = {
    "arch.dim": ("evaluation", {"model_width": 192, "encoder_heads": 12, "decoder_heads": 16}),
    "train.2000": ("evaluation", {"epochs": 2000, "warmup_epochs": 50}),
    "train.bs": ("evaluation", {"batch_size": 4096, "weight_decay": 0.05}),
    "aug": ("evaluation", {"random_crop": "yes", "flip": "yes"}),
    "fig8.setting": ("basis", {"mask": 0.8, "patch": 2}),
    "cka.dec4": ("similarity", {"dec": 4, "reference_enc": 12}),
    "ft.100": ("fine_tuning", {"epochs": 100, "batch_size": 1024, "warmup_epochs": 5}),
    "poster.setup": (
        "fine_tuning",
        {"dataset": "cifar10", "model_width": 192, "pretrain_epochs": 2000, "epochs": 100},
    ),
    "kong.epochs": ("unmasked", {"epochs": 800, "model_width": 768}),
    "kong.coco45": ("detection", {"epochs": 45}),
    "kong.batch1": ("detection", {"batch_size": 1}),
    "kong.tsne": ("embedding", {"perplexity": 20, "components": 50, "n_classes": 10}),
}
# Statement -> the runs that it speaks of, where it is not of all.
AMONG = {"kong.batch1": {"patch": 8, "unit": 1}}
FIGURES = {"fig8.setting": "basis_kernels", "kong.tsne": "class_planes"}
FIGURES |= {"cka.dec4": "layer_similarity"}
FIGURES |= {"kong.coco45": "table_detection", "kong.batch1": "table_detection"}
# Tables that may hold a grid of the second paper.
GRID_KINDS = ("evaluation", "unmasked")
# What one grid must hold: the column of its values, and them. Units in pixels.
GRIDS = {
    "kong.ratios": ("mask", (0.1, 0.25, 0.5, 0.75, 0.9)),
    "kong.patches": ("mask_unit", (8, 16, 32)),
}


def _trained(rows: Rows) -> Rows:
    """Rows of completed runs; the controls of an evaluation, which have no epochs, are not."""
    return [row for row in completed(rows) if row.get("epochs") is not None]


def setting_of_the_paper(
    tables: Tables,
    kind: str,
    wanted: Mapping[str, object],
    scale: Callable[[Rows], str],
    among: Mapping[str, object],
) -> Verdict:
    """Holds if every run has the paper's values; a column the tables lack is named, not guessed.

    scale: says that of the runs and the paper's. among: the values of the runs that are compared.
    """
    trained = _trained(tables[kind])
    rows = pick(trained, **among)
    if not rows:
        return _setting(NOT_RUN, "The paper's setting was not run.", _here(trained, among))
    known = {name: value for name, value in wanted.items() if distinct(rows, name)}
    matching = pick(rows, **known)
    here = _here(rows, known)
    unknown = ", ".join(_words(name) for name in wanted if name not in known)
    missing = f"Not in the tables: {unknown}." if unknown else ""
    if not matching or not known:
        return _setting(NOT_RUN, "The paper's setting was not run.", sentences(here, missing))
    verdict = HOLDS if len(matching) == len(rows) and not unknown else CONDITIONAL
    count = f"{len(matching)} of {len(rows)} rows have the paper's setting"
    sentence = f"{count}{', as far as the tables say' if unknown else ''}."
    numbers = {"rows": len(rows), "rows_in_setting": len(matching)}
    text = sentences(f"{scale(matching)}.", here, missing)
    return _setting(verdict, sentence, text, numbers, data=describe_data(matching))


def _here(rows: Rows, wanted: Mapping[str, object]) -> str:
    """What the runs have of the paper's values; empty without any."""
    found = [f"{_words(n)} {values(rows, n)} (the paper: {value})" for n, value in wanted.items()]
    return f"Here {', '.join(found)}." if found else ""


def _setting(*parts: object, **rest: object) -> Verdict:
    return Verdict(*parts, role=SETTING, **rest)


def _words(column: str) -> str:
    return column.replace("_", " ")


def _named(wanted: Mapping[str, object]) -> str:
    return ", ".join(f"{_words(name)} {value}" for name, value in wanted.items())


def grid_of_the_paper(tables: Tables, column: str, wanted: tuple) -> Verdict:
    """Holds under conditions if runs of one setting take all of the values: the rest is smaller."""
    either = [row for kind in GRID_KINDS for row in _trained(tables.get(kind, ()))]
    known = [row for row in either if row.get("patch") and row.get("unit")]
    rows = [{**row, "mask_unit": row["patch"] * row["unit"]} for row in known]
    free = ("patch", "unit") if column == "mask_unit" else (column,)
    groups = settings(rows, (*free, "metric", "protocol", "representation", "block")).values()
    whole = [group for group in groups if set(wanted) <= {row[column] for row in group}]
    if not whole:
        here = values(rows, column)
        text = f"Here {_words(column)} {here}."
        return _setting(NOT_RUN, "The paper's grid was not run.", text)
    found = [row for group in whole for row in group]
    text = (
        f"{_words(column).capitalize()} {', '.join(map(str, wanted))} at {values(found, 'epochs')} "
        f"epochs, width {values(found, 'model_width')}, images of {values(found, 'height')} pixels "
        "(the paper: 800 epochs, ViT-B, 224 pixels)."
    )
    sentence = f"{len(whole)} settings take all values of the paper's grid, in smaller networks."
    numbers = {"settings": len(whole)}
    return _setting(CONDITIONAL, sentence, text, numbers, data=describe_data(found))


for _identity, (_kind, _wanted) in SETTINGS.items():
    _scale = mark_second if _identity.startswith("kong.") else mark
    _among = AMONG.get(_identity, {})
    _decide = partial(setting_of_the_paper, kind=_kind, wanted=_wanted, scale=_scale, among=_among)
    _rule = f"Every run{f' of {_named(_among)}' if _among else ''} has {_named(_wanted)}."
    judge(_identity, kinds=(_kind,), figure=FIGURES.get(_identity), role=SETTING, rule=_rule)(
        _decide
    )
for _identity, (_column, _values) in GRIDS.items():
    _rule = f"Runs of one setting take {_words(_column)} {', '.join(map(str, _values))}."
    judge(_identity, kinds=GRID_KINDS, either=True, role=SETTING, rule=_rule)(
        partial(grid_of_the_paper, column=_column, wanted=_values)
    )

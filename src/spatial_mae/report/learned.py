"""What the networks of a study know, in one sentence per label, from its tables of probes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from spatial_mae.figures.drawing.notes import readable
from spatial_mae.tables.reading import read_table
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, distinct, groups
from spatial_mae.tables.runs import PIXELS, PROBE, SETTING, asked, last, once, probes
from spatial_mae.tables.words import NAMES

KIND = "evaluation"
CHOICE = ("dataset", "model", "training", *SETTING)
TOKENS = {"mean": "the mean token", "class_token": "the [CLS] token"}


def learned(tables: Iterable[Path]) -> list[str]:
    """Sentences on the best and the worst setting of each data set and label; [] without probes.

    tables: of experiments of the kind `evaluation`. A run that several tables hold counts once.
    """
    rows = [row for path in tables for row in read_table(path, KIND)]
    found = []
    for (dataset, label), group in groups(rows, "dataset", "label").items():
        trained = last(probes(group))
        read = next(
            (token for token in TOKENS if token in distinct(trained, "representation")), None
        )
        if read:
            of_token = [row for row in group if row["representation"] in (read, *PIXELS)]
            found.append(_sentence(dataset, label, read, of_token))
    return found


def _sentence(dataset: str, label: str | None, read: str, rows: Sequence[Row]) -> str:
    probed = _once(probes(rows))
    settings = sorted(over_seeds(last(probed), CHOICE), key=lambda row: -row["value"])
    untrained = {
        _key(row): row["value"]
        for row in over_seeds([row for row in probed if row["epoch"] == 0], CHOICE)
    }
    varying = [key for key in CHOICE if len(distinct(settings, key)) > 1]
    ends = {"at best ": settings[0], "at worst ": settings[-1]}
    ends = ends if varying else {"": settings[0]}
    said = "; ".join(
        start + _setting(row, varying, untrained.get(_key(row))) for start, row in ends.items()
    )
    classes = {row["n_classes"] for row in probed if row.get("n_classes")}
    chance = f" (chance {_percent(1 / classes.pop())})" if len(classes) == 1 else ""
    return (
        f"{readable(dataset)}, {label or 'class'}{chance}: a linear probe of {TOKENS[read]} "
        f"reaches {said}.{_without_network(rows)}"
    )


def _without_network(rows: Sequence[Row]) -> str:
    """The best of the features that no network made, in whichever setting; "" without any."""
    others = [row for row in rows if row["representation"] in PIXELS and asked(row) == PROBE]
    found = [row["value"] for row in over_seeds(once(others), ("representation", *CHOICE))]
    return f" Features without a network: at most {_percent(max(found))}." if found else ""


def _once(rows: Sequence[Row]) -> list[Row]:
    """The rows without those that another table holds too."""
    keys = (*CHOICE, "seed", "epoch")
    return [group[0] for group in groups(rows, *keys).values()]


def _key(row: Mapping) -> tuple:
    return tuple(row.get(key) for key in CHOICE)


def _setting(row: Row, varying: Sequence[str], untrained: float | None) -> str:
    named = ", ".join(f"{NAMES.get(key, key)} {row[key]}" for key in varying)
    extra = [f"{_percent(row['low'])} to {_percent(row['high'])} over {row['seeds']} seeds"]
    extra = extra if row["seeds"] > 1 else ["one seed"]
    extra += [f"untrained {_percent(untrained)}"] if untrained is not None else []
    return f"{_percent(row['value'])}{f' with {named}' if named else ''} ({', '.join(extra)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def probe_tables(experiments: Iterable[Mapping], study: Path) -> list[Path]:
    """The tables of a study's evaluations that are there, in its order."""
    names = [entry["table"] for entry in experiments if entry["kind"] == KIND and entry["table"]]
    return [study / name for name in names]

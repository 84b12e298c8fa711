"""Rows of trained networks: which count, what a setting's seeds say, and the verdict over them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import hypot, sqrt

from spatial_mae.claims.conditions import Effect, Noise, Outcome, decide
from spatial_mae.claims.scale import mark
from spatial_mae.claims.tables import Row, Rows, by, mean, setting, settings
from spatial_mae.claims.verdict import CONDITIONAL, HOLDS, Verdict

COMPLETED = "completed"
# Representations of the encoder that a linear probe reads; a probe of each block is not counted.
REPRESENTATIONS = ("class_token", "mean")

CLOCK = "Clock times, of runs that may have shared their machine."

BETWEEN_SEEDS = Noise(
    limit="the spread between seeds or the test set's standard error",
    known="Spread between seeds",
    unknown="One seed in each setting: spread between seeds unknown.",
    more="More seeds or more test images are needed.",
)


def completed(rows: Rows) -> list[Row]:
    """The rows of runs that ended well, with the network's name as `backbone`.

    Elsewhere `model` is a kind of linear model, which judges compare within one setting.
    """
    return [
        {**row, "backbone": row.get("model")}
        for row in rows
        if all(row.get(name) in (None, COMPLETED) for name in ("status", "pretrain_status"))
    ]


def left_out(rows: Rows) -> str:
    """How many rows belong to runs that did not end well; empty if none."""
    count = len(rows) - len(completed(rows))
    return f"Left out: {count} rows of runs that did not complete." if count else ""


def sentences(*texts: str) -> str:
    return " ".join(filter(None, texts))


def probes(rows: Rows) -> list[Row]:
    """Linear probes of [CLS] and mean token at every evaluated epoch of the completed runs."""
    return [
        row
        for row in once(completed(rows))
        if (row["protocol"], row["metric"]) == ("linear_probe", "accuracy")
        and row.get("representation") in REPRESENTATIONS
        and row.get("epoch") is not None
    ]


def once(rows: Rows) -> list[Row]:
    """The first row of each measure of a run: two recipes may ask for the same.

    Otherwise a seed that two experiments evaluate would count twice in a mean over seeds.
    """
    found: dict[tuple, Row] = {}
    for row in rows:
        found.setdefault((setting(row), row.get("seed"), row.get("epoch")), row)
    return list(found.values())


def last(rows: Rows) -> list[Row]:
    """The rows at the end of pretraining."""
    return [row for row in rows if row.get("epoch") is not None and row["epoch"] == row["epochs"]]


def tuned(rows: Rows) -> list[Row]:
    """Completed fine-tuning: accuracy as `value`, the number of tuned blocks as a number."""
    return [
        {
            **row,
            "protocol": "fine_tuning",
            "value": row["accuracy"],
            "blocks": row["enc"] if row["blocks"] == "all" else row["blocks"],
        }
        for row in completed(rows)
    ]


def fully_tuned(rows: Rows) -> list[Row]:
    """Completed fine-tuning of all blocks, however many the encoder has."""
    return [{**row, "blocks": "all"} for row in tuned(rows) if row["blocks"] == row["enc"]]


def cells(rows: Rows, *columns: str) -> dict[tuple, float]:
    """Mean `value` at each choice of the columns; seeds are averaged."""
    groups: dict[tuple, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    return {key: mean(group, "value") for key, group in sorted(groups.items())}


def standard_error(rows: Rows) -> float:
    """Of the difference of two accuracies on the test set, the images taken as independent.

    sqrt(2 a (1 - a) / n), a the mean accuracy, n the fewest test images; 0 if n is not known.
    """
    counts = [row["n_test"] for row in rows if row.get("n_test")]
    share = mean(rows, "value")
    return sqrt(2 * share * (1 - share) / min(counts)) if counts and 0 <= share <= 1 else 0.0


def means_error(rows: Rows) -> float:
    """Of the relative difference of two means over images, taken as independent: an upper bound.

    sqrt(e^2 + f^2) / |largest value|, e and f the two largest of the rows' standard errors.
    """
    largest = max(abs(row["value"]) for row in rows)
    errors = sorted(row["standard_error"] for row in rows)
    return hypot(*errors[-2:]) / largest if largest else 0.0


def across_seeds(
    rows: Rows,
    effect: Effect,
    free: Iterable[str],
    floor: Callable[[Rows], float] = lambda rows: 0.0,
) -> list[Outcome]:
    """The outcome of `effect` in every setting, over the seeds that have all of its rows.

    The range of the effect over single seeds is the noise: an effect no larger than it, or than
    `floor`, is not resolved.
    """
    outcomes = []
    for where, group in settings(rows, free).items():
        seeds = _whole_seeds(group)
        found = effect([row for seed in seeds for row in seed])
        if found is None:
            continue
        sizes = [size for _, size in filter(None, map(effect, seeds))]
        spread = max(sizes) - min(sizes) if len(sizes) > 1 else None
        least = max(spread or 0.0, floor(group))
        resolved = least == 0 or abs(found[1]) > least
        n_images = max((r["n_images"] for r in group if r.get("n_images")), default=None)
        outcomes.append(
            Outcome(dict(where), found[0] if resolved else None, found[1], n_images, spread)
        )
    return outcomes


def _whole_seeds(rows: Rows) -> list[list[Row]]:
    """The rows of each seed that has every choice any seed has; all rows as one if none has."""
    choices = [(group, {_choice(row) for row in group}) for group in by(rows, "seed").values()]
    everything = {_choice(row) for row in rows}
    return [group for group, own in choices if own == everything] or [list(rows)]


def _choice(row: Row) -> tuple:
    return (setting(row), row.get("epoch"), row.get("layer"))


def judged(
    outcomes: Sequence[Outcome],
    rows: Rows,
    needs: str,
    size: str,
    evidence: Mapping[str, float] | None = None,
    note: str = "",
    scale: Callable[[Rows], str] = mark,
) -> Verdict:
    """`decide` for trained networks: the conditions start with the scale of the runs.

    scale: says it beside that of the statement's own paper.

    Arguments as in `spatial_mae.claims.conditions.decide`.
    """
    verdict = decide(outcomes, rows, needs, size, evidence, note, BETWEEN_SEEDS)
    if not outcomes:
        return verdict
    return replace(verdict, conditions=f"{scale(rows)}: {verdict.conditions}")


def limited(verdict: Verdict, untried: str) -> Verdict:
    """The verdict, not more than conditional where part of what is compared was not tried."""
    return (
        replace(verdict, verdict=CONDITIONAL) if untried and verdict.verdict == HOLDS else verdict
    )

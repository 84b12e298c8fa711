"""One statement in many settings: evaluate it in each, then say in which it holds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, Verdict, not_run
from spatial_mae.claims.wording import describe, describe_data, held, only_jpeg
from spatial_mae.tables.repeats import means
from spatial_mae.tables.rows import Rows, by
from spatial_mae.tables.settings import Key, named, settings

# Numbers nearer to each other than one per cent are one curve in a figure: no difference.
TOLERANCE = 0.01

JPEG = (
    "All images went through JPEG, whose blocks of 8 pixels line up with the patches: "
    "alone this is no evidence about correlations or patch size."
)


@dataclass(frozen=True)
class Noise:
    """What an effect must exceed to be resolved, in words.

    limit: the noise itself. known: its name. unknown: said where no setting shows it.
    more: what would lower it.
    """

    limit: str
    known: str
    unknown: str
    more: str


BETWEEN_NUMBERS = Noise(
    limit="its change between the two largest n",
    known="Estimation noise",
    unknown="One n in each setting: estimation noise unknown.",
    more="More images are needed.",
)


@dataclass(frozen=True)
class Outcome:
    """A statement in one setting.

    where: axis -> value.
    holds: None if the estimate is too noisy to decide.
    size: the relative effect, positive in the direction the statement claims.
    n_images: the number of images behind it, where there are images.
    noise: how much the effect changes from the second largest number of images to the largest, or
        between the seeds of trained networks; None if there is only one.
    """

    where: Mapping[str, object]
    holds: bool | None
    size: float
    n_images: int | None = None
    noise: float | None = None


Effect = Callable[[Rows], tuple[bool, float] | None]


def relative(larger: float, smaller: float) -> float:
    """Difference over the larger magnitude, in [-1, 1] for numbers of one sign; 0 if both are 0."""
    scale = max(abs(larger), abs(smaller))
    return (larger - smaller) / scale if scale > 0 else 0.0


def exceeds(larger: float, smaller: float, least: float = TOLERANCE) -> tuple[bool, float]:
    """Whether one number is larger than the other by more than `least`, and by how much."""
    size = relative(larger, smaller)
    return size > least, size


def monotone(points: Mapping[float, float]) -> tuple[bool, float] | None:
    """Whether y rises with x: no step down beyond the tolerance, a rise beyond it in all.

    Returns that and the rise from the first to the last point; None for fewer than two points.
    """
    if len(points) < 2:
        return None
    heights = [y for _, y in sorted(points.items())]
    steps = zip(heights, heights[1:], strict=False)
    rises, size = exceeds(heights[-1], heights[0])
    return rises and all(relative(after, before) >= -TOLERANCE for before, after in steps), size


def rises(axis: str, column: str = "value", sign: int = 1) -> Effect:
    """The effect that a column's mean rises along an axis, or with sign -1 that it falls."""

    def effect(rows: Rows) -> tuple[bool, float] | None:
        return monotone({x: sign * y for x, y in means(rows, axis, column).items()})

    return effect


def evaluate(rows: Rows, effect: Effect, free: Iterable[str] = ()) -> list[Outcome]:
    """The outcome of `effect` in every setting, the axes in `free` left to it.

    In a setting with several numbers of images the largest decides, and the change since the second
    largest is the estimation noise: an effect that is not larger than it is not resolved.
    """
    outcomes = [_outcome(key, group, effect) for key, group in settings(rows, free).items()]
    return [outcome for outcome in outcomes if outcome is not None]


def _outcome(where: Key, rows: Rows, effect: Effect) -> Outcome | None:
    groups = by(rows, "n_images") or {None: rows}
    largest, *smaller = sorted(groups, reverse=True)
    first = effect(groups[largest])
    second = effect(groups[smaller[0]]) if smaller else None
    if first is None:
        return None
    holds, size = first
    noise = None if second is None else abs(size - second[1])
    resolved = noise is None or noise == 0 or abs(size) > noise
    return Outcome(named(where), holds if resolved else None, size, largest, noise)


def decide(
    outcomes: Sequence[Outcome],
    rows: Rows,
    needs: str,
    size: str,
    evidence: Mapping[str, float] | None = None,
    note: str = "",
    noise: Noise = BETWEEN_NUMBERS,
) -> Verdict:
    """The verdict over all settings.

    rows: those it was computed from, for the data statement.
    needs: what the tables would have to hold, said where no setting could be evaluated.
    size: the evidence's name for the effect.
    note: a sentence added to the conditions.
    noise: what the outcomes were resolved against.
    """
    if not outcomes:
        return not_run(needs)
    known = [outcome for outcome in outcomes if outcome.holds is not None]
    if not known:
        return not_run(f"not resolved: {describe(outcomes, noise.limit)} {noise.more}")
    n_held = held(known)
    verdict = FAILS if n_held == 0 else HOLDS if n_held == len(outcomes) else CONDITIONAL
    sentences = [describe(outcomes, noise.limit), note, _noise_note(outcomes, noise)]
    sentences += [JPEG] if only_jpeg(rows) else []
    numbers = {**_numbers(outcomes, size), **(evidence or {})}
    counts = {o.n_images for o in outcomes if o.n_images is not None}
    data = describe_data([row for row in rows if not counts or row.get("n_images") in counts])
    return Verdict(
        verdict, " ".join(filter(None, sentences)), numbers, min(counts, default=None), data
    )


def _noise_note(outcomes: Sequence[Outcome], noise: Noise) -> str:
    """In how many settings a second number of images, or a second seed, shows the noise."""
    if all(outcome.n_images is None for outcome in outcomes):
        return ""
    known = sum(outcome.noise is not None for outcome in outcomes)
    if not known:
        return noise.unknown
    return f"{noise.known} known in {known} of {len(outcomes)}."


def _numbers(outcomes: Sequence[Outcome], size: str) -> dict[str, float]:
    sizes = [outcome.size for outcome in outcomes]
    noise = [outcome.noise for outcome in outcomes if outcome.noise is not None]
    counts = {
        "settings": len(outcomes),
        "settings_holding": held(outcomes),
        "settings_unresolved": sum(outcome.holds is None for outcome in outcomes),
    }
    numbers = {
        f"{size}_smallest": min(sizes),
        f"{size}_median": median(sizes),
        f"{size}_largest": max(sizes),
    }
    return {**counts, **numbers, **({"estimation_noise_largest": max(noise)} if noise else {})}

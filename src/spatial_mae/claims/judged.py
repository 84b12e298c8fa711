"""A verdict on rows of a table: evidence weighed, the word concluded, the numbers written down."""

from collections.abc import Callable, Mapping, Sequence

from spatial_mae.claims.conclusion import Conclusion, conclude
from spatial_mae.claims.engine import Combined, Contrast, Evidence
from spatial_mae.claims.noise import most_images
from spatial_mae.claims.verdict import INCONCLUSIVE, TOO_SMALL, Verdict, not_run
from spatial_mae.claims.wording import JPEG, describe_data, only_jpeg, varied
from spatial_mae.tables.rows import Row, Rows
from spatial_mae.tables.runs import completed
from spatial_mae.tables.settings import settings

# A high mask ratio hides more patches than it shows.
HIGH_MASK_RATIO = 0.5
CLOCK = "Clock times, of runs that may have shared their machine."


def left_out(rows: Rows) -> str:
    """How many rows belong to runs that did not end well; empty if none."""
    count = len(rows) - len(completed(rows))
    return f"Left out: {count} rows of runs that did not complete." if count else ""


def sentences(*texts: str) -> str:
    return " ".join(filter(None, texts))


def each_setting(
    rows: Rows, effect: Callable[[Rows], float | None], free: Sequence[str] = ()
) -> list[Row]:
    """One row per setting with a number computed from its rows as `value`; none where it is None.

    free: axes that are left to the effect, and leave the row.
    """
    found = []
    for group in settings(rows, free).values():
        if (value := effect(most_images(group))) is not None:
            found.append({**group[0], **dict.fromkeys(free), "value": value})
    return found


def fitting(rows: Rows, contrast: Contrast) -> list[Row]:
    """The rows of settings in which the contrast can be seen."""
    return [
        row
        for group in settings(rows, contrast.free).values()
        if contrast.shape.fits(sorted({tuple(row.get(a) for a in contrast.free) for row in group}))
        for row in group
    ]


def judged(
    rows: Rows,
    contrast: Contrast | Evidence | Combined,
    needs: str,
    *,
    scale: Callable[[Rows], str] | None = None,
    short: Callable[[Rows], str] | None = None,
    gate: str = "",
    evidence: Mapping[str, float] | None = None,
    note: str = "",
    universal: bool = False,
) -> Verdict:
    """The verdict of the engine on rows.

    contrast: what is claimed, or its evidence already made. needs: what the tables would have to
    hold, said where no setting has it. scale, short: say how large the networks were, in the
    details and in the word. gate: why networks were left out; without any left the study is too
    small. evidence, note: more numbers and sentences. universal: as in `conclude`.
    """
    if not rows:
        return Verdict(TOO_SMALL, f"Too small: {gate}.") if gate else not_run(needs)
    found = Evidence(rows, contrast) if isinstance(contrast, Contrast) else contrast
    word = short(rows) if short else ""
    if not found.where:
        return not_run(needs)
    blind, details = _blind(found), _details(found, rows, scale, gate)
    if found.blind or not (found := found.seen()).where:
        return Verdict(
            INCONCLUSIVE,
            blind,
            sentences(details, note),
            data=describe_data(rows),
            scale=word,
        )
    concluded = conclude(found, universal)
    counts = [one.n_images for one in found.layouts if one.n_images is not None]
    return Verdict(
        concluded.word,
        concluded.sentence,
        sentences(_details(found, rows, scale, gate), note),
        {**_numbers(concluded, found.n_parts), **(evidence or {})},
        min(counts, default=None),
        describe_data(rows),
        word,
    )


def _blind(found: Evidence | Combined) -> str:
    count = len(found.where)
    where = f"each of {count} settings" if count > 1 else "the one setting"
    noise = "the noise between repeats is unknown; two are needed"
    return f"One {found.contrast.repeat} in {where}: {noise}{' in one of them' * (count > 1)}."


def _details(
    found: Evidence | Combined, rows: Rows, scale: Callable[[Rows], str] | None, gate: str
) -> str:
    contrast = found.contrast
    size = contrast.unit(contrast.least or abs(contrast.shape.margin))
    what = "Smallest effect that matters" if contrast.least else "Margin"
    return sentences(
        f"{scale(rows)}." if scale else "",
        f"{what}: {size} ({contrast.why}).",
        _parts(found),
        _repeats(found),
        f"Settings: {text}." if (text := varied(found.where)) else "",
        f"Gate: {gate}." if gate else "",
        JPEG if only_jpeg(rows) else "",
    )


def _parts(found: Evidence | Combined) -> str:
    """What is claimed together, or as a choice; empty of one contrast."""
    if isinstance(found, Evidence):
        return ""
    says = "; ".join(part.contrast.says for part in found.parts)
    return f"{'All' if found.every else 'One'} of: {says} (the one that decides is given)."


def _repeats(found: Evidence | Combined) -> str:
    repeat = found.contrast.repeat
    if repeat is None:
        return ""
    counts = sorted({one.repeats for one in found.layouts})
    return f"Repeats ({repeat}) in a setting: {', '.join(map(str, counts))}."


def _numbers(found: Conclusion, n_parts: int) -> dict[str, float]:
    """part: of a combination, whose estimate it is, counted from 1."""
    whole = found.whole
    return {
        "estimate": whole.estimate,
        "low": whole.low,
        "high": whole.high,
        "p_affirm": whole.affirm,
        "p_deny": whole.deny,
        "settings": len(found.alone),
        "settings_affirmed": found.affirmed,
        "settings_denied": found.denied,
        **({"part": whole.part + 1} if n_parts > 1 else {}),
    }

"""What the closed-form linear model says of a setting before any network is trained.

It excludes settings at which there is nothing to learn, and no others: among the rest its errors do
not follow what networks learn (docs/advise.md).
"""

from collections.abc import Mapping, Sequence

from spatial_mae.advise.ranking import Setting

TRIVIAL, HOPELESS = 0.99, 0.01  # shares of the hidden variance that a linear model explains


def errors_of(look: Mapping) -> dict[Setting, float]:
    """The errors that look.json holds, by setting."""
    return {(row["patch"], row["mask"]): row["error"] for row in look.get("linear_errors", [])}


def in_network_units(look: Mapping) -> dict[Setting, float]:
    """The same relative to the variance about each channel's mean, as a network's hidden error."""
    return {s: look["mean_image_share"] * error for s, error in errors_of(look).items()}


def why_excluded(explained: float) -> str:
    """Why a setting is left out, "" if it is not; explained: share of the hidden variance."""
    if explained >= TRIVIAL:
        return f"trivial: a linear model explains {explained:.1%} of the hidden pixels"
    if explained <= HOPELESS:
        return f"hopeless: a linear model explains {max(explained, 0):.1%} of the hidden pixels"
    return ""


def divided(
    settings: Sequence[Setting], errors: Mapping[Setting, float]
) -> tuple[list[Setting], dict[Setting, str]]:
    """The settings left, and why others are excluded; all are left if none were.

    errors: share of the hidden variance that the closed form does not explain; a setting that is
    not in it stays.
    """
    why = {s: why_excluded(1 - errors[s]) for s in settings if s in errors}
    out = {setting: reason for setting, reason in why.items() if reason}
    left = [setting for setting in settings if setting not in out]
    return (left, out) if left else (list(settings), {})

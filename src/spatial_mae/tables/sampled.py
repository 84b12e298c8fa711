"""Columns of images too large to be decomposed: what sampled outputs, and images, leave open."""

from spatial_mae.tables.column import MEASUREMENT, NUMBER, Column

_MEASURES = ("mean_distance", "intra_patch_share", "entropy", "half_width")
_ESTIMATED = ("loss", *_MEASURES, *(f"{name}_square" for name in _MEASURES))
_HALVES = "half the difference between halves of the images, of {}"


def _error(name: str) -> str:
    if name.startswith("half_width"):
        return f"to the farther end of a 95 % interval over 1.96, outputs sampled, of {name}"
    return f"standard error, outputs sampled, of {name}"


SAMPLED = (
    *(
        Column(f"{name}_{error}", text, MEASUREMENT, NUMBER)
        for name in _ESTIMATED
        for error, text in (("se", _error(name)), ("halves", _HALVES.format(name)))
    ),
    Column("mean_absolute_se", "standard error of mean |W|", MEASUREMENT, NUMBER),
    Column("mean_square_se", "standard error of mean W²", MEASUREMENT, NUMBER),
    Column("stationary_weight", "weight of the stationary covariance", MEASUREMENT, NUMBER),
)

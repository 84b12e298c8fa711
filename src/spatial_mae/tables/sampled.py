"""Columns of images too large to be decomposed: what sampled outputs, and images, leave open."""

from spatial_mae.tables.column import MEASUREMENT, NUMBER, Column

_MEASURES = ("mean_distance", "intra_patch_share", "entropy", "half_width")
_ESTIMATED = ("loss", *_MEASURES, *(f"{name}_square" for name in _MEASURES))
_ERRORS = {
    "se": "standard error, outputs sampled, of {}",
    "halves": "half the difference between halves of the images, of {}",
}
SAMPLED = (
    *(
        Column(f"{name}_{error}", text.format(name), MEASUREMENT, NUMBER)
        for name in _ESTIMATED
        for error, text in _ERRORS.items()
    ),
    Column("mean_absolute_se", "standard error of mean |W|", MEASUREMENT, NUMBER),
    Column("mean_square_se", "standard error of mean W²", MEASUREMENT, NUMBER),
    Column("stationary_weight", "weight of the stationary covariance", MEASUREMENT, NUMBER),
)

"""Columns that figures and judges make of others; no table of an experiment has them."""

from spatial_mae.tables.column import NUMBER, PLACE, REPEAT, SETTING, WHOLE, Column

DERIVED = (
    Column("inverse_n", "1 / images n", PLACE, NUMBER),
    Column("unit_pixels", "mask unit", SETTING, WHOLE, "pixels", "unit"),
    Column("trained_mask", "mask ratio of the training", SETTING, NUMBER, told_by="mask"),
    Column("trained_blocks", "last blocks trained j", SETTING, WHOLE, told_by="blocks"),
    Column("tuning_epochs", "epochs of fine-tuning", SETTING, WHOLE, told_by="epochs"),
    Column("supervised_epochs", "epochs of supervised training", SETTING, WHOLE, told_by="epochs"),
    Column("n_image_masks", "masks per image", REPEAT, WHOLE),
    Column("n_affine", "images of the affine fit", REPEAT, WHOLE),
    Column("n_judged", "images judged", REPEAT, WHOLE),
    Column("n_reconstructed", "images reconstructed", REPEAT, WHOLE),
)

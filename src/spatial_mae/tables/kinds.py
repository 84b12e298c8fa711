"""Which columns the tables of each kind of experiment have."""

from collections.abc import Iterable

from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.column import Column
from spatial_mae.tables.columns import COLUMNS, IN_KIND, PICTURES

# What a table says of the images behind a run on a data set.
ORIGIN = ("height", "width", "n_images", "pixels")
SCALE = ("epochs", "pretrain_n_train", "model_width", "status")
TIMES = ("seconds", "images_per_second")
LINEAR = ("model", "mask_ratio", "n_latents")
SPREADS = ("mean_distance", "intra_patch_share", "entropy")
ISING = ("boundary_energy", "boundary_energy_weights", "boundary_energy_limit")
ISING += ("rank_influence", "identity_error", "identity_floor", "sinusoid_r2", "spectral_gap")
COSTS = ("parameters", "precision", "device", "peak_memory_bytes", *TIMES)
PRETRAINED = ("pretrain_epochs", "pretrain_n_train", "pretrain_seconds", "pretrain_device")
PRETRAINED += ("pretrain_status",)
JACOBIAN = ("split", *SCALE, "n_masks")
CONVENTIONS = ("power", "channels", "base", "normalised")
OUTPUT = ("output", "output_row", "output_column")
SCORE = ("metric", "value", "standard_error")
PIXEL = ("image", "row", "column")
LOSSES = ("lemma", "mask_ratio", "input_scale", "predicted", "measured", "standard_error")
ORIGINAL = tuple(column.name for column in PICTURES if column.name.startswith("original"))
POINTS = ("protocol", "representation", "n_test", "n_classes")
POINTS += ("components", "perplexity", "neighbours")
CLASSIFIED = ("protocol", "blocks", "epochs", "warmup_epochs", "batch_size", "model_width")
CLASSIFIED += ("accuracy", "train_accuracy", "trainable_parameters", "status", "n_train", "n_test")

# Without the keys of the kind's grids and, of runs on a data set, `ORIGIN`.
OWN: dict[str, tuple[str, ...]] = {
    "autocorrelation": ("border", "mean_removal", "dx", "dy", "distance", "correlation")
    + ("covariance",),
    "losses": (*LINEAR, "sampling", "loss", "eigenvalue"),
    "influence": (*LINEAR, "noise_deviation", "sampling")
    + (*SPREADS, *(f"{name}_square" for name in SPREADS)),
    "influence_limit": (*LINEAR, "noise_deviation", "sampling", "measure", "against", "value")
    + ("standard_error", "misfit", "interval_low", "interval_high", "at_largest_n", "ridge_chosen"),
    "influence_subsets": (*LINEAR, "noise_deviation", "sampling", "estimate", "full_rank", "subset")
    + (*SPREADS, *(f"{name}_square" for name in SPREADS), "ridge_chosen"),
    "profile": (*LINEAR, "noise_deviation", "sampling")
    + ("distance", "mean_absolute", "mean_square", "n_pairs"),
    "psd": ("patch", "sampling", "mask_ratio", "part", "frequency_x", "frequency_y", "power"),
    "ising_weights": ("model", "mask_ratio", "quantity", "row", "column", "value"),
    "ising_summary": (*LINEAR, *ISING, "size", "n_samples", "energy_per_site", "energy_onsager"),
    "spectrum": ("frequency_x", "frequency_y", "expected", "averaged", "standard_error", "n_masks"),
    "lemmas": ("check", "quantity", "value", "n"),
    "taylor": (*LOSSES, "n_masks"),
    "hierarchy_levels": ("law", "unit_level", "mask_ratio", "definition", "value")
    + ("standard_error", "method", "n_masks", "hidden_share"),
    "hierarchy_cases": ("case", "variable", "level", "position", "role", "parents")
    + ("hidden_share",),
    "latent_recovery": ("source", "representation", "readout", "role", "level", "r_squared")
    + ("standard_error", "n_masks", *SCALE, "n_fitted", "n_test"),
    "hierarchy_audit": ("graph", "n_latents", "n_observables", "n_masks", "conditions")
    + ("least_and_unique", "complement", "separated_alone", "least_visible"),
    "gabor": ("reading", "readout", "input", *LINEAR, "scale", "frequency", "orientation", "error"),
    "gabor_map": ("reading", "readout", "input", *LINEAR, "scale", "frequency", "orientation")
    + ("error", "against", "gain", "standard_error", "interval_low", "interval_high", "n_test"),
    "depth": ("target", "readout", "input", *LINEAR, "ridge_chosen", "error", "rmse")
    + ("n_train", "n_test"),
    "evaluation": ("epoch", "protocol", "representation", "block", "control_colour", "metric")
    + ("value", "penalty", "n_train", "n_test", *SCALE, "batch_size", "warmup_epochs")
    + ("weight_decay", "random_crop", "flip", "boundary_width", "recipe_but_boundary")
    + ("pretrain_seconds", "pretrain_images_per_second", "pretrain_peak_memory_bytes")
    + ("parameters", "encoder_heads", "decoder_heads", "precision", "device", *TIMES)
    + ("converged",),
    "gallery": (*PIXEL, "hidden", *(column.name for column in PICTURES), *SCALE),
    "similarity": ("layer", "reference_layer", "cka", "protocol", "split", "tokens")
    + ("reference_enc", *SCALE, *TIMES),
    "unmasked": ("protocol", *SCORE, "n_test", "normalised_targets", *SCALE, "epoch", *TIMES),
    "attention": ("protocol", "query", "block", "head", *SCORE, "n_test", "uniform", *SCALE)
    + ("epoch", *TIMES),
    "attention_maps": (*PIXEL, "source", *ORIGINAL, *SCALE, "head", "weight", "kept", "chosen"),
    "embedding": (*POINTS, "space", *SCORE, *SCALE, "epoch", *TIMES),
    "embedding_points": ("class", "x", "y", *POINTS, "silhouette", "knn_accuracy", *SCALE),
    "robustness": ("protocol", "shifted", "corruption", "severity", *SCORE, "n_test")
    + ("representation", "seconds", "n_train", "penalty", "converged", "n_files", "n_same")
    + SCALE,
    "both_papers": ("paper", "measure", "source", "value", "standard_error", *SCALE),
    "jacobian": (*JACOBIAN, "source", "epoch", "outputs", "measure", *CONVENTIONS, "value")
    + ("standard_error", "n_outputs"),
    "jacobian_profile": (*JACOBIAN, "source", "epoch", "outputs", "power", "weighting")
    + ("distance", "mean", "standard_error", "n_pairs"),
    "entropy_histogram": (*JACOBIAN, "source", "epoch", "outputs", *CONVENTIONS, "low", "high")
    + ("share", "n_outputs"),
    "basis": (*JACOBIAN, "source", "epoch", *OUTPUT, "measure", *CONVENTIONS, "value")
    + ("standard_error",),
    "basis_kernels": (*JACOBIAN, "source", *PIXEL, "hidden", *ORIGINAL, "epoch", *OUTPUT)
    + ("adaptivity", "weight", "spread", "entropy"),
    "mean_kernels": (*JACOBIAN, "source", *OUTPUT, "row", "column", "value", "standard_error")
    + ("similarity", "spread"),
    "second_order": (*JACOBIAN, "measure", "value", "n_train", "n_inputs", "penalty"),
    "masked_loss": (*JACOBIAN, *LOSSES, "predicted_bias", "predicted_variance", "measured_bias")
    + ("measured_variance",),
    "fine_tuning": (*CLASSIFIED, *COSTS, *PRETRAINED),
    "detection": ("protocol", "initialisation", "metric", "value", "epochs", "warmup_epochs")
    + ("batch_size", "micro_batch", "image_size", "model_width", "n_train", "n_test", "status")
    + ("n_categories", "train_crowds", "train_degenerate", "test_degenerate", "n_detections")
    + ("test_images_per_second", *COSTS, *PRETRAINED),
    "supervised": (*CLASSIFIED, *COSTS, *PRETRAINED),
}


def columns_of(kind: str) -> dict[str, Column]:
    """The columns that tables of a kind may have, by name: its runs' keys in front."""
    keys = KINDS[kind].keys
    names = (*keys, *(ORIGIN if "dataset" in keys else ()), *OWN[kind])
    return {name: declared(name, kind) for name in names}


def declared(name: str, kind: str) -> Column:
    """The declaration of a column in tables of a kind. Raises KeyError if there is none."""
    return IN_KIND.get((kind, name)) or COLUMNS[name]


def check_columns(names: Iterable[str], kind: str, where: object) -> None:
    """Raise ValueError if a table of a kind has a column that is not declared for the kind.

    where: the table, for the message.
    """
    known = columns_of(kind)
    if unknown := [name for name in names if name not in known]:
        raise ValueError(
            f"{where}: column {', '.join(map(repr, unknown))} is not declared for tables of kind "
            f"{kind!r} (declared: {', '.join(known)}); add it to spatial_mae/tables/kinds.py"
        )

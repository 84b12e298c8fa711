"""Columns and values of tables that several figures plot, and what axes and legends call them."""

from spatial_mae.tables.columns import axis_label

METRICS = {name: axis_label(name) for name in ("mean_distance", "intra_patch_share", "entropy")}
MODEL = ("model", "mask_ratio", "n_latents", "sampling")
# What is asked of a pretrained network: an error, and probes by the representation they read.
SCORES = {"hidden_error": "hidden pixels", "class_token": "[CLS] token", "mean": "mean token"}
# Read upwards along the axis, an arrow points where networks are better.
ERROR, ACCURACY = "← better    error / variance", "probe accuracy (%)    better →"
TUNED = "fine-tuned accuracy (%)    better →"
# Sets of shifted images whose names of the config are no words.
SHIFTED = {
    "own": "own test images",
    "cifar10_c": "CIFAR-10-C",
    "cifar10_1_v4": "CIFAR-10.1 v4",
    "cifar10_1_v6": "CIFAR-10.1 v6",
}
# Representations that no pretraining made.
CONTROLS = {
    "raw_pixels": "raw pixels",
    "pca": "PCA",
    "linear_mae": "linear MAE",
    "untrained": "untrained",
}

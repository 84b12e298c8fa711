"""The columns of the influence tables that several figures plot, and their axis labels."""

METRICS = {
    "mean_distance": "mean distance (pixels)",
    "intra_patch_share": "share inside own patch",
    "entropy": "entropy (nats)",
}
MODEL = ("model", "mask_ratio", "n_latents", "sampling")

"""Columns that several tables have."""

# What a table says of the images behind a run on a data set.
ORIGIN = ("height", "width", "n_images", "pixels")
# What a table says of the recipe behind a pretrained network.
RECIPE = ("normalised_targets",)
# How the network behind a row was trained.
SCALE = ("epochs", "pretrain_n_train", "model_width", "status")
TIMES = ("seconds", "images_per_second")
LINEAR = ("model", "mask_ratio", "n_latents")
COSTS = ("parameters", "precision", "device", "peak_memory_bytes", *TIMES)
PRETRAINED = ("pretrain_epochs", "pretrain_n_train", "pretrain_seconds", "pretrain_device")
PRETRAINED += ("pretrain_status",)
SCORE = ("metric", "value", "standard_error")
PIXEL = ("image", "row", "column")
ORIGINAL = tuple(f"original_{channel}" for channel in range(3))
PREDICTED = tuple(f"predicted_{channel}" for channel in range(3))
LOSSES = ("lemma", "mask_ratio", "input_scale", "predicted", "measured", "standard_error")

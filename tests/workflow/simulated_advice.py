"""Tables of scores made so that the right answer is known."""

import numpy as np

from spatial_mae.advise import rungs
from spatial_mae.advise.advice import Evidence, advise
from spatial_mae.advise.candidates import comparing_epoch

PATCHES, MASKS, COMMON = (2, 4, 8, 16), (0.25, 0.5, 0.75, 0.9), 0.75
EPOCHS, LAST = (1, 3), 10
SECONDS = {2: 40.0, 4: 10.0, 8: 4.0, 16: 2.0}


def look(measure="probe", n_train=6000, **changes):
    labels = n_train if measure == "probe" else 0
    content = {
        "objective": measure,
        "labelled": bool(labels),
        "n_train": n_train,
        "n_labels": labels,
        "n_classes": 10 if labels else 0,
        "height": 32,
        "width": 32,
        "channels": 3,
        "common_mask": COMMON,
        "masks": {str(p): list(MASKS) for p in PATCHES},
        "kept": [{"patch": p, "mask": COMMON} for p in PATCHES],
        "default": {"patch": 4, "mask": 0.75, "feasible": True},
        "duplicates": 0.0,
        "jpeg_grid": False,
        "blockiness": 1.0,
        "mean_image_share": 0.5,
        "linear_errors": [],
    }
    return rungs.signed(content | changes)


def row(patch, seed, epoch, value, mask=0.75, measure="error", status="training"):
    """A row of a table of scores that holds one measure."""
    base = {"patch": patch, "mask": mask, "seed": seed, "epoch": epoch, "status": status}
    base |= {"probe": None, "error": None, "agreement": None, "n_labelled": 1000, "seconds": epoch}
    return base | {measure: value}


class Trial:
    """One user: true values by patch and mask, noise between seeds, and what advise makes of it."""

    def __init__(self, rng, truth, deviation, measure="probe", n_held=1200, **changes):
        self.rng, self.truth, self.deviation = rng, truth, deviation
        self.measure, self.n_held = measure, n_held
        self.look = look(measure, **changes)
        self.images = {}

    def row(self, rung, patch, mask, seed, epoch):
        value = self.truth(patch, mask, epoch) + self.deviation * self.rng.standard_normal()
        if self.measure == "probe":
            value += self.noise_of_images(patch, value)
        row = {"rung": rung, "patch": patch, "mask": mask, "seed": seed, "epoch": epoch}
        row |= {"epochs": LAST, "status": "training", "seconds": SECONDS[patch] * epoch}
        row |= {"probe": None, "agreement": None, "n_labelled": None}
        row |= {"test_probe": None, "error": 0.5, self.measure: value}
        return row | ({"n_labelled": self.n_held} if self.measure == "probe" else {})

    def noise_of_images(self, patch, value):
        """Of a setting's own part: half of the binomial variance, the same for all its seeds."""
        if patch not in self.images:
            self.images[patch] = self.rng.standard_normal()
        return self.images[patch] * np.sqrt(0.5 * value * (1 - value) / self.n_held)

    def rows(self, rung, settings, seeds, epochs):
        return [self.row(rung, *s, seed, e) for s in settings for seed in seeds for e in epochs]

    def decisions(self):
        patches = self.rows("patches", [(p, COMMON) for p in PATCHES], (0, 1), EPOCHS)
        first = rungs.patch_decision(patches, self.look, EPOCHS[-1])
        tried = [(s["patch"], m) for s in first["kept"] for m in s["masks"]]
        masks = [r for r in patches if (r["patch"], r["mask"]) in tried]
        new = [s for s in tried if s[1] != COMMON]
        compared = comparing_epoch("masks", self.measure, EPOCHS)
        masks += self.rows("masks", new, (0, 1), [e for e in EPOCHS if e <= compared])
        default = {"patch": 4, "mask": 0.75, "feasible": True}
        return patches, masks, first, rungs.mask_decision(masks, first, default, compared)

    def advice(self, baselines=None):
        patches, masks, _, last = self.decisions()
        settings = [(s["patch"], s["mask"]) for s in last["kept"]]
        final = self.rows("final", settings, (0, 1, 2), (LAST,))
        args = (patches, masks, final, baselines or {}, EPOCHS, (4, 0.75))
        return advise(Evidence(self.look, *args))

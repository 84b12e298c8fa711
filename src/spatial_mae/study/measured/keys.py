"""The keys that slugs are made of, in their order."""

MOMENT = ("colour", "n", "split")
SOLUTION = ("patch", "centring", "ridge", "flip")
ISING = ("lattice", "coupling", "patch", "moment")
SPECTRUM = ("dimensions", "patch", "sampling")
# Of a tree of latents: 1 for a row of observables, 2 for an image.
HIERARCHY = ("dimensions", "arity", "depth")
# Of a pretraining run: patch size in pixels, side of a mask unit in patches, mask ratio, depths.
PRETRAINING = ("patch", "unit", "mask", "enc", "dec", "seed")
TUNING = ("blocks",)
SUPERVISED = ("patch", "enc", "seed")
# Of the linear features a probe is compared with: side of a mask unit in pixels, mask ratio.
CONTROL = ("patch", "mask")

# Wildcard of paths -> the keys of its slug.
SOLVED = {"moment": MOMENT, "run": SOLUTION}
TRAINED = {"run": PRETRAINING}

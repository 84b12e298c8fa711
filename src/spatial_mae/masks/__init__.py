"""Masks of patches: the mask ratio, the laws they are drawn by, which pixel is in which patch."""

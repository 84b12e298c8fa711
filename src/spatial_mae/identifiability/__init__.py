"""Identifiability (Theorem 2 of Kong et al. 2023): which known latents a trained encoder holds."""

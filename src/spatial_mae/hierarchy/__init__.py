"""Hierarchical latent variable models: which latents a mask makes MAE learn (Kong et al. 2023)."""

"""Masked autoencoders on vision transformers: architecture, masks, networks, weights files."""

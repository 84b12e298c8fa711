"""Masked autoencoders and spatial correlations: the library behind the workflow."""

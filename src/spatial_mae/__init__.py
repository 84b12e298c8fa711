"""Masked autoencoders and spatial correlations: the library behind the workflow."""

__version__ = "0.2.0"

"""Advice on patch size and mask ratio, validated on grids that were trained as a whole."""

"""Figures: one module each, with `KIND`, `select(rows)` and `draw(rows)`; no torch."""

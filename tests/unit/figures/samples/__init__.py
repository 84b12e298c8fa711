"""Makers of small tables, one a kind of experiment and named as the kind."""

"""The report of a study: one self-contained page of figures, claims and provenance."""

"""The papers' statements, each judged from the study's tables."""

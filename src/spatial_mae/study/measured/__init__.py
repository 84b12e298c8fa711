"""The cards of the rules, by part of the study."""

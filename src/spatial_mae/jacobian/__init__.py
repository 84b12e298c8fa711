"""Jacobians of trained networks: what they have learned, kernel by kernel."""

"""Downstream tasks: targets, and linear readouts from the features of a linear autoencoder."""

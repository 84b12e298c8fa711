"""Better recipes of pretraining, by successive halving: pure functions over tables."""

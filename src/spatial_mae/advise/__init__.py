"""Which patch size and mask ratio suit a set of images: pure functions over tables of scores."""

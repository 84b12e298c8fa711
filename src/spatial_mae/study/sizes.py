"""What large images cannot be asked for. Standard library only."""

# Values of an image up to which second moments are decomposed into eigenvectors.
MOST_DECOMPOSED = 4096

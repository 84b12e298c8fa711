"""What large trees of latents cannot be asked for. Standard library only."""

# Mask units of a tree up to which expected levels have a formula: the middle binomial overflows a
# float beyond, and 2^-n underflows.
MOST_UNITS = 1024

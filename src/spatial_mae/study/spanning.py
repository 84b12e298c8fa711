"""How many images second moments need without a ridge. Standard library only."""


def images_needed(
    shape: tuple[int, int, int], centred: bool, flip: bool, on_itself: bool = True
) -> int:
    """The fewest images whose second moments are not singular without a ridge.

    shape: height, width and channels of an image, or of a patch of it. centred: the mean is taken
    away, and a dimension with it. flip: mirror images count too. on_itself: the flip maps the patch
    on itself, as it does an image; then n images and their mirrors span n dimensions of what the
    flip leaves unchanged: half of all values, and the half of a middle column besides.
    """
    height, width, channels = shape
    if not flip:
        return height * width * channels + centred
    if on_itself:
        return height * -(-width // 2) * channels + centred
    return -(-(height * width * channels + centred) // 2)

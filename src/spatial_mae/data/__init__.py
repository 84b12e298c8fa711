"""Images from many sources, as uint8 arrays on disk with a manifest."""

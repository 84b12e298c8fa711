"""A study's results as one archive: what goes in, how it is packed, how it is unpacked."""

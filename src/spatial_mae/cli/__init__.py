"""Entry points, one per rule and of the same name: flags in, one library call, files out."""

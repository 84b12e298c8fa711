"""Speed and memory against named alternatives: `python -m benchmarks [--quick] [name ...]`."""

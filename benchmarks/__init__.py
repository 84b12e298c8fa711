"""Speed and memory against named alternatives: `python -m benchmarks [--quick] [name ...]`."""

import importlib.util
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"

if importlib.util.find_spec("spatial_mae") is None:  # a checkout that is not installed
    sys.path.insert(0, str(SOURCE))

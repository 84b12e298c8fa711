"""What Kong et al. (2023) print in Tables 1 and 4, read from the statements. No torch."""

import json
from dataclasses import dataclass
from importlib.resources import files

# Their names of the test sets, and ours.
SETS = {"IN1K": "own", "INv2": "imagenet_v2", "OJN": "objectnet", "INR": "imagenet_r"}
SETS |= {"INA": "imagenet_a", "INS": "imagenet_sketch"}


@dataclass(frozen=True)
class Printed:
    """A printed row. unit: side of the mask unit, patch: of the patch, in pixels of 224.

    numbers: test set, as the tables call it -> accuracy in per cent.
    """

    table: int
    mask: float
    unit: int
    patch: int
    numbers: dict[str, float]


def accuracies() -> dict[str, Printed]:
    """Statement -> its row of Table 1, with patches of 8 pixels, or 4, where a patch is a unit."""
    text = files("spatial_mae.claims").joinpath("statements.json").read_text(encoding="utf-8")
    found = {}
    for statement in json.loads(text):
        identity = statement["id"]
        if identity.startswith(("kong.t1.", "kong.t4.")) and statement["kind"] == "reported":
            mask, unit, *_ = statement["quote"].split()
            table = int(identity[len("kong.t")])
            patch = 8 if table == 1 else int(unit)
            found[identity] = Printed(table, float(mask), int(unit), patch, statement["numbers"])
    return found

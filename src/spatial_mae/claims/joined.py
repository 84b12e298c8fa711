"""Several contrasts, each with settings of its own, as one claim."""

from collections.abc import Sequence
from dataclasses import replace

from spatial_mae.claims.engine import Combined, Evidence, Weight, as_one
from spatial_mae.tables.settings import Key


class Joined(Combined):
    """Contrasts along different axes, every one claimed, such as over mask units and over ratios.

    A setting of one has no partner in another: all of them stand side by side. Chosen settings are
    weighed part by part, and the parts as in `Combined`. Without settings of every part there are
    none: a claim of which a part is not measured is not judged.
    """

    def __init__(self, parts: Sequence[Evidence | Combined], every: bool = True) -> None:
        self.parts, self.every = parts, every
        self.n_parts = sum(part.n_parts for part in parts)
        whole = all(part.where for part in parts)
        self.own = [
            (number, place)
            for number, part in enumerate(parts if whole else ())
            for place in range(len(part.where))
        ]

    @property
    def keys(self) -> list[Key]:
        return [self.parts[number].keys[place] for number, place in self.own]

    @property
    def places(self) -> list[int]:
        return [self.parts[number].places[place] for number, place in self.own]

    @property
    def layouts(self) -> list:
        return [self.parts[number].layouts[place] for number, place in self.own]

    def weigh(self, chosen: Sequence[int], interval: bool = False) -> Weight:
        """As of `Combined`, of the parts that have any of the chosen settings."""
        found, before = [], 0
        for number, part in enumerate(self.parts):
            places = [self.own[one][1] for one in chosen if self.own[one][0] == number]
            if places:
                weight = part.weigh(places, interval)
                found.append(replace(weight, part=before + weight.part))
            before += part.n_parts
        return as_one(found, self.every)

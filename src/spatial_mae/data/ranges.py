"""Whether samples of 16 bits fill their range: 12 bits in a file of 16 would come out nearly black.

A single dark image says little; many without a sample in the upper half of the range do.
"""

from dataclasses import dataclass, field

SIXTEEN = 65535
UPPER_HALF = 32768
ENOUGH = 64
"""Files of 16 bits after which the range of all is judged."""
FEW = 4096  # samples below: 12 bits or fewer
USUAL = (255, 1023, 4095, 16383, 32767)  # whites of 8, 10, 12, 14 and 15 bits


def likely_white(largest: int) -> int:
    """The white of the fewest usual bits that hold `largest`."""
    return next((white for white in USUAL if white >= largest), SIXTEEN)


def check_one(largest: int | None) -> None:
    """Raise ValueError for a file of 16 bits, judged by itself, whose upper half is not used."""
    if largest is not None and largest < UPPER_HALF:
        raise ValueError(
            f"stored with 16 bits, but no sample is above {largest}: dark, or of fewer bits? Store "
            "it with 8 bits"
        )


@dataclass
class Ranges:
    """The largest sample of each file of 16 bits that has been read.

    where: what the key `white` belongs to, in words, for messages.
    """

    where: str
    largest: list[int] = field(default_factory=list)

    def add(self, largest: int | None) -> None:
        """Note a file; None: its range is known. Raises ValueError as `check`, after `ENOUGH`."""
        if largest is not None:
            self.largest.append(largest)
            if len(self.largest) == ENOUGH:
                self.check()

    def check(self) -> None:
        """Raise ValueError if no file uses the upper half of its range."""
        if self.largest and (most := max(self.largest)) < UPPER_HALF:
            white = likely_white(most)
            raise ValueError(
                f"no sample of {len(self.largest)} files of 16 bits is above {most}: they seem to "
                f"hold {(white + 1).bit_length() - 1} bits and would come out dark; set `white: "
                f"{white}` in {self.where}, or `white: {SIXTEEN}` if they are that dark"
            )

    def remarks(self) -> list[str]:
        """A warning if some files look like 12 bits or fewer among others of 16."""
        small = [largest for largest in self.largest if largest < FEW]
        if not small:
            return []
        return [
            f"{len(small)} of {len(self.largest)} files of 16 bits have no sample above "
            f"{max(small)}: dark, or of fewer bits than the others, which `white` cannot separate"
        ]

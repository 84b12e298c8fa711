"""The numbers in the tables of Kong et al. (2023), as the statements to be checked hold them."""

from spatial_mae.files import Row
from spatial_mae.papers.statements import statements

# Of the paper's images; its mask units are given in pixels of these.
IMAGE_SIZE = 224
# Table 1's first five rows vary the mask ratio, its last three the mask unit.
RATIOS, UNITS, COUPLED = "ratios", "units", "coupled"


def printed_rows(table: int) -> list[Row]:
    """The rows of a table, 1 to 5.

    block: `ratios` or `units`, with the ViT's patches of 8 pixels, or `coupled`, where the mask
    unit is the patch. mask: ratio. unit_pixels: side of the mask unit, None where not printed.
    column: as printed. printed: the number, in percent (Table 2: a share in [0, 1]). Further
    `identity`: of the statement; `table`: its number.
    """
    rows = []
    for statement in statements():
        name, _, row = statement["id"].removeprefix("kong.").partition(".")
        if name != f"t{table}" or "numbers" not in statement or statement["needs"] != "reported":
            continue
        if table == 2:
            found = [({"mask": float(m)}, "shape bias", v) for m, v in statement["numbers"].items()]
        else:
            mask, unit = statement["quote"].split()[:2]
            place = {"mask": float(mask), "unit_pixels": int(unit)}
            found = [(place, column, v) for column, v in statement["numbers"].items()]
        block = COUPLED if table in (4, 5) else UNITS if table == 1 and int(row) > 4 else RATIOS
        common = {"identity": statement["id"], "table": table, "block": block, "unit_pixels": None}
        rows += [common | place | {"column": c, "printed": value} for place, c, value in found]
    return rows


def printed_series(table: int, column: str) -> str:
    """A column over the mask ratios in words: `30.47 (m = 0.1), 32.38 (m = 0.25), ...`."""
    rows = [r for r in printed_rows(table) if (r["block"], r["column"]) == (RATIOS, column)]
    return ", ".join(f"{row['printed']} (m = {row['mask']:g})" for row in rows)

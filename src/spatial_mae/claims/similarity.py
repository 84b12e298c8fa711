"""Judge of the similarity of representations across encoder depths (App. D, CKA)."""

from spatial_mae.claims.engine import PLAIN, Contrast
from spatial_mae.claims.judged import judged, left_out, sentences
from spatial_mae.claims.registry import judge
from spatial_mae.claims.scale import in_short, mark
from spatial_mae.claims.shapes import Rise
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.rows import Row, Rows, Tables, by, grouped
from spatial_mae.tables.runs import completed
from spatial_mae.tables.settings import setting

# Depth of the paper's reference.
REFERENCE = 12
DEPTH = Contrast(
    Rise(),
    ("enc",),
    "the last layers' CKA with the reference rises with encoder depth by",
    least=0.05,
    why="a twentieth of the scale: less is not seen in a matrix of colours",
    unit=PLAIN,
    column="cka",
)


@judge("cka.depth", kinds=("similarity",), figure="layer_similarity", contrast=DEPTH)
def deeper_is_more_similar(tables: Tables) -> Verdict:
    """The last layers' CKA with the reference's last layer rises with depth, up to the reference's.

    The reference itself and deeper encoders are left out.
    """
    rows = completed(tables["similarity"])
    shallower = _last_layers([row for row in rows if row["enc"] < row["reference_enc"]])
    return judged(
        shallower,
        DEPTH,
        "The similarity tables need two encoder depths below the reference's, in one setting of "
        "completed runs.",
        scale=mark,
        short=in_short,
        note=sentences(_reference(shallower), left_out(tables["similarity"])),
    )


def _last_layers(rows: Rows) -> list[Row]:
    """Each network's last layer against the reference's last."""
    groups = grouped(rows, lambda row: (setting(row), row.get("seed")))
    return [max(g, key=lambda row: (row["layer"], row["reference_layer"])) for g in groups.values()]


def _reference(rows: Rows) -> str:
    depths = ", ".join(str(depth) for depth in by(rows, "reference_enc"))
    return f"Depth of the reference: {depths} (the paper: {REFERENCE})." if depths else ""

"""Judge of the similarity of representations across encoder depths (App. D, CKA)."""

from spatial_mae.claims.conditions import rises
from spatial_mae.claims.registry import judge
from spatial_mae.claims.seeds import across_seeds, judged, left_out, sentences
from spatial_mae.claims.verdict import Verdict
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Row, Rows, Tables, by, grouped
from spatial_mae.tables.runs import completed
from spatial_mae.tables.settings import setting

# The paper's decoder and the depth of its reference.
DECODER, REFERENCE = 4, 12


@judge("cka.dec4", kinds=("similarity",), figure="layer_similarity")
def deeper_is_more_similar(tables: Tables) -> Verdict:
    """The last layers' CKA with the reference's last layer rises with depth, up to the reference's.

    The quoted setting (decoder of 4 layers, reference of 12) is compared in the note; the trend is
    that of the sentence after it. Encoders deeper than the reference are in the evidence only.
    """
    rows = _last_layers(completed(tables["similarity"]))
    shallower = [row for row in rows if row["enc"] < row["reference_enc"]]
    deeper = [row for row in rows if row["enc"] > row["reference_enc"]]
    return judged(
        across_seeds(shallower, rises("enc", "cka"), ("enc",)),
        shallower,
        needs="the similarity tables need two encoder depths below the reference's, in one "
        "setting of completed runs",
        size="rise_of_last_layer_similarity",
        evidence={"similarity_beyond_reference": mean(deeper, "cka")} if deeper else {},
        note=sentences(_setting(shallower), left_out(tables["similarity"])),
    )


def _last_layers(rows: Rows) -> list[Row]:
    """Each network's last layer against the reference's last, where both vary over images."""
    groups = grouped(rows, lambda row: (setting(row), row.get("seed")))
    pairs = [max(g, key=lambda r: (r["layer"], r["reference_layer"])) for g in groups.values()]
    return [row for row in pairs if row["cka"] is not None]


def _setting(rows: Rows) -> str:
    decoders = ", ".join(str(depth) for depth in by(rows, "dec"))
    depths = ", ".join(str(depth) for depth in by(rows, "reference_enc"))
    return (
        f"Decoder layers: {decoders} (the paper: {DECODER}); depth of the reference: {depths} "
        f"(the paper: {REFERENCE})."
    )

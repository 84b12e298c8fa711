"""How large the runs behind a verdict were, so that none is taken for the paper's."""

from collections.abc import Sequence

from spatial_mae.claims.wording import list_values
from spatial_mae.tables.rows import Row, Rows

# Sec. 4.1 of the paper: CIFAR-10, embedding dimension 192, 2000 epochs, fine-tuned for 100.
DATASET, IMAGES, WIDTH, EPOCHS, TUNING_EPOCHS = "cifar10", 50_000, 192, 2000, 100
SECOND = "Kong et al.: 800 epochs of ImageNet-1k, width 768"
PAPER = {
    "tuned": f"the paper: {EPOCHS} epochs of {IMAGES} images, then {TUNING_EPOCHS}, width {WIDTH}",
    "pretrained": f"the paper: {EPOCHS} epochs of {IMAGES} images, width {WIDTH}",
    "supervised": f"the paper: {IMAGES} images, epochs not stated, width {WIDTH}",
}


def mark(rows: Rows) -> str:
    """`At 4 epochs of 4000 images, width 48 (the paper: 2000 epochs of 50000 images, width 192)`.

    `At the paper's scale (...)` only if every row has its data set and reaches all of its numbers.
    rows: at least one.
    """
    described = f"{_work(rows)}, width {values(rows, 'model_width')}"
    if all(full_scale(row) for row in rows):
        return f"At the paper's scale ({described})"
    kinds = {_kind(row) for row in rows}
    return f"At {described} ({next(text for kind, text in PAPER.items() if kind in kinds)})"


def mark_second(rows: Rows) -> str:
    """`At 4 epochs of 4000 images, width 48 (Kong et al.: ...)`: as `mark`, of the second paper."""
    return f"At {_work(rows)}, width {values(rows, 'model_width')} ({SECOND})"


def in_short(rows: Rows) -> str:
    """`3 epochs, width 64`, `3 + 10 epochs, width 64` after fine-tuning: the scale in the word."""
    tuned = all(_kind(row) == "tuned" for row in rows)
    then = f" + {values(rows, 'epochs')}" if tuned else ""
    return f"{_pretraining(rows)}{then} epochs, width {values(rows, 'model_width')}"


def full_scale(row: Row) -> bool:
    """Whether a run is at least as large as the paper's, on the paper's data set."""
    large = row.get("dataset") == DATASET and (row.get("model_width") or 0) >= WIDTH
    wanted = {
        "pretrained": [("epochs", EPOCHS)],
        "tuned": [("pretrain_epochs", EPOCHS), ("epochs", TUNING_EPOCHS), ("n_train", IMAGES)],
        "supervised": [("epochs", TUNING_EPOCHS), ("n_train", IMAGES)],
    }[_kind(row)]
    enough = all((row.get(column) or 0) >= least for column, least in wanted)
    return large and enough and (images(row) or 0) >= IMAGES


def images(row: Row) -> int | None:
    """Images a network was pretrained on (of a supervised one: trained on)."""
    own = row.get("n_train") if _kind(row) == "supervised" else row.get("pretrain_n_train")
    # The images of a similarity are those compared, those of a Jacobian those averaged over.
    measured = "cka" in row or of_jacobian(row)
    return row.get("n_images") if own is None and not measured else own


def of_jacobian(row: Row) -> bool:
    """Whether a row measures a trained network's Jacobian: the only ones that count their masks."""
    return "n_masks" in row


def values(rows: Rows, column: str) -> str:
    """`4, 8`, a range where there are many values, `unknown` where there is none."""
    return _listed([row.get(column) for row in rows])


def _listed(found: Sequence[object]) -> str:
    known = sorted({value for value in found if value is not None}, key=lambda v: (str(type(v)), v))
    return list_values(known, known) if known else "unknown"


def _work(rows: Rows) -> str:
    tuned = [row for row in rows if _kind(row) == "tuned"]
    used = _listed([images(row) for row in rows])
    if _kind(rows[0]) == "supervised":
        return f"{values(rows, 'epochs')} supervised epochs of {used} images"
    tuning = f"{values(tuned, 'epochs')} of fine-tuning on {values(tuned, 'n_train')}"
    return f"{_pretraining(rows)} epochs of {used} images" + (f", then {tuning}" if tuned else "")


def _pretraining(rows: Rows) -> str:
    """The epochs before any fine-tuning; of supervised networks all."""
    return _listed(
        [row.get("pretrain_epochs" if _kind(row) == "tuned" else "epochs") for row in rows]
    )


def _kind(row: Row) -> str:
    """What the row measures, known from its columns."""
    # Weights from elsewhere, of unknown training, are pretrained too.
    if row.get("training") is None and not of_jacobian(row):
        return "supervised"
    return "pretrained" if row.get("blocks") is None else "tuned"

"""The page of advice: one file that opens from disk."""

from functools import partial
from pathlib import Path

import numpy as np

from spatial_mae.advise import drawing
from spatial_mae.advise.advice import Evidence
from spatial_mae.advise.candidates import comparing_epoch
from spatial_mae.advise.ranking import Ranking, rank
from spatial_mae.advise.rungs import SHARES, amount, mask_text
from spatial_mae.files import Row
from spatial_mae.report.page import templates

FOLDER = Path(__file__).resolve().parent
SHEET = 4  # settings whose masks are drawn


def compose(advice: dict, evidence: Evidence, images: np.ndarray) -> str:
    """The page as HTML text. images: uint8 (n, height, width, channels), some of the user's."""
    measure = evidence.measure
    epoch = comparing_epoch("masks", measure, evidence.epochs)
    rung = [*evidence.patches, *evidence.masks]
    everything = [*rung, *evidence.final]
    name = partial(mask_text, look=evidence.look)
    kept = [(s["patch"], s["mask"]) for s in evidence.look["kept"][:SHEET]]
    sheet = drawing.contact_sheet(images, kept, name)
    heat = drawing.heat_map(_rung(rung, measure, epoch), measure, name)
    curves = drawing.curves(everything, measure, evidence.baselines, name)
    pictures = [
        ("Your images as the network sees them, and under masks", sheet),
        (f"At epoch {epoch}: mean and standard error", heat),
        ("Over the epochs: mean and standard error", curves),
        ("Against time of training", drawing.hours(everything, measure, name)),
    ]
    return (
        templates(FOLDER)
        .get_template("advice.html")
        .render(
            advice=advice,
            look=evidence.look,
            pictures=[(title, drawing.data_address(figure)) for title, figure in pictures],
            epochs=list(evidence.epochs),
        )
    )


def _rung(rows: list[Row], measure: str, epoch: int) -> Ranking:
    if measure != "probe":  # compared at one mask ratio alone
        rows = [row for row in rows if row["rung"] == "patches"]
    return rank(rows, measure, epoch)


def finished(evidence: Evidence) -> list[dict]:
    """A row for each finished setting, the best first."""
    percent = evidence.measure in SHARES
    rows = []
    for entry in rank(evidence.final, evidence.measure).entries:
        tests = [
            row["test_probe"]
            for row in evidence.final
            if (row["patch"], row["mask"]) == entry.setting
            and row["epoch"] == row["epochs"]
            and row["test_probe"] is not None
        ]
        rows.append(
            {
                "patch": entry.setting[0],
                "mask": mask_text(entry.setting[1], evidence.look),
                "score": amount(entry.mean, percent),
                "error": amount(entry.standard_error, percent),
                "test": amount(sum(tests) / len(tests), True) if tests else "not measured",
                "seeds": entry.n_seeds,
                "minutes": f"{entry.seconds / 60:.1f}",
            }
        )
    return rows

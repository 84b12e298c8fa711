"""Lines of linear probes: means over seeds, before and after training, next to pixels."""

from spatial_mae.report.kept_probes import probe_lines

RUN = {"protocol": "linear_probe", "metric": "accuracy", "label": "texture", "n_classes": 4}
RUN |= {"dataset": "d", "patch": 4, "mask": 0.5, "epochs": 6, "status": "completed"}


def row(value, epoch=6, seed=0, representation="mean", **other) -> dict:
    own = {"value": value, "epoch": epoch, "seed": seed, "representation": representation}
    return RUN | own | other


def test_a_line_has_the_mean_over_seeds_its_error_and_what_pixels_say():
    rows = [row(0.7), row(0.8, seed=1), row(0.9, epoch=3), row(0.5, epoch=0)]
    rows += [row(0.99, representation="class_token"), row(0.98, label="layout", patch=8)]
    rows += [row(v, epoch=None, representation=r) for v, r in ((0.3, "pca"), (0.2, "raw_pixels"))]
    texture, layout = probe_lines(rows, "mean")
    assert texture == ["texture (25.0)", "4", "0.5", "2", "75.0 ± 5.0", "50.0", "at most 30.0"]
    assert layout == ["layout (25.0)", "8", "0.5", "1", "98.0", "", ""]

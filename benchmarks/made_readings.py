"""What made tables hold of each kind: levels and noise as of networks that learned."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

EPOCHS, LATE, FIRST = 2000, 1500, 500
ACCURACY = 0.4
PLATEAU = 0.835  # the paper's, of supervised training


@dataclass(frozen=True)
class Number:
    """A measured number: its level and its noise between seeds, in units of its own."""

    level: float
    noise: float


class Error(Number):
    """A number without repeats, with a standard error of its own."""


def _evaluation(run: Mapping) -> Iterator[dict]:
    probe = {"protocol": "linear_probe", "metric": "accuracy"}
    seconds = 5000 + 500 * ((run.get("enc") or 0) + (run.get("dec") or 0))
    ends = {"epochs": EPOCHS, "pretrain_seconds": Number(seconds, 0.03 * seconds)}
    for representation in ("class_token", "mean"):
        for epoch, level in ((0, 0.25), (LATE, ACCURACY), (EPOCHS, ACCURACY)):
            row = {**probe, "representation": representation, "epoch": epoch}
            yield {**row, **ends, "value": Number(level, 0.01)}
    yield {**probe, "representation": "raw_pixels", "epoch": None, "value": 0.25}
    error = {"protocol": "reconstruction", "metric": "hidden_error", "epoch": EPOCHS}
    yield {**error, **ends, "value": Number(0.5, 0.01)}


def _tuned(run: Mapping) -> Iterator[dict]:
    times = {"seconds": Number(1000, 30), "pretrain_seconds": Number(10_000, 300)}
    scale = {"epochs": 100, "pretrain_epochs": EPOCHS, "protocol": "fine_tuning"}
    yield {**scale, **times, "accuracy": Number(ACCURACY, 0.01)}


def _supervised(run: Mapping) -> Iterator[dict]:
    yield {"epochs": 100, "training": None, "accuracy": Number(PLATEAU, 0.01), "blocks": "all"}


def _similarity(run: Mapping) -> Iterator[dict]:
    place = {"layer": run["enc"], "reference_layer": run["reference_enc"], "epochs": EPOCHS}
    yield {**place, "protocol": "cka", "n_train": None, "cka": Number(0.6, 0.01)}


def _scores(columns: Mapping, levels: Mapping[str, float]) -> Iterator[dict]:
    """At the end, and at half of each score before training."""
    for metric, level in levels.items():
        row = {**columns, "metric": metric, "n_train": None, "epochs": EPOCHS}
        for epoch, share in ((0, 0.5), (EPOCHS, 1.0)):
            end = {"epoch": epoch, "standard_error": 0.002 * level}
            yield {**row, **end, "value": Number(share * level, 0.01 * level)}


def _unmasked(run: Mapping) -> Iterator[dict]:
    levels = {"ssim": 0.5, "fsim": 0.6, "psnr": 20.0, "mse": 0.01}
    yield from _scores({"protocol": "whole"}, levels)


def _attention(run: Mapping) -> Iterator[dict]:
    columns = {"protocol": "attention", "query": "patches", "block": run["enc"], "head": None}
    columns |= {"uniform": 12.0}
    yield from _scores(columns, {"distance": 8.0})


def _embedding(run: Mapping) -> Iterator[dict]:
    columns = {"protocol": "embedding", "representation": "class_token", "space": "features"}
    yield from _scores(columns, {"silhouette": 0.1, "knn_accuracy": ACCURACY})


def _robustness(run: Mapping) -> Iterator[dict]:
    for shifted, severity in (("own", None), ("blurred", 1), ("blurred", 3)):
        columns = {"shifted": shifted, "severity": severity, "representation": "class_token"}
        columns |= {"protocol": "linear_probe", "corruption": None}
        yield from _scores(columns, {"accuracy": ACCURACY})
    columns = {"shifted": "cue_conflict", "severity": None, "representation": "class_token"}
    yield from _scores({**columns, "protocol": "linear_probe"}, {"shape_bias": 0.3})


def _detection(run: Mapping) -> Iterator[dict]:
    columns = {"protocol": "detection", "initialisation": "pretrained"}
    for row in _scores(columns, {"box_ap": 0.3, "mask_ap": 0.28}):
        yield row | {"epochs": 45, "pretrain_epochs": EPOCHS}


def _recovery(run: Mapping) -> Iterator[dict]:
    levels = {"trained": 0.5, "untrained": 0.3, "latents": 0.9}
    for source, level in levels.items():
        for role in ("shared", "visible", "hidden"):
            for representation in ("class_token", "mean") if source != "latents" else ("mixed",):
                row = {"source": source, "role": role, "level": "all", "readout": "linear"}
                row |= {"representation": representation, "n_masks": 4, "standard_error": 0.005}
                yield {**row, "epochs": EPOCHS, "r_squared": Number(level, 0.01)}


SOURCES = ("network", "untrained", "linear", "uniform")
JACOBIAN = {"split": "test", "n_masks": 2, "epochs": EPOCHS, "n_train": None, "n_test": None}


def _jacobian(run: Mapping) -> Iterator[dict]:
    for source in SOURCES:
        for measure, level in (("entropy", 5.0), ("spread", 8.0)):
            for normalised in ("no", "visible"):
                row = {**JACOBIAN, "source": source, "measure": measure, "normalised": normalised}
                row |= {"power": 1, "channels": "sum", "base": "e", "outputs": "hidden"}
                row |= {"epoch": EPOCHS, "standard_error": 0.002 * level}
                yield {**row, "value": Number(level, 0.01 * level)}


def _basis(run: Mapping) -> Iterator[dict]:
    measures = {"adaptivity": 0.3, "spread": 8.0, "entropy": 5.0}
    for source, epochs in (("network", (0, FIRST, EPOCHS)), ("linear", (EPOCHS,))):
        for epoch in epochs:
            for measure, level in measures.items():
                row = {**JACOBIAN, "source": source, "measure": measure, "epoch": epoch}
                row |= {"output": 1, "power": 1, "channels": "sum", "base": "e"}
                row |= {"normalised": "no", "standard_error": 0.002 * level}
                yield {**row, "value": Number(level, 0.01 * level)}


def _second_order(run: Mapping) -> Iterator[dict]:
    levels = {"network_error": 0.3, "linear_error": 0.3}
    levels |= {"explained_one_mask": 1.0, "explained_all_masks": 0.8}
    for measure, level in levels.items():
        row = {**JACOBIAN, "measure": measure, "n_train": 8000, "n_inputs": 1000}
        yield {**row, "value": Number(level, 0.01 * level)}


def _masked_loss(run: Mapping) -> Iterator[dict]:
    for lemma in (4, 5):
        for ratio in (0.05, 0.1, 0.5, 0.9):
            row = {**JACOBIAN, "lemma": lemma, "mask_ratio": ratio, "input_scale": 1.0}
            row |= {"predicted": Number(0.3, 0.003), "standard_error": 0.003}
            yield {**row, "measured": Number(0.3, 0.003)}


MASKED = (0.25, 0.5, 0.75)


def _limits(run: Mapping) -> Iterator[dict]:
    models = [("ae", None, None, "AE"), ("dae", None, 0.2, "DAE 0.2")]
    models += [("mae", m, None, f"MAE {m:g}") for m in MASKED]
    levels = {"mean_distance": 6.0, "entropy": 5.0, "half_width": 2.0, "intra_patch_share": 0.5}
    for place, (model, m, sigma, _) in enumerate(models):
        start = {"model": model, "mask_ratio": m, "noise_deviation": sigma, "n_latents": 64}
        start |= {"sampling": "bernoulli" if m else None, "misfit": 0.0, "n_train": None}
        for measure, level in levels.items():
            row = {**start, "measure": measure, "standard_error": 0.01 * level}
            yield {**row, "against": None, "value": Error(level, 0.01 * level)}
            for *_, name in models[:place]:
                yield {**row, "against": name, "value": Error(0.0, 0.01 * level)}


def _gains(run: Mapping) -> Iterator[dict]:
    filters = product(("window", "whole"), (1, 32), (0.5, 1.57, 2.0), (0, 45, 90), (16, 64))
    for reading, scale, frequency, orientation, k in filters:
        row = {"reading": reading, "scale": scale, "frequency": frequency, "n_latents": k}
        row |= {"orientation": orientation, "readout": "free", "input": "whole", "model": "mae"}
        row |= {"standard_error": 0.004, "n_train": None, "error": 0.5}
        yield {**row, "against": "low m", "mask_ratio": None, "gain": Error(0.0, 0.004)}
        for m in MASKED:
            yield {**row, "against": "AE", "mask_ratio": m, "gain": Error(0.0, 0.004)}


def _ranks(run: Mapping) -> Iterator[dict]:
    families = product(("gabor", "cosine"), ("turn", "redundancy"), (16, 64), MASKED)
    for target, predictor, k, m in families:
        row = {"target": target, "predictor": predictor, "n_latents": k, "mask_ratio": m}
        row |= {"n_train": None, "standard_error": 0.08}
        yield {**row, "rank_correlation": Error(0.5, 0.08)}


def _depth(run: Mapping) -> Iterator[dict]:
    for k, m in product((16, 64), MASKED):
        row = {"target": "depth", "readout": "ridge", "input": "whole", "model": "mae"}
        row |= {"mask_ratio": m, "n_latents": k, "standard_error": 0.004, "error": 0.5}
        yield {**row, "n_train": None, "gain": Error(0.0, 0.004)}


def _losses(run: Mapping) -> Iterator[dict]:
    """One mask ratio: the statement is then judged by the networks' errors."""
    row = {"model": "mae", "mask_ratio": 0.5, "n_latents": 64, "sampling": "bernoulli"}
    yield {**row, "loss": 0.3, "n_train": None}


def _levels(run: Mapping) -> Iterator[dict]:
    for definition in ("lowest", "mean", "weighted", "highest"):
        for unit, m in product((0, 1, 2), (0.1, 0.25, 0.5, 0.75, 0.9)):
            row = {"law": "bernoulli", "unit_level": unit, "mask_ratio": m, "method": "sampling"}
            row |= {"definition": definition, "n_masks": 100, "n_train": None}
            yield {**row, "standard_error": 0.05, "value": Error(2.0, 0.05)}


def _recovered_levels(run: Mapping) -> Iterator[dict]:
    for representation, components in (("components", 20), ("mean", None)):
        row = {"source": "trained", "metric": "mean_level", "level": "all", "readout": "linear"}
        row |= {"representation": representation, "components": components, "n_fitted": 4000}
        yield {**row, "epochs": EPOCHS, "value": Number(1.2, 0.012)}


READINGS = {
    "influence_limit": _limits,
    "gabor_map": _gains,
    "target_ranks": _ranks,
    "depth": _depth,
    "hierarchy_levels": _levels,
    "losses": _losses,
    "evaluation": _evaluation,
    "fine_tuning": _tuned,
    "supervised": _supervised,
    "similarity": _similarity,
    "unmasked": _unmasked,
    "attention": _attention,
    "embedding": _embedding,
    "robustness": _robustness,
    "detection": _detection,
    "latent_recovery": _recovery,
    "level_recovery": _recovered_levels,
    "jacobian": _jacobian,
    "basis": _basis,
    "second_order": _second_order,
    "masked_loss": _masked_loss,
}

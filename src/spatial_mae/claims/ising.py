"""Judges of the Ising experiment (Fig. 4, App. E)."""

from collections.abc import Callable

from spatial_mae.claims.engine import PERCENT, PLAIN, Contrast
from spatial_mae.claims.judged import each_setting, judged
from spatial_mae.claims.noise import finite
from spatial_mae.claims.registry import judge
from spatial_mae.claims.shapes import Mean
from spatial_mae.claims.verdict import HOLDS, NOT_RUN, SETTING, Verdict
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Row, Rows, Tables, masked, pick
from spatial_mae.tables.settings import paired, setting

# Fig. 4's setting.
SIZE, N_LATENTS, PATCH = 32, 6, 8
# Close to identity: less than half of the identity's norm is missing.
CLOSE = 0.5
# A sinusoid: one frequency holds nine tenths of the column's energy.
SINUSOIDAL = 0.9
# A gap below eigenvalue k that is mere rounding: k cuts through equal eigenvalues, the features are
# arbitrary. On the torus that comes from symmetries, which map boundaries to boundaries, so that
# the energy there is the same for every choice; on a chain it is not.
DEGENERATE = 1e-6
# Clearly: a tenth more; less cannot be read off a heat map of the weights.
CLEARLY = 0.1
ENERGIES = {"boundary_energy": "leverage", "boundary_energy_weights": "squared weights"}
# What an autoencoder's table repeats without meaning for it.
OF_MASKS = ("patch", "mask_ratio")


@judge("ising.dims", kinds=("ising_summary",), figure="ising", role=SETTING)
def dimensions_are_the_papers(tables: Tables) -> Verdict:
    """Some run is made in the paper's setting, 32 spins and 6 latents."""
    wanted = {"lattice": "chain", "size": SIZE, "n_latents": N_LATENTS}
    return _has_setting(tables["ising_summary"], wanted)


@judge("ising.patch", kinds=("ising_summary",), figure="ising", role=SETTING)
def patch_is_the_papers(tables: Tables) -> Verdict:
    """Some MAE run has the paper's patch size of 8 spins."""
    wanted = {"lattice": "chain", "patch": PATCH}
    return _has_setting(masked(tables["ising_summary"]), wanted)


def _has_setting(rows: Rows, wanted: Row) -> Verdict:
    """A statement that only names a setting holds if the study has runs in it."""
    text = ", ".join(f"{key} = {value}" for key, value in wanted.items())
    runs = {setting(row) for row in rows}
    held = sum(wanted.items() <= dict(run).items() for run in runs)
    numbers = {"solutions": len(runs), "solutions_in_setting": held}
    if not held:
        return Verdict(NOT_RUN, f"No run of this study has {text}: add one.", role=SETTING)
    sentence = f"{held} of {len(runs)} solutions have {text}."
    return Verdict(HOLDS, sentence, evidence=numbers, role=SETTING)


def _exact(says: str, margin: float, why: str) -> Contrast:
    return Contrast(Mean(margin), (), says, least=0, why=why, unit=PLAIN, repeat=None)


def _of_autoencoders(
    tables: Tables,
    column: str,
    effect: Callable[[Rows], float | None],
    contrast: Contrast,
    needs: str,
) -> Verdict:
    """The verdict on the AEs for which the column is known."""
    solutions = pick(tables["ising_summary"], model="ae")
    rows = [row for row in solutions if row.get(column) is not None]
    finite(rows, column)
    return judged(each_setting(rows, effect, OF_MASKS), contrast, needs)


RANK = _exact("difference of the rank from the number of latents", 0.5, "ranks are whole numbers")


@judge("ising.rank", kinds=("ising_summary",), figure="ising", contrast=RANK)
def rank_is_number_of_latents(tables: Tables) -> Verdict:
    """The rank of the AE's W is the number of latents, 6 in the paper's setting."""

    def difference(rows: Rows) -> float | None:
        if rows[0]["n_latents"] != N_LATENTS:
            return None
        return -max(abs(row["rank_influence"] - row["n_latents"]) for row in rows)

    needs = f"No AE of the Ising experiment has {N_LATENTS} latents: add it to the recipe."
    return _of_autoencoders(tables, "rank_influence", difference, RANK, needs)


IDENTITY = _exact("share of the identity's norm that W lacks", CLOSE, "close: less than half")


@judge("ising.identity", kinds=("ising_summary",), figure="ising", contrast=IDENTITY)
def close_to_identity(tables: Tables) -> Verdict:
    """The AE's W is nearer to the identity than half the identity's norm.

    No product of rank k is nearer than sqrt(1 - k/d).
    """

    def missing(rows: Rows) -> float:
        return -max(row["identity_error"] for row in rows)

    needs = "The Ising tables hold no AE: add the model to the recipe."
    return _of_autoencoders(tables, "identity_error", missing, IDENTITY, needs)


SINUSOID = _exact(
    "smallest share of a feature's energy in one sinusoid", -SINUSOIDAL, "0.9: nearly"
)


@judge("ising.sinus", kinds=("ising_summary",), figure="ising", contrast=SINUSOID)
def sinusoidal_features(tables: Tables) -> Verdict:
    """Every column of the AE's encoder is nearly one sinusoid."""

    def worst(rows: Rows) -> float:
        return min(row["sinusoid_r2"] for row in rows)

    needs = "The Ising tables hold no sinusoid fit of an AE: add a chain."
    return _of_autoencoders(tables, "sinusoid_r2", worst, SINUSOID, needs)


BOUNDARY = Contrast(
    Mean(-CLEARLY),
    (),
    "energy at patch boundaries above the mean and the AE's",
    least=0,
    why="a tenth more; less is not seen in a picture of the weights",
    unit=PERCENT,
    repeat=None,
)


@judge("ising.boundary", kinds=("ising_summary",), figure="ising", contrast=BOUNDARY)
def boundary_first(tables: Tables) -> Verdict:
    """MAE features hold clearly more energy at patch boundaries than on average and than the AE's.

    Read in two ways: leverage, the same for every basis of the features, and squared weights.
    """
    solutions = tables["ising_summary"]
    rows = [row for row in solutions if _is_unique(row)]
    n_left = len(solutions) - len(rows)
    return judged(
        [row for column, name in ENERGIES.items() for row in _excess(rows, column, name)],
        BOUNDARY,
        "The Ising tables hold no MAE and AE with unique features: add mask ratios.",
        evidence={"solutions_not_unique": n_left},
        note=f"{n_left} of {len(solutions)} solutions, not unique, left out." if n_left else "",
    )


def _is_unique(row: Row) -> bool:
    gap = row.get("spectral_gap")
    return gap is None or gap > DEGENERATE or row["lattice"] == "torus"


def _excess(rows: Rows, column: str, name: str) -> list[Row]:
    """The MAE's energy over the larger of 1, the mean, and the AE's, less 1."""
    pairs = paired(masked(rows), pick(rows, model="ae"), column, ("mask_ratio",))
    known = [row for row in pairs if row["ours"] is not None and row["theirs"] is not None]
    finite(known, "theirs")
    renamed = [{**row, "against": None, "measure": name} for row in known]
    return each_setting(renamed, lambda g: mean(g, "ours") / max(1.0, mean(g, "theirs")) - 1)

"""Judges of the Ising experiment (Fig. 4, App. E)."""

from spatial_mae.claims.conditions import Outcome, decide, evaluate, exceeds, relative
from spatial_mae.claims.registry import judge
from spatial_mae.claims.verdict import HOLDS, Verdict, not_run
from spatial_mae.tables.repeats import mean
from spatial_mae.tables.rows import Row, Rows, Tables, masked, pick
from spatial_mae.tables.settings import paired, setting

# Fig. 4's setting.
SIZE, N_LATENTS, PATCH = 32, 6, 8
# Close to identity: less than half of the identity's norm is missing.
CLOSE = 0.5
# As near as rank k allows: within one per cent of sqrt(1 - k/d).
AT_FLOOR = 0.01
# A sinusoid: one frequency holds nine tenths of the column's energy.
SINUSOIDAL = 0.9
# A gap below eigenvalue k that is mere rounding: k cuts through equal eigenvalues, the features are
# arbitrary. On the torus that comes from symmetries, which map boundaries to boundaries, so that
# the energy there is the same for every choice; on a chain it is not.
DEGENERATE = 1e-6
# Clearly: a tenth more; less cannot be read off a heat map of the weights.
CLEARLY = 0.1

ENERGIES = {"boundary_energy": "leverage", "boundary_energy_weights": "squared weights"}


@judge("ising.dims", kinds=("ising_summary",), figure="ising")
def dimensions_are_the_papers(tables: Tables) -> Verdict:
    """Some run is made in the paper's setting, 32 spins and 6 latents."""
    wanted = {"lattice": "chain", "size": SIZE, "n_latents": N_LATENTS}
    return _has_setting(tables["ising_summary"], wanted)


@judge("ising.patch", kinds=("ising_summary",), figure="ising")
def patch_is_the_papers(tables: Tables) -> Verdict:
    """Some MAE run has the paper's patch size of 8 spins."""
    wanted = {"lattice": "chain", "patch": PATCH}
    return _has_setting(masked(tables["ising_summary"]), wanted)


def _has_setting(rows: Rows, wanted: Row) -> Verdict:
    """A statement that only names a setting holds if the study has runs in it."""
    text = ", ".join(f"{key} = {value}" for key, value in wanted.items())
    runs = {setting(row) for row in rows}
    held = sum(wanted.items() <= dict(run).items() for run in runs)
    if not held:
        return not_run(f"a setting of the paper's: no run of this study has {text}; add one")
    conditions = f"A setting of the paper's: {held} of {len(runs)} solutions have {text}."
    return Verdict(HOLDS, conditions, {"solutions": len(runs), "solutions_in_setting": held})


@judge("ising.rank", kinds=("ising_summary",), figure="ising")
def rank_is_number_of_latents(tables: Tables) -> Verdict:
    """The rank of the AE's W is the number of latents, 6 in the paper's setting."""
    rows = [r for r in pick(tables["ising_summary"], model="ae") if r["n_latents"] == N_LATENTS]
    return decide(
        evaluate(rows, _full_rank, free=("patch", "mask_ratio")),
        rows,
        needs=f"no AE of the Ising experiment has {N_LATENTS} latents: add it to the recipe",
        size="rank_minus_latents",
    )


def _full_rank(rows: Rows) -> tuple[bool, float]:
    gaps = [row["rank_influence"] - row["n_latents"] for row in rows]
    return not any(gaps), max(gaps, key=abs)


@judge("ising.identity", kinds=("ising_summary",), figure="ising")
def close_to_identity(tables: Tables) -> Verdict:
    """The AE's W is nearer to the identity than half the identity's norm.

    No product of rank k is nearer than sqrt(1 - k/d): the evidence says how near to that it is.
    """
    rows = pick(tables["ising_summary"], model="ae")
    at_floor = sum(relative(r["identity_error"], r["identity_floor"]) <= AT_FLOOR for r in rows)
    floors = [row["identity_floor"] for row in rows]
    return decide(
        evaluate(rows, _near_identity, free=("patch", "mask_ratio")),
        rows,
        needs="the Ising tables hold no AE",
        size="norm_recovered",
        evidence={
            "identity_error_largest": max((r["identity_error"] for r in rows), default=0.0),
            "identity_floor_smallest": min(floors, default=0.0),
            "solutions": len(rows),
            "solutions_at_floor": at_floor,
        },
        note=f"W is a projector of rank k, {at_floor} of {len(rows)} as near to the identity as "
        "rank k allows, sqrt(1 - k/d).",
    )


def _near_identity(rows: Rows) -> tuple[bool, float]:
    error = max(row["identity_error"] for row in rows)
    return error < CLOSE, 1 - error


@judge("ising.sinus", kinds=("ising_summary",), figure="ising")
def sinusoidal_features(tables: Tables) -> Verdict:
    """Every column of the AE's encoder is nearly one sinusoid."""
    rows = [
        row
        for row in pick(tables["ising_summary"], model="ae")
        if row.get("sinusoid_r2") is not None
    ]
    return decide(
        evaluate(rows, _sinusoidal, free=("patch", "mask_ratio")),
        rows,
        needs="the Ising tables hold no sinusoid fit of an AE: add a chain",
        size="sinusoid_r2",
    )


def _sinusoidal(rows: Rows) -> tuple[bool, float]:
    worst = min(row["sinusoid_r2"] for row in rows)
    return worst >= SINUSOIDAL, worst


@judge("ising.boundary", kinds=("ising_summary",), figure="ising")
def boundary_first(tables: Tables) -> Verdict:
    """MAE features hold clearly more energy at patch boundaries than on average and than the AE's.

    Read in two ways: leverage, the same for every basis of the features, and squared weights.
    """
    solutions = tables["ising_summary"]
    rows = [row for row in solutions if _is_unique(row)]
    n_left = len(solutions) - len(rows)
    return decide(
        [outcome for column in ENERGIES for outcome in _boundary_outcomes(rows, column)],
        rows,
        needs="the Ising tables hold no MAE and AE with unique features: add mask ratios",
        size="excess_over_mean_or_ae",
        evidence={"solutions_not_unique": n_left},
        note=f"{n_left} of {len(solutions)} solutions, not unique, left out." if n_left else "",
    )


def _is_unique(row: Row) -> bool:
    gap = row.get("spectral_gap")
    return gap is None or gap > DEGENERATE or row["lattice"] == "torus"


def _boundary_outcomes(rows: Rows, column: str) -> list[Outcome]:
    pairs = paired(masked(rows), pick(rows, model="ae"), column, ("mask_ratio",))
    named = [{**row, "against": None, "measure": ENERGIES[column]} for row in pairs]
    return evaluate(named, _prefers_boundary)


def _prefers_boundary(rows: Rows) -> tuple[bool, float]:
    ours, theirs = mean(rows, "ours"), mean(rows, "theirs")
    return exceeds(ours, max(1.0, theirs), CLEARLY)

"""Limits of influence on images whose moments are known: how often intervals of 95 % hold it."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from spatial_mae.files import Row
from spatial_mae.linear.comparison import influences
from spatial_mae.linear.decomposition import decompose
from spatial_mae.linear.held_out import choose_ridge
from spatial_mae.linear.influence import geometry, measure
from spatial_mae.linear.influence_limit import MEASURES, InfluenceLimitRecipe, subset_rows
from spatial_mae.linear.moments import PixelMoments
from spatial_mae.linear.store import LinearRun, RunSettings
from spatial_mae.linear.subsets import merged
from spatial_mae.masks.patches import patch_index
from spatial_mae.tables.limits import Limit, difference, limit
from spatial_mae.tables.rows import pick

RATIOS = (0.25, 0.75)
SLOPES = (2.0, 3.0)
RIDGES = (0.0, 0.0001, 0.001, 0.01)
HELD_OUT = 0.1
# Of two channels, as those of natural images have: less would make colours easier to tell apart.
CHANNEL_CORRELATION = 0.9


@dataclass(frozen=True)
class Law:
    """Gaussian images of side pixels, stationary, with the power 1 / frequency^slope.

    channels: of a pixel, 1 or 3. W has no weights between them in the limit.
    """

    side: int
    slope: float
    channels: int = 1

    @property
    def size(self) -> int:
        """Coordinates of an image."""
        return self.side**2 * self.channels

    @property
    def colour(self) -> str:
        return "luma" if self.channels == 1 else "rgb"

    @property
    def patches(self) -> tuple[int, int]:
        return self.side // 4, self.side // 2

    def moment(self) -> np.ndarray:
        """The covariance, (size, size), of unit variance: of a window of a periodic field."""
        period = 4 * self.side
        frequency = np.fft.fftfreq(period)
        squared = frequency[:, None] ** 2 + frequency**2 + (0.5 / self.side) ** 2
        power = squared ** (-self.slope / 2)
        covariance = np.fft.ifft2(power / power.max() + 1e-4).real
        y, x = np.divmod(np.arange(self.side**2), self.side)
        S = covariance[(y[:, None] - y) % period, (x[:, None] - x) % period]
        between = np.full((self.channels, self.channels), CHANNEL_CORRELATION)
        np.fill_diagonal(between, 1.0)
        return np.kron(S / S[0, 0], between)

    def draw(self, root: np.ndarray, n: int, rng: np.random.Generator) -> PixelMoments:
        """Moments of n images; root: the lower Cholesky factor of the covariance."""
        X = rng.standard_normal((n, len(root))) @ root.T
        return self.sums(X.T @ X, X.sum(axis=0), n)

    def sums(self, gram: np.ndarray, total: np.ndarray, n: int) -> PixelMoments:
        return PixelMoments(gram, total, n, self.side, self.side, self.channels, self.colour, 1)


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    sizes, draws, side = ((2000,), 1, 8) if quick else ((4000, 16000), 40, 12)
    laws = [(Law(side, slope), n) for n in sizes for slope in SLOPES]
    laws.append((Law(8, SLOPES[0], channels=3), 4000 if quick else 12000))
    found = {_words(law, n): coverage(law, n, draws) for law, n in laws}
    whole = [_overview(name, rows, k) for name, rows in found.items() for k in _latents(rows)]
    about = f"Gaussian images, {draws} draws each"
    return [(f"All quantities: {about}", whole)] + list(found.items())


def _words(law: Law, n: int) -> str:
    size = f"{law.side} x {law.side}" + (" x 3" if law.channels == 3 else "")
    return f"1 / f^{law.slope:g}, {n:,} images of {size}"


def _latents(rows: list[Row]) -> list[int]:
    return sorted({row["k"] for row in rows})


def _overview(name: str, rows: list[Row], k: int) -> Row:
    """Coverage over all quantities and measures of k latents; biases as shares of all images'."""
    rows = pick(rows, k=k)
    biases = [abs(row["bias"] / row["bias of all images"]) for row in rows]
    widths = [row["half the interval"] / abs(row["bias of all images"]) for row in rows]
    return {
        "power, images": name,
        "k": k,
        "quantities": len(rows),
        "coverage": np.mean([row["coverage"] for row in rows]),
        "least coverage": min(row["coverage"] for row in rows),
        "quantities below 0.9": sum(row["coverage"] < 0.9 for row in rows),
        "bias / bias of all images, median": np.median(biases),
        "half the interval / bias of all images, median": np.median(widths),
    }


def coverage(law: Law, n: int, draws: int, seed: int = 0) -> list[Row]:
    """For each quantity and measure: how often the interval holds the truth, over draws.

    `interval` and `plain`: half the mean width, and the bias of all images without correction.
    """
    recipe = models(law)
    S = law.moment()
    truth = quantities({p: truths(S, law, p, recipe) for p in law.patches}, _plain_difference)
    found = defaultdict(list)
    for rng in np.random.default_rng(seed).spawn(draws):
        for key, value in estimates(law, np.linalg.cholesky(S), n, recipe, rng).items():
            found[key].append(value)
    return [_summary(key, truth[key], values) for key, values in found.items()]


def models(law: Law) -> InfluenceLimitRecipe:
    return InfluenceLimitRecipe(
        mask_ratios=RATIOS, noise_deviations=(), n_latents=(law.size // 8, "all"), ridges=RIDGES
    )


def estimates(
    law: Law, root: np.ndarray, n: int, recipe: InfluenceLimitRecipe, rng: np.random.Generator
) -> dict[tuple, Limit]:
    """Limits of every quantity from one draw of n images, some of which only choose the ridge."""
    count = 2**recipe.halvings
    subsets = [law.draw(root, int(n * (1 - HELD_OUT)) // count, rng) for _ in range(count)]
    held, whole = law.draw(root, int(n * HELD_OUT), rng), subsets
    while len(whole) > 1:
        whole = merged(whole)
    rows = {}
    for patch in law.patches:
        settings = RunSettings(patch, "raw", 0.0, False)
        ridge = choose_ridge(whole[0], held, settings, recipe, recipe.ridges)
        rows[patch] = subset_rows(subsets, RunSettings(patch, "raw", ridge, False), recipe)
    return quantities(rows, difference, limit)


def truths(S: np.ndarray, law: Law, patch: int, recipe: InfluenceLimitRecipe) -> list[Row]:
    """The measures of the covariance itself."""
    index = patch_index(law.side, law.side, patch, law.channels)
    places = geometry(law.side, law.side, law.channels, index)
    moments = law.sums(S, np.zeros(len(S)), 1)
    run = LinearRun(RunSettings(patch, "raw", 0.0, False), moments, decompose(S, index))
    return [model | measure(W, places)[0] for model, W in influences(run, recipe)]


def quantities(rows: dict[int, list[Row]], subtract, alone=None) -> dict[tuple, object]:
    """(quantity, k, measure) -> what `alone` or `subtract` makes of the rows of its models."""
    alone = alone or (lambda found, name: found[0][name])
    found = {}
    small, large = (rows[patch] for patch in sorted(rows))
    for k in sorted({row["n_latents"] for row in small}):
        ae = pick(small, model="ae", n_latents=k)
        low, high = (pick(small, model="mae", n_latents=k, mask_ratio=m) for m in RATIOS)
        wide = pick(large, model="mae", n_latents=k, mask_ratio=RATIOS[1])
        for name in MEASURES:
            found["MAE", k, name] = alone(high, name)
            found["MAE - AE", k, name] = subtract(high, ae, name)
            found["high m - low m", k, name] = subtract(high, low, name)
            found["large p - small p", k, name] = subtract(wide, high, name)
    return found


def _plain_difference(ours: list[Row], theirs: list[Row], name: str) -> float:
    return ours[0][name] - theirs[0][name]


def _summary(key: tuple, truth: float, found: list[Limit]) -> Row:
    quantity, k, name = key
    held = [one.low <= truth <= one.high for one in found]
    return {
        "quantity": quantity,
        "k": k,
        "measure": name,
        "truth": truth,
        "coverage": np.mean(held),
        "bias": np.mean([one.value for one in found]) - truth,
        "bias of all images": np.mean([one.at_largest_n for one in found]) - truth,
        "spread of the limit": np.std([one.value for one in found]),
        "standard error": np.mean([one.standard_error for one in found]),
        "misfit": np.mean([one.misfit for one in found]),
        "half the interval": np.mean([one.high - one.low for one in found]) / 2,
        "sign found": np.mean([one.low * one.high > 0 and one.value * truth > 0 for one in found]),
    }

"""Which latents three masks make MAE learn

Answers Fig. 4 of Kong et al. (2023). A graph of latents z over pixels x; arrows run from cause to
effect. Black pixels are hidden, white ones visible; blue latents are what the two parts share (the
set C of the paper's Algorithm 1), which is what MAE learns. Where too little is hidden, or too
little left visible, C is a low-level latent; hiding whole branches of the high-level latents makes
C high-level. The paper's text names the variables of its figure but not their edges: the edges are
chosen so that everything it says of the figure is true.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.style import BLACK, CATEGORIES, legend, line, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import require
from spatial_mae.tables.rows import Row, groups, pick, project

KIND = "hierarchy_cases"
IN_PAPER = "Kong Fig. 4"
COLUMNS = ("case", "variable", "level", "position", "role", "parents", "hidden_share")
LOOKS = {
    "hidden": {"markerfacecolor": BLACK},
    "visible": {"markerfacecolor": "white"},
    "shared": {"markerfacecolor": CATEGORIES[0]},
    "latent": {"markerfacecolor": "0.85"},
}
NAMES = {"shared": "shared: learned", "latent": "latent"}
NODE = {"color": BLACK, "linestyle": "none", "marker": "o", "markeredgewidth": 0.6}
DARK = ("hidden", "shared")


def select(rows: list[Row]) -> list[Row]:
    require(rows, KIND, COLUMNS)
    return project(rows, COLUMNS)


@styled
def draw(rows: list[Row]) -> Figure:
    cases = groups(rows, "case", "hidden_share")
    figure, axes = panels(1, max(len(cases), 2), [], height=1.7)
    for axis, ((case, share), part) in zip(axes[0], cases.items(), strict=False):
        _draw_graph(axis, part)
        learned = ", ".join(row["variable"] for row in pick(part, role="shared"))
        title(axis, f"{case}, m = {share:.2g}: C = {{{learned}}}")
    looks = {NAMES.get(role, role): NODE | look | {"markersize": 6} for role, look in LOOKS.items()}
    legend(figure, looks)
    return figure


def _draw_graph(axis: Axes, rows: list[Row]) -> None:
    places = {row["variable"]: (row["position"], row["level"]) for row in rows}
    arrow = {"arrowstyle": "-|>", "linewidth": 0.5, "color": "0.45", "shrinkA": 6, "shrinkB": 6}
    for row in rows:
        for parent in (row["parents"] or "").split():
            ends = {"xy": places[row["variable"]], "xytext": places[parent]}
            axis.annotate("", **ends, arrowprops=arrow | {"mutation_scale": 5}, zorder=1)
    for role, look in LOOKS.items():
        line(axis, pick(rows, role=role), "position", "level", **NODE, **look, markersize=11)
    for row in rows:
        colour = "white" if row["role"] in DARK else BLACK
        text = rf"${row['variable'][0]}_{{{row['variable'][1:]}}}$"
        look = {"color": colour, "ha": "center", "va": "center", "size": 6, "zorder": 4}
        axis.text(*places[row["variable"]], text, **look)
    axis.set(xlim=(-0.6, max(x for x, _ in places.values()) + 0.6), ylim=(-0.3, 2.3))
    axis.set_yticks(sorted({y for _, y in places.values()}))
    axis.set_xticks([])
    axis.set_ylabel(axis_label("level"))
    axis.spines[["bottom", "left"]].set_visible(False)
    axis.tick_params(length=0)

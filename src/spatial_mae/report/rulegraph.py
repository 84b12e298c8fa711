"""docs/images/rulegraph.svg: the rules of the default study, and which stage reads which.

`make docs` writes it: `snakemake --rulegraph mermaid-js`, piped into
`python -m spatial_mae.report.rulegraph workflow/rules docs/images/rulegraph.svg`.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from spatial_mae.files import write_text

Graph = dict[str, set[str]]  # name -> the names that it reads
RULE = r"^(?:rule|checkpoint) (\w+):"
LINE, HEAD, PAD, WIDTH, GAP, DROP = 16, 20, 8, 176, 16, 38  # pixels


def read_graph(mermaid: str) -> Graph:
    """Rule -> the rules whose output it reads, from what `snakemake --rulegraph mermaid-js` says.

    Raises ValueError if the text names no rule.
    """
    names = dict(re.findall(r"^\s*(id\d+)\[(\w+)", mermaid, re.M))
    if not names:
        raise ValueError("no rule in this text; expected snakemake --rulegraph mermaid-js")
    graph: Graph = {name: set() for name in names.values()}
    for source, target in re.findall(r"^\s*(id\d+) --> (id\d+)", mermaid, re.M):
        graph[names[target]].add(names[source])
    return graph


def read_stages(folder: Path) -> dict[str, str]:
    """Rule -> the stage it belongs to: the name of its file in `folder`, without .smk."""
    files = sorted(folder.glob("*.smk"))
    found = {f.stem: re.findall(RULE, f.read_text(encoding="utf-8"), re.M) for f in files}
    return {rule: stage for stage, rules in found.items() for rule in rules}


def graph_of_stages(graph: Graph, stages: Mapping[str, str]) -> Graph:
    """Stage -> the stages it reads, without those that it reads through another one."""
    known = [rule for rule in graph if rule in stages]
    merged: Graph = {stages[rule]: set() for rule in known}
    for rule in known:
        merged[stages[rule]] |= {stages[source] for source in graph[rule]} - {stages[rule]}
    return {
        stage: {s for s in read if not any(s in _above(merged, other) for other in read)}
        for stage, read in merged.items()
    }


def _above(graph: Graph, name: str) -> set[str]:
    """All that `name` reads, at any distance."""
    return graph[name].union(*(_above(graph, source) for source in graph[name]))


def layers(graph: Graph) -> list[list[str]]:
    """The names in rows: each right above the highest of its readers, near those that it reads."""
    readers = {name: {n for n in graph if name in graph[n]} for name in graph}

    def height(name: str) -> int:
        return 1 + max((height(reader) for reader in readers[name]), default=-1)

    heights = {name: height(name) for name in graph}
    rows = [
        sorted(n for n in graph if heights[n] == h) for h in range(max(heights.values()), -1, -1)
    ]
    place: dict[str, float] = {}
    for row in rows:
        row.sort(key=lambda name: _mean([place[source] for source in graph[name]]))
        place |= {name: k - (len(row) - 1) / 2 for k, name in enumerate(row)}
    return rows


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def draw(graph: Graph, stages: Mapping[str, str]) -> str:
    """The picture (svg): a box per stage with its rules, an arrow from each to its readers."""
    between = graph_of_stages(graph, stages)
    rules = {s: [rule for rule in stages if rule in graph and stages[rule] == s] for s in between}
    rows = layers(between)
    width = max(len(row) for row in rows) * (WIDTH + GAP) + GAP
    boxes, top = {}, GAP
    for row in rows:
        left = (width - len(row) * (WIDTH + GAP) + GAP) / 2
        tall = {stage: HEAD + PAD + LINE * len(rules[stage]) for stage in row}
        boxes |= {s: (left + k * (WIDTH + GAP), top, tall[s]) for k, s in enumerate(row)}
        top += max(tall.values()) + DROP
    arrows = [_arrow(boxes[s], boxes[stage]) for stage in between for s in sorted(between[stage])]
    drawn = [_box(stage, rules[stage], *boxes[stage]) for stage in boxes]
    return "\n".join([_head(width, top - DROP + GAP), *sorted(arrows), *drawn, "</svg>", ""])


def _head(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" font-family="sans-serif" font-size="12">\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>\n'
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>'
    )


def _arrow(source: tuple[float, float, float], target: tuple[float, float, float]) -> str:
    x, y = source[0] + WIDTH / 2, source[1] + source[2]
    to_x, to_y = target[0] + WIDTH / 2, target[1]
    bend = (to_y - y) / 2
    path = f"M{x:g} {y:g}C{x:g} {y + bend:g} {to_x:g} {to_y - bend:g} {to_x:g} {to_y:g}"
    return f'<path d="{path}" fill="none" stroke="#555" marker-end="url(#tip)"/>'


def _box(stage: str, rules: Sequence[str], x: float, y: float, height: float) -> str:
    parts = [
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{height:g}" rx="5" '
        'fill="#eef4fa" stroke="#0072b2"/>',
        f'<text x="{x + PAD:g}" y="{y + 15:g}" font-weight="bold">{stage}.smk</text>',
    ]
    parts += [
        f'<text x="{x + PAD:g}" y="{y + HEAD + 13 + LINE * k:g}">{rule}</text>'
        for k, rule in enumerate(rules)
    ]
    return "\n".join(parts)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Draw the graph of rules that stdin describes.")
    parser.add_argument("rules", type=Path, help="folder of the workflow's .smk files")
    parser.add_argument("picture", type=Path, help="file to write (.svg)")
    arguments = parser.parse_args(argv)
    graph = read_graph(sys.stdin.read())
    write_text(arguments.picture, draw(graph, read_stages(arguments.rules)))


if __name__ == "__main__":
    main()

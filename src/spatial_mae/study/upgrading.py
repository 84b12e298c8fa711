"""Rewrite a config of the earlier form, whose figures were in a block, not with experiments.

The text is edited, not written from its values: comments, anchors and layout stay.
"""

from collections.abc import Iterator, Mapping

import yaml

from spatial_mae.study.measurements import KINDS

# The block that was in config.yaml, on which studies were laid: experiment -> its figures.
INHERITED = {
    **{name: (name,) for name in ("autocorrelation", "ising", "ising_torus", "losses", "gabor")},
    **{name: (name,) for name in ("depth", "taylor", "hierarchy_levels", "hierarchy_cases")},
    **{name: (name,) for name in ("attention_maps", "robustness", "both_papers")},
    **{name: (name,) for name in ("basis_kernels", "mean_kernels", "second_order")},
    "ising_chain": ("ising_couplings",),
    "profile": ("influence_models", "influence_profiles"),
    "influence": ("influence_grid",),
    "choices": ("influence_choices",),
    "noise": ("estimation_noise",),
    "sampling": ("sampling_laws",),
    "spectrum": ("mask_spectrum",),
    "psd": ("masked_psd",),
    "latent_recovery": ("recovered_latents",),
    "depths": ("depth_hours", "depth_grid"),
    "epochs": ("probe_over_epochs",),
    "masking": ("masking_grid",),
    "cost": ("accuracy_hours",),
    "gallery": ("reconstructions",),
    "similarity": ("layer_similarity",),
    "unmasked": ("unmasked_reconstruction",),
    "attention": ("attention_reach",),
    "embedding_points": ("class_planes",),
    "embedding": ("separability",),
    "tuned_depths": ("depth_fine_tuning",),
    "tuned_masking": ("masking_fine_tuning",),
    "partial": ("partial_fine_tuning",),
    "supervised": ("supervised_baseline",),
    "jacobian": ("overview",),
    "entropy_histogram": ("spatial_entropy",),
    "jacobian_profile": ("jacobian_profiles",),
    "basis": ("basis_over_training",),
    "masked_loss": ("taylor_networks",),
}


def upgraded(text: str) -> str:
    """The text with each experiment's figures next to it, and without the block.

    Raises ValueError if there is no block `figures:`, or it draws from an experiment that the text
    does not hold.
    """
    top = _children(yaml.compose(text))
    if "figures" not in top:
        raise ValueError("it has no block `figures:`, so there is nothing to rewrite")
    wanted = _wanted(yaml.safe_load(text)["figures"] or {})
    edits = [_removal(text, *top["figures"])]
    items = top["experiments"][1].value if "experiments" in top else []
    names = {_children(item)["name"][1].value for item in items}
    named = {entry["experiment"] for entry in yaml.safe_load(text)["figures"].values() if entry}
    if lost := sorted(named - names):
        raise ValueError(
            f"its block `figures:` draws from {', '.join(lost)}, which it does not define: add "
            f"the experiments, or drop these figures"
        )
    edits += [edit for item in items for edit in _insertion(text, _children(item), wanted)]
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text.rstrip("\n") + "\n"


def _wanted(block: Mapping) -> dict[str, list[str]]:
    """Experiment -> figures that the earlier form drew from it, in their order."""
    drawn = {figure: name for name, figures in INHERITED.items() for figure in figures}
    drawn |= {figure: entry["experiment"] if entry else None for figure, entry in block.items()}
    wanted: dict[str, list[str]] = {}
    for figure, name in drawn.items():
        wanted.setdefault(name, []).append(figure)
    return wanted


def _children(mapping: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Key -> the nodes of the key and its value."""
    return {key.value: (key, value) for key, value in mapping.value}


def _removal(text: str, key: yaml.Node, value: yaml.Node) -> tuple[int, int, str]:
    """The edit that removes the lines of a key, and of the comments below it."""
    last = max((node.end_mark.line for node in _leaves(value)), default=key.end_mark.line)
    lines = text.splitlines(keepends=True)
    while last + 1 < len(lines) and lines[last + 1].startswith(" "):
        last += 1
    return sum(map(len, lines[: key.start_mark.line])), sum(map(len, lines[: last + 1])), ""


def _leaves(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        for pair in node.value:
            for child in pair:
                yield from _leaves(child)
    else:
        yield node


def _insertion(text: str, fields: Mapping, wanted: Mapping) -> Iterator[tuple[int, int, str]]:
    """The edit that gives an experiment its figures; none where they are the usual ones."""
    name, kind = (fields[key][1].value for key in ("name", "kind"))
    figures = wanted.get(name, [])
    if kind not in KINDS or sorted(figures) == sorted(KINDS[kind].figures):
        return
    key, value = fields["recipe"] if "recipe" in fields else fields["kind"]
    entry = f"figures: [{', '.join(figures)}]"
    if key.start_mark.line == fields["name"][0].start_mark.line:  # {name: ..., kind: ...}
        yield value.end_mark.index, value.end_mark.index, f", {entry}"
    else:
        end = text.find("\n", value.end_mark.index)
        end = len(text) if end < 0 else end
        yield end, end, f"\n{' ' * key.start_mark.column}{entry}"

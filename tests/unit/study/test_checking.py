"""A fault says where it is, what is allowed and what is near."""

import pytest
import yaml

from spatial_mae.study.checking import allowed, faults
from spatial_mae.study.schema import schema


def found(config: dict) -> list[str]:
    whole = {"study": "a", "datasets": {}, "models": {}, "recipes": {}, "experiments": []} | config
    return list(faults(whole, schema()))


def recipes(family: str, **keys) -> dict:
    required = schema()["properties"]["recipes"]["properties"][family]["additionalProperties"]
    examples = {"mask_ratios": [0.5], "noise_deviations": [], "n_latents": [4], "scales": [1]}
    values = {key: examples[key] for key in required["required"]} | keys
    return {"recipes": {family: {"default": values}}}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"seed": -1}, "seed: -1 is not allowed; expected a whole number, 0 or more"),
        ({"seed": True}, "seed: True is not allowed; expected a whole number, 0 or more"),
        (
            {"study": "My"},
            "study: 'My' is not allowed; expected text of small letters, digits and _",
        ),
        ({"sed": 1}, "unknown key 'sed'; did you mean 'seed'?"),
        ({"devices": 3}, "devices: 3 is not allowed; expected a mapping"),
        ({"models": {"a b": {}}}, "models.a b: 'a b' is no name; use small letters, digits and _"),
        (
            {"models": {"a": {"width": 8, "encoder_heads": 2, "decoder_width": 8}}},
            "models.a.decoder_heads: missing; expected a whole number, 1 or more. Attention",
        ),
        (
            recipes("gabor", border="circuler"),
            "recipes.gabor.default.border: 'circuler' is not allowed; did you mean "
            "'circular'? expected one of zero, circular, reflect",
        ),
        (
            recipes("gabor", readouts=["fre"]),
            "recipes.gabor.default.readouts[0]: 'fre' is not allowed; did you mean 'free'? "
            "expected one of free, ridge",
        ),
        (
            recipes("linear", n_latents=["al"]),
            "recipes.linear.default.n_latents[0]: 'al' is not allowed; did you mean 'all'? "
            "expected a whole number, 1 or more or all",
        ),
        (
            recipes("linear", mask_ratios=[]),
            "recipes.linear.default.mask_ratios: [] is not allowed; expected a list of 1 or more: "
            "numbers, 0 or more, below 1",
        ),
        (
            {"datasets": {"a": {"source": "dead_leafs", "n_train": 1}}},
            "datasets.a.source: no source is named 'dead_leafs'; did you mean 'dead_leaves'? "
            "Known: array_file, cifar10, cityscapes, dead_leaves, hierarchical, image_folder, "
            "imagenet64, ising, outlined_shapes, textured_layouts, tiny_imagenet.",
        ),
        (
            {"datasets": {"a": {"source": "imagenet64", "root": "x", "size": [64]}}},
            "datasets.a.size: [64] is not allowed; expected a list of 2: whole numbers, 1 or more",
        ),
        (
            {"datasets": {"a": {"source": ["ising"]}}},
            "datasets.a.source: no source is named ['ising']; ",
        ),
        (
            {"experiments": [{"kind": "loses"}]},
            "experiments[0].kind: 'loses' is not allowed; did you mean 'losses'? expected one of ",
        ),
        (
            {"experiments": [{"kind": "losses", "grids": [{"color": ["luma"]}]}]},
            "unknown key 'experiments[0].grids[0].color'; did you mean 'colour'?",
        ),
    ],
)
def test_a_fault_is_named_with_what_is_allowed(config, message):
    (fault,) = found(config)
    assert fault.startswith(message)
    assert len(fault) < 1000


def test_all_faults_are_named_at_once():
    faulty = {"seed": -1, "sed": 0, **recipes("linear", samplings=["exat"], mask_ratios=[1])}
    assert len(found(faulty)) == 4


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "a number, above 0, at most 1"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "a whole number or null"),
        ({"enum": ["e", 2]}, "one of e, 2"),
        (
            {"type": "array", "items": {"enum": [1, 2]}, "minItems": 1},
            "a list of 1 or more: any of 1, 2",
        ),
        ({"type": "array", "items": {"type": "string"}}, "a list of text"),
    ],
)
def test_what_is_allowed_in_words(kind, text):
    assert allowed(kind) == text


def test_numbers_of_another_type_are_no_names():
    assert list(faults(1.0, {"enum": [1]})) and not list(faults(1, {"enum": [1]}))


def numeric(node: object) -> list[dict]:
    """All schemas below a node that allow a number."""
    if isinstance(node, list):
        return [one for item in node for one in numeric(item)]
    if not isinstance(node, dict):
        return []
    kinds = {option.get("type") for option in node.get("anyOf", [node])}
    found = [node] if kinds & {"integer", "number"} else []
    return found + [one for item in node.values() for one in numeric(item)]


def test_a_number_that_yaml_reads_as_text_is_refused_with_its_other_form():
    nodes = numeric(schema())
    assert len(nodes) > 100
    for node in nodes:
        assert "YAML reads this as text: write 1.0e-3" in next(faults("1e-3", node, "key"))


@pytest.mark.parametrize(
    ("text", "written"),
    [("1e-3", "1.0e-3"), ("1e3", "1000"), ("2.5e-4", None), ("1.5e3", "1500"), ("-3E-2", "-3.0e-2")]
    + [("1e20", "1.0e+20"), ("2.5e11", "2.5e+11")],
)
def test_the_other_form_is_the_same_number_to_yaml(text, written):
    read = yaml.safe_load(text)
    if written is None:
        assert read == float(text)
        return
    assert read == text
    (fault,) = faults(read, {"type": "number"}, "key")
    assert f"write {written}; expected a number" in fault
    assert yaml.safe_load(written) == float(text)


def test_other_texts_get_no_such_advice():
    for text in ("e-3", "1e", "1e-3x", "auto"):
        assert "YAML" not in next(faults(text, {"type": "number"}, "key"))
    assert "YAML" not in next(faults("1e3", {"type": "string", "pattern": "^[a-z]+$"}, "key"))

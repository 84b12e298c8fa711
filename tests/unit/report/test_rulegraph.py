"""The picture of the rules: stages, what they read, and where they are placed."""

import io
from xml.etree import ElementTree

import pytest

from spatial_mae.report import rulegraph

MERMAID = """---
title: DAG
---
flowchart TB
	id0[all]
	id1[plot]
	id2[solve]
	id3[load]
	id4[check]
	style id0 fill:#D95757,stroke-width:2px,color:#333333
	id1 --> id0
	id2 --> id1
	id3 --> id1
	id3 --> id2
	id4 --> id1
"""
STAGES = {"load": "data", "solve": "linear", "check": "theory", "plot": "figures"}


def test_rules_and_what_they_read():
    graph = rulegraph.read_graph(MERMAID)
    assert graph["plot"] == {"solve", "load", "check"} and graph["load"] == set()


def test_a_text_without_rules_is_an_error():
    with pytest.raises(ValueError, match="rulegraph mermaid-js"):
        rulegraph.read_graph("digraph snakemake_dag {}")


def test_what_is_read_through_another_stage_has_no_arrow():
    between = rulegraph.graph_of_stages(rulegraph.read_graph(MERMAID), STAGES)
    assert between["figures"] == {"linear", "theory"}
    assert between["linear"] == {"data"}


def test_every_stage_is_above_those_that_read_it():
    between = rulegraph.graph_of_stages(rulegraph.read_graph(MERMAID), STAGES)
    assert rulegraph.layers(between) == [["data"], ["linear", "theory"], ["figures"]]


def test_the_picture_is_svg_with_all_rules(tmp_path, monkeypatch):
    (tmp_path / "all.smk").write_text("rule load:\nrule solve:\nrule check:\nrule plot:\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(MERMAID))
    rulegraph.main([str(tmp_path), str(tmp_path / "graph.svg")])
    texts = ElementTree.parse(tmp_path / "graph.svg").iter("{http://www.w3.org/2000/svg}text")
    assert [t.text for t in texts] == ["all.smk", "load", "solve", "check", "plot"]

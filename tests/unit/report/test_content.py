from pathlib import Path

import pytest
import yaml

from spatial_mae.files import write_json
from spatial_mae.report import advice
from spatial_mae.report.content import read_datasets, read_experiments, scale_of, warnings
from spatial_mae.study import relations
from spatial_mae.study.configuration import checked


@pytest.fixture
def whole(generated):
    """The merged config of all experiments on generated data."""
    return checked(generated)


def test_the_scale_names_data_networks_and_the_papers(whole, tmp_path):
    data = {"dataset": "a", "n_train": 5000, "height": 32, "width": 16, "concerns": True}
    scale = scale_of(whole, [data, data | {"dataset": "lent", "concerns": False}], tmp_path)
    assert scale["data"] == "a (5,000 images of 32 × 16)"
    assert scale["networks"] == "10 pretrained, width 48, 3 or 4 epochs"
    assert "2000 epochs" in scale["papers"] and "ImageNet-1k" in scale["papers"]


def test_the_scale_counts_the_networks_behind_advice(whole, tmp_path, monkeypatch):
    """Two of advice, one of which an experiment trains to its last epoch, too."""
    *_, dataset, model, training, run, _ = Path(relations.weights(whole)[0]).parts
    networks = {(dataset, model, training, run): 1, (dataset, model, training, "other"): 7}
    monkeypatch.setattr(advice, "networks", lambda config, study: networks)
    asked = whole | {"advise": {"dataset": dataset}}
    scale = scale_of(asked, [], tmp_path)
    assert scale["networks"] == "11 pretrained, width 48, 3 or 4 or 7 epochs"
    alone = scale_of(asked | {"experiments": []}, [], tmp_path)
    assert alone["networks"] == "2 pretrained, width 48, 1 or 7 epochs"


def test_a_study_without_networks_says_so(whole, tmp_path):
    none = whole | {"experiments": []}
    assert scale_of(none, [], tmp_path)["networks"] == "none trained"
    searched = scale_of(none | {"tune": {"dataset": "a"}}, [], tmp_path)
    assert searched["networks"] == "none trained for experiments"


def test_data_sets_that_only_lend_test_images_are_known(whole, tmp_path):
    for name in whole["datasets"]:
        write_json(tmp_path / "data" / name / "manifest.json", {"dataset": name})
    concerns = {data["dataset"]: data["concerns"] for data in read_datasets(whole, tmp_path)}
    assert concerns["dead_leaves"] and not concerns["dead_leaves_hazy"]


def test_warnings_on_lent_test_images_do_not_concern_the_findings():
    used = {"dataset": "a", "concerns": True, "warnings": ["few"], "unreadable": ["x", "y"]}
    lent = {"dataset": "b", "concerns": False, "warnings": ["singular"], "unreadable": []}
    unread = "2 unreadable files were left out; the manifest names them"
    assert warnings([used, lent], concerning=True) == [("a", "few"), ("a", unread)]
    assert warnings([used, lent], concerning=False) == [("b", "singular")]


def test_an_experiment_links_to_its_table_if_it_is_there(study):
    config = yaml.safe_load((study / "mini" / "config.yaml").read_text())
    row = {"name": "a", "kind": "autocorrelation", "datasets": ["leaves"], "runs": 2}
    assert read_experiments(config, study / "mini") == [row | {"table": "tables/a.csv"}]
    assert read_experiments(config, study) == [row | {"table": None}]

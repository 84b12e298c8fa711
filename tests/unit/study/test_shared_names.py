"""Studies that are run in one folder share what they name alike."""

import json

import yaml

from spatial_mae.study import configuration, relations
from spatial_mae.study.schema import completed

KNOWN = {"cifar10", "my_images"}  # kept overlays, and the page on the advisor, use these names


def test_a_data_set_of_one_name_is_one_in_all_studies_or_the_page_says_so(project):
    base = yaml.safe_load((project / "config.yaml").read_text())
    definitions: dict[str, set[str]] = {}
    for path in sorted((project / "workflow/studies").glob("*.yaml")):
        config = completed(configuration.merged(base, yaml.safe_load(path.read_text())))
        for name in relations.used_datasets(config):
            text = json.dumps(config["datasets"][name], sort_keys=True)
            definitions.setdefault(name, set()).add(text)
    assert {name for name, found in definitions.items() if len(found) > 1} == KNOWN
    page = (project / "docs/studies.md").read_text()
    assert all(f"`{name}` (" in page for name in KNOWN)

"""The merged config of a study, written next to its results."""

import json

import yaml

from spatial_mae.entry_point import Namespace, entry_point, paths, values
from spatial_mae.files import sealed_path


@entry_point(values(str, json="the merged config (JSON)"), paths(config="file to write (.yaml)"))
def main(given: Namespace) -> None:
    config = json.loads(given.json)
    with sealed_path(given.config) as temporary:
        temporary.write_text(yaml.safe_dump(config, sort_keys=False, width=100), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The merged config of a study, written next to its results."""

import json

import yaml

from spatial_mae.entry_point import Namespace, entry_point, paths, values
from spatial_mae.files import write_text


@entry_point(values(str, json="the merged config (JSON)"), paths(config="file to write (.yaml)"))
def main(given: Namespace) -> None:
    config = json.loads(given.json)
    write_text(given.config, yaml.safe_dump(config, sort_keys=False, width=100))


if __name__ == "__main__":
    main()

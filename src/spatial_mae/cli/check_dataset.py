"""Whether a prepared data set has what the study asks of it: all misfits at once."""

import json

from spatial_mae.entry_point import Namespace, entry_point, reads, values
from spatial_mae.files import read_json
from spatial_mae.study.data_fit import count_remarks, data_misfits


@entry_point(
    values(str, name="name of the data set", demands="what is measured on it (JSON)"),
    reads(manifest="manifest.json of the data"),
)
def main(given: Namespace) -> None:
    config, manifest = json.loads(given.demands), read_json(given.manifest)
    found = data_misfits(config, given.name, manifest)
    if found:
        lines = "".join(f"\n- {line}" for line in found)
        raise ValueError(f"data set {given.name!r} does not fit the study:{lines}")
    given.notes["fewer_images"] = count_remarks(config, given.name, manifest)
    for remark in given.notes["fewer_images"]:
        print(f"warning: data set {given.name!r}: {remark}")
    print(f"{given.name}: has what the study asks of it")


if __name__ == "__main__":
    main()

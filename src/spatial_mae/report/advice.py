"""The advice on patch size and mask ratio at the head of the report of one's own images."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from spatial_mae.files import read_json

OWN = ("image_folder", "array_file")  # sources of the user's own images


def read_advice(config: Mapping, study: Path) -> dict | None:
    """What was advised, with `page`, its address; None if the study asks for no advice.

    study: the study's folder in results. Raises FileNotFoundError if the advice is not there.
    """
    if not config.get("advise"):
        return None
    path = study / "advise" / "advice.json"
    if not path.is_file():
        raise FileNotFoundError(f"no {path}; run `snakemake --cores all advise` first")
    return {**read_json(path), "page": "advise/advice.html"}


def how_to_ask(config: Mapping) -> str:
    """The command that advises on the user's images, "" if it was given or there are none.

    At the size that the study has them in; files of arrays keep their own.
    """
    if config.get("advise"):
        return ""
    for data in config.get("datasets", {}).values():
        if data.get("source") in OWN:
            words = ["make", "advise", f"IMAGES={data['root']}", "BUDGET=30min"]
            words += [f"SIZE={'x'.join(map(str, data['size']))}"] if data.get("size") else []
            return shlex.join(words)
    return ""

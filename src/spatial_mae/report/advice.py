"""The advice on patch size and mask ratio at the head of the report of one's own images."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from spatial_mae.files import read_json
from spatial_mae.study import advising

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


def networks(config: Mapping, study: Path) -> dict[tuple[str, ...], int]:
    """The networks behind the advice, each with the last epoch that it was trained to.

    They are named by data set, model, recipe of pretraining and the whole run's slug. study: the
    study's folder in results, which holds what the rungs keep. Raises ValueError if one of these
    files, perhaps edited, keeps what the images do not admit.
    """
    names = ("look", *advising.RUNGS)
    look, patches, masks = (advising.read(study / "advise" / f"{name}.json") for name in names)
    tables = advising.rung_scores(config, "patches", look, look)
    tables += advising.rung_scores(config, "masks", patches, look)
    tables += advising.final_scores(config, masks, look)
    found: dict[tuple[str, ...], int] = {}
    for path in tables:
        dataset, model, training, run = Path(path).parts[-5:-1]
        network = (dataset, model, training, advising.base(run))
        epoch = advising.last_epoch(config, training, run)
        found[network] = max(found.get(network, 0), epoch)
    return found


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

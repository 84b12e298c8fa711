"""A study's tables as a folder of text, small enough to be kept with the code.

docs/archives/{study} holds what docs quote: `tables/` (gzip where large), `config.yaml`,
`claims.json`, and `record.json`: what computed them, on which data. Docs are redrawn from it.
"""

import csv
import gzip
import io
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import yaml

from spatial_mae.claims.judging import judge_all
from spatial_mae.files import Row, atomic_path, read_columns, read_json, write_json
from spatial_mae.sharing.agreement import refuse_mixed
from spatial_mae.sharing.members import quoted_files
from spatial_mae.sharing.packing import origin, written_config
from spatial_mae.study import relations, sources
from spatial_mae.study.grid import expand, text_of
from spatial_mae.tables.collecting import told
from spatial_mae.tables.reading import read_table
from spatial_mae.tables.rows import unique

DIGITS = 6  # significant ones of a number
LARGE = 200_000  # bytes of text from which a table is compressed
SOLVED = "/solution.record.json"
OF_DATASETS = ("source", "n_train", "n_test", "height", "width", "channels", "pixels", "licence")


class Archive:
    """A kept study: `config`, `claims` (by statement), `record`, and its tables."""

    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError if `folder` holds no kept study."""
        if not (folder / "config.yaml").is_file():
            kept = sorted(path.parent.name for path in folder.parent.glob("*/config.yaml"))
            raise FileNotFoundError(f"no study is kept in {folder}; there are {', '.join(kept)}")
        self.folder = folder
        self.config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        self.kinds = {entry["name"]: entry["kind"] for entry in self.config["experiments"]}
        self._tables: dict[str, list[Row]] = {}

    @property
    def claims(self) -> dict[str, dict]:
        return {claim["id"]: claim for claim in read_json(self.folder / "claims.json")}

    @property
    def record(self) -> dict:
        return read_json(self.folder / "record.json")

    def table(self, experiment: str) -> list[Row]:
        """The rows of an experiment; ValueError, naming those there are, without such a one."""
        if experiment not in self.kinds:
            names = ", ".join(self.kinds)
            raise ValueError(f"{self.folder} has no experiment {experiment!r}; it has {names}")
        if experiment not in self._tables:
            normalised = relations.normalised_recipes(self.config)
            rows = self._read(experiment)  # older tables do not say it
            self._tables[experiment] = [{**told(row, normalised), **row} for row in rows]
        return self._tables[experiment]

    def named(self, kind: str) -> list[str]:
        """The experiments of a kind."""
        return [name for name, known in self.kinds.items() if known == kind]

    def has(self, experiment: str) -> bool:
        """Whether the table of an experiment is there."""
        return any(path.is_file() for path in self._paths(experiment))

    def _paths(self, experiment: str) -> tuple[Path, Path]:
        """Of its table, and of the same compressed."""
        plain = self.folder / f"tables/{experiment}.csv"
        return plain, plain.with_suffix(".csv.gz")

    def _read(self, experiment: str) -> list[Row]:
        kind = self.kinds[experiment]
        plain, packed = self._paths(experiment)
        if plain.is_file():
            return read_table(plain, kind)
        with tempfile.TemporaryDirectory() as folder:
            unpacked = Path(folder) / plain.name
            unpacked.write_bytes(gzip.decompress(packed.read_bytes()))
            return read_table(unpacked, kind)

    def judged(self) -> list[dict]:
        """The verdicts on all statements, from the kept tables."""
        tables: dict[str, list[Row]] = {}
        for name, kind in self.kinds.items():
            tables.setdefault(kind, []).extend(self.table(name))
        return judge_all({kind: unique(rows) for kind, rows in tables.items()})


def keep(study: str, folder: Path, archives: Path) -> Archive:
    """Write the finished `study` below `folder` (which holds `results/`) to `archives`/{study}.

    Numbers are rounded to `DIGITS`, and verdicts are those of the rounded tables. A hand-written
    `overlay.yaml` there stays.

    Raises FileNotFoundError if the study has not been run to its end; ValueError if a data set's
    `root:` is a place of one machine, tables are of other runs than the config asks for or were
    made from other files than are there now, or rounding changes a verdict.
    """
    config = written_config(study, folder)
    _refuse_places(config)
    files = quoted_files(config, folder)
    refuse_mixed(config, folder)
    archives.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archives, prefix=".new-") as new:
        fresh = Path(new) / study
        _write(fresh, config, folder)
        write_json(fresh / "record.json", _record(config, folder, files), sealed=False)
        refuse_other_runs(Archive(fresh))
        claims = Archive(fresh).judged()
        _refuse_other_verdicts(claims, read_json(folder / f"results/{study}/claims.json"))
        write_json(fresh / "claims.json", claims, sealed=False)
        _replace(archives / study, fresh)
    return Archive(archives / study)


def judge_again(archives: Path) -> list[str]:
    """Renew the verdicts of kept studies that differ from what their tables give; their names.

    They differ after a change of a statement or of its judge.
    """
    changed = []
    for folder in sorted(path.parent for path in archives.glob("*/config.yaml")):
        archive = Archive(folder)
        claims = archive.judged()
        if claims != list(archive.claims.values()):
            write_json(folder / "claims.json", claims, sealed=False)
            changed.append(folder.name)
    return changed


def _write(fresh: Path, config: Mapping, folder: Path) -> None:
    """The rounded tables and the config of a finished study."""
    results = folder / f"results/{config['study']}"
    (fresh / "tables").mkdir(parents=True)
    for entry in config["experiments"]:
        table = f"{entry['name']}.csv"
        _write_table(results / "tables" / table, fresh / "tables" / table)
    shutil.copyfile(results / "config.yaml", fresh / "config.yaml")


def _replace(kept: Path, fresh: Path) -> None:
    """Move what is in `fresh` to `kept`; other files there stay, old tables do not."""
    kept.mkdir(exist_ok=True)
    shutil.rmtree(kept / "tables", ignore_errors=True)
    for path in fresh.iterdir():
        path.replace(kept / path.name)


def rounded(text: str) -> str:
    """A cell with at most `DIGITS` significant digits, where it is a number with more."""
    try:
        return repr(float(f"{float(text):.{DIGITS}g}")) if {".", "e"} & set(text) else text
    except ValueError:
        return text


def _write_table(source: Path, target: Path) -> None:
    cells = {name: map(rounded, column) for name, column in read_columns(source).items()}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(cells)
    writer.writerows(zip(*cells.values(), strict=True))
    content = text.getvalue().encode()
    if len(content) >= LARGE:
        target, content = target.with_suffix(".csv.gz"), gzip.compress(content, mtime=0)
    with atomic_path(target) as temporary:
        temporary.write_bytes(content)


def _record(config: Mapping, folder: Path, files: Sequence[str]) -> dict:
    """What computed the tables, and from which images."""
    records = [read_json(folder / path) for path in files if path.endswith("record.json")]
    records = [record for record in records if "seconds" in record]
    names = relations.used_datasets(config)
    manifests = {name: read_json(folder / f"results/data/{name}/manifest.json") for name in names}
    return {
        "study": config["study"],
        "started": min(record["started"] for record in records),
        **origin(records),
        "python": sorted({record["python"] for record in records}),
        "device": sorted({record["device"] for record in records}),
        "vector_instructions": np.show_config(mode="dicts")["SIMD Extensions"]["found"],
        "jobs": len(records),
        "seconds": round(sum(record["seconds"] for record in records)),
        "datasets": {name: _described(manifest) for name, manifest in manifests.items()},
        **held_out_losses(folder, files),
    }


def held_out_losses(folder: Path, files: Sequence[str]) -> dict:
    """Of closed forms without matrices: loss over the weight of the stationary covariance."""
    solved = {path: read_json(folder / path) for path in files if path.endswith(SOLVED)}
    losses = {
        str(PurePosixPath(path).parent.relative_to("results/linear")): record["held_out_losses"]
        for path, record in solved.items()
        if "held_out_losses" in record
    }
    return {"held_out_losses": losses} if losses else {}


def _described(manifest: Mapping) -> dict:
    files = {name: known["sha256"] for name, known in manifest["files"].items()}
    return {name: manifest[name] for name in OF_DATASETS} | {"sha256": files}


def _refuse_places(config: Mapping) -> None:
    for name in relations.used_datasets(config):
        root = sources.root(config, name)
        if root is not None and PurePosixPath(root).is_absolute():
            raise ValueError(
                f"data set {name!r} has root {root!r}, a folder of this machine that readers do "
                "not have; link it into the working folder and give the relative path"
            )


def refuse_other_runs(archive: Archive) -> None:
    """Raises ValueError if a table's runs are not those that the archive's config asks for."""
    for entry in archive.config["experiments"]:
        runs = expand(entry)
        asked, found = (
            {", ".join(f"{key} {text_of(one[key])}" for key in runs[0]) for one in each}
            for each in (runs, archive.table(entry["name"]))
        )
        if asked != found:
            raise ValueError(
                f"table {entry['name']!r} is not of its config's runs: {len(asked - found)} of "
                f"{len(asked)} are missing and {len(found - asked)} are others, for example "
                f"{min(asked ^ found)}; run the study again with its own config"
            )


def _refuse_other_verdicts(rounded: Sequence[Mapping], exact: Sequence[Mapping]) -> None:
    before = {claim["id"]: claim["verdict"] for claim in exact}
    changed = [c["id"] for c in rounded if c["verdict"] != before.get(c["id"])]
    if changed:
        raise ValueError(
            f"verdicts on {', '.join(changed)} differ between the tables and the same rounded to "
            f"{DIGITS} digits; judge the study again if the rules have changed, or raise DIGITS"
        )

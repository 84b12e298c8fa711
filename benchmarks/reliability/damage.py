"""Result files are truncated, or one bit of them is flipped, and the jobs that read them run again.

Each is noticed (an error that names the file), harmless (the same results), or a fault.
"""

import contextlib
import importlib
import io
import json
import random
import runpy
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.reliability import study
from benchmarks.timing import ROOT

NUMBER = 240
COLUMNS = ("number", "file", "kind", "damage", "consumer", "outcome", "words")
NAMED, HARMLESS = "named", "harmless"
SILENT, UNNAMED = "other results", "an error without its name"
UNREAD_NAMES = (".pdf", ".html", ".md", ".tsv", ".log", "status.json", "history.csv", "lock")
IN_REPORTS = ("record.json", "manifest.json")
# Lines that differ in two reports of the same results: when they were written, by what command.
BY_ITSELF = (">This page written<", ">Commit<", "<p><code>")


@dataclass(frozen=True)
class Job:
    """A finished job: its rule, its command line behind the program, the files that it read."""

    rule: str
    words: tuple[str, ...]
    inputs: tuple[str, ...]

    def reads(self, file: str) -> bool:
        """Whether `file` is an input, in a folder that is one, or of a data set that is one."""
        data = f"{Path(file).parent}/manifest.json"
        if self.rule == "prepare_dataset" or file in self.written():
            return False
        if self.rule == "write_report":
            return file.endswith(IN_REPORTS) or "/figures/" in file or file in self.inputs
        folders = [word for word in self.words if word.endswith("checkpoints")]
        if self.rule == "pretrain_mae":
            folders = []  # it writes them
        return (
            file in self.inputs
            or any(file.startswith(f"{folder}/") for folder in folders)
            or (file.endswith(".npy") and data in self.inputs and self.rule != "check_dataset")
        )

    def written(self) -> list[str]:
        """Files and folders named on the command line that are no inputs; not the run's record."""
        names = [w for w in self.words if w.startswith("results/") and w not in self.inputs]
        return [w for w in names if not w.endswith("record.json") and "/state" not in w]


def run(out: Path, number: int, seed: int) -> bool:
    """Damage `number` files that jobs read, drawn evenly from the kinds of files that there are."""
    log = study.Log(out / "damage.csv", COLUMNS)
    whole, folder = study.undisturbed(out), out / "damaged"
    if not folder.exists():
        shutil.copytree(whole, folder)
    jobs = list(finished_jobs(whole))
    files = by_kind(whole)
    for kind, names in files.items():
        files[kind] = [name for name in names if readers(jobs, name)]
        print(f"{kind}: {len(files[kind])} of {len(names)} files are read by jobs", flush=True)
    for index in range(len(log.rows()), number):
        draw = random.Random(f"{seed} {index}")
        kind = sorted(files)[index % len(files)]
        file = draw.choice(files[kind])
        damage = spoil(folder / file, draw)
        job = draw.choice(readers(jobs, file))
        outcome, words = attempt(folder, whole, file, job)
        restore(folder, whole, file, job)
        row = (index + 1, file, kind, damage, job.rule, outcome, words[:300])
        log.add(dict(zip(COLUMNS, row, strict=True)))
    return all(row["outcome"] in (NAMED, HARMLESS) for row in log.rows())


def finished_jobs(folder: Path) -> Iterator[Job]:
    for path in sorted(folder.glob("results/**/*record.json")):
        record = json.loads(path.read_text())
        _, program, *words = record["command"]
        yield Job(Path(program).stem, tuple(words), tuple(record["inputs"]))


def readers(jobs: Sequence[Job], file: str) -> list[Job]:
    """The jobs that read a file, or what it is the seal of."""
    return [job for job in jobs if job.reads(_sealed(file))]


def by_kind(folder: Path) -> dict[str, list[str]]:
    """Kind of file -> the files; a kind is a suffix, or the names that many folders have."""
    kinds: dict[str, list[str]] = {}
    for path in sorted(p for p in folder.glob("results/**/*") if p.is_file() and p.stat().st_size):
        name = path.relative_to(folder).as_posix()
        if name.endswith(UNREAD_NAMES) or "/logs/" in name or "/benchmarks/" in name:
            continue
        if path.name.endswith("record.json"):
            kind = "record.json"
        elif path.suffix == ".sha256":
            kind = "seal"
        elif path.suffix == ".csv" and "/tables/" in name:
            kind = "table of an experiment"
        elif path.suffix == ".csv":
            kind = "figure's numbers" if "/figures/" in name else "table of a run"
        else:
            kind = path.name if path.suffix == ".json" else path.suffix
        kinds.setdefault(kind, []).append(name)
    return kinds


def _sealed(name: str) -> str:
    """The file whose seal `name` is, or `name`."""
    path = Path(name)
    if path.suffix != ".sha256":
        return name
    return path.with_name(path.name.removeprefix(".").removesuffix(".sha256")).as_posix()


def spoil(path: Path, draw: random.Random) -> str:
    """Truncate a file, or flip one of its bits; what was done, in words."""
    content = bytearray(path.read_bytes())
    position = draw.randrange(len(content))
    if draw.random() < 0.5:
        path.write_bytes(content[:position])
        return f"{position} of {len(content)} bytes left"
    content[position] ^= 1 << draw.randrange(8)
    path.write_bytes(content)
    return f"a bit of byte {position} of {len(content)} flipped"


def attempt(folder: Path, whole: Path, file: str, job: Job) -> tuple[str, str]:
    """Run a job again where `file` is damaged; the outcome, with the error's words."""
    words = io.StringIO()
    known = Path(_sealed(file)).name
    with contextlib.chdir(folder), contextlib.redirect_stderr(words):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                importlib.import_module(f"spatial_mae.cli.{job.rule}").main(list(job.words))
        except (Exception, SystemExit) as error:
            return (NAMED if known in str(error) else UNNAMED), f"{type(error).__name__}: {error}"
    different = [
        name
        for place in job.written()
        for name in _files(whole, place)
        if name != file and not same(whole / name, folder / name)
    ]
    return (SILENT, ", ".join(different)) if different else (HARMLESS, words.getvalue())


def _files(folder: Path, place: str) -> list[str]:
    path = folder / place
    found = path.rglob("[!.]*") if path.is_dir() else [path]
    names = [p.relative_to(folder).as_posix() for p in found if p.is_file()]
    return [name for name in names if not name.endswith("record.json")]


def same(before: Path, after: Path) -> bool:
    """Whether two files hold the same results; measured times do not count."""
    if not after.exists():
        return False
    if before.suffix in (".csv", ".json"):
        content = runpy.run_path(str(ROOT / "tests/workflow/compare_studies.py"))["content"]
        return content(before) == content(after)
    if before.suffix == ".html":
        return _lines(before) == _lines(after)
    if before.suffix in (".npz", ".safetensors"):
        arrays = [_arrays(path) for path in (before, after)]
        return arrays[0].keys() == arrays[1].keys() and all(
            np.array_equal(arrays[0][k], arrays[1][k], equal_nan=arrays[0][k].dtype.kind == "f")
            for k in arrays[0]
        )
    return before.read_bytes() == after.read_bytes()


def _lines(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [line for line in lines if not any(words in line for words in BY_ITSELF)]


def _arrays(path: Path) -> Mapping[str, np.ndarray]:
    if path.suffix == ".npz":
        with np.load(path) as archive:
            return {name: archive[name] for name in archive.files}
    from safetensors.numpy import load_file

    return load_file(path)


def restore(folder: Path, whole: Path, file: str, job: Job) -> None:
    """Put back the damaged file and all that the job wrote."""
    for name in {
        file,
        *(Path(place).parent.as_posix() for place in job.written()),
    }:
        source, target = whole / name, folder / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)

"""Archives and pickles made to do harm: each is refused in words, and nothing is written or run."""

import hashlib
import io
import json
import os
import pickle
import random
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.reliability import study
from spatial_mae.data import array_file, cifar10, imagenet64, tiny_imagenet
from spatial_mae.data.pickles import read_batch
from spatial_mae.sharing.packing import FORMAT, MANIFEST, VERSION
from spatial_mae.sharing.unpacking import unpack

NUMBER = 300  # random damages of each kind of archive
COLUMNS = ("reader", "case", "tried", "refused", "same", "different", "wrong", "words")
HUGE, NAME = 1 << 44, "results/x/tables/t.csv"  # bytes declared and not there; a listed file
HARMFUL = (
    "results/../../evil",
    "/tmp/evil",
    "src/evil.py",
    "../evil",
    ".snakemake/metadata/../../e",
)
LINKS = {
    "symbolic link": tarfile.SYMTYPE,
    "hard link": tarfile.LNKTYPE,
    "character device": tarfile.CHRTYPE,
    "block device": tarfile.BLKTYPE,
    "pipe": tarfile.FIFOTYPE,
    "folder": tarfile.DIRTYPE,
}


def run(out: Path, number: int, seed: int) -> bool:
    """Try every made-up archive, then `number` damages of each kind of archive."""
    (out / "archives.csv").unlink(missing_ok=True)
    log = study.Log(out / "archives.csv", COLUMNS)
    for reader, case, tries in [*made_up(), *damaged(number, seed)]:
        log.add({"reader": reader, "case": case, **_tally(tries)})
    return all(row["wrong"] == "0" for row in log.rows())


Try = Callable[[Path], str | None]  # makes an archive in the folder and reads it


def _tally(tries: list[Try]) -> dict[str, object]:
    found = {"tried": len(tries), "refused": 0, "same": 0, "different": 0, "wrong": 0, "words": ""}
    for one in tries:
        outcome, words = outcome_of(one)
        found[outcome] += 1
        found["words"] = words or found["words"]
    return found


def outcome_of(one: Try) -> tuple[str, str]:
    """`refused` (ValueError), what `one` says of what it read, or `wrong`.

    Wrong is any other exception, a file left behind by a refusal, and harm that was read.
    """
    with tempfile.TemporaryDirectory() as name:
        outer = Path(name)
        folder = outer / "inside"
        folder.mkdir()
        try:
            outcome, words = one(folder) or "wrong", ""
        except ValueError as error:
            outcome, words = "refused", str(error).replace(str(folder), "")[:200]
        except Exception as error:
            outcome, words = "wrong", repr(error)[:200]
        left = [p for p in outer.rglob("*") if p.is_file() and p.parent != folder]
        if left and outcome in ("refused", "wrong"):
            outcome, words = "wrong", f"left {left}"
    return outcome, words


def made_up() -> Iterator[tuple[str, str, list[Try]]]:
    """Reader, what is wrong, and the tries."""
    for name in HARMFUL:
        yield "unpack_results", f"a file named {name}, listed", [_results({name: b"x"})]
    for what, kind in LINKS.items():
        yield "unpack_results", f"a {what} under a listed name", [_results({NAME: kind})]
    yield "unpack_results", "a file twice", [_results({NAME: b"x"}, twice=True)]
    yield "unpack_results", "a manifest that is a link", [_results({}, kind=tarfile.SYMTYPE)]
    yield "unpack_results", "a file larger than listed", [_results({NAME: b"x" * 10**7}, size=1)]
    yield "unpack_results", "more bytes listed than the disk has", [_results({}, size=HUGE)]
    for files in ([], {"results/x": 1}, {"results/x": {"size": "1", "sha256": None}}, "x"):
        yield "unpack_results", f"a manifest of files {files!r}", [_results({}, files=files)]
    yield "unpack_results", "a manifest of 1e5 brackets", [_results({}, text=b"[" * 10**5)]
    yield "cifar10", "a pickle that makes a file", [_cifar(TRAP)]
    yield "cifar10", "an array of 16 TB", [_cifar({"data": DECLARED})]
    for what, kind in LINKS.items():
        if what != "folder":
            yield "cifar10", f"a {what} out of its folder", [_cifar({}, kind)]
    yield "imagenet64", "a pickle that makes a file", [_imagenet(TRAP)]
    yield "imagenet64", "labels of 16 TB", [_huge_npz("labels", _read_imagenet)]
    yield "array_file", "images of 16 TB", [_huge_npz("train_images", _read_npz)]
    yield "array_file", "an array of objects", [_objects]
    for name in ("../evil", "/tmp/evil", "a/../../evil", "a\\..\\evil"):
        yield "tiny_imagenet", f"a file named {name}", [_zip({name: b"x"})]
    yield "tiny_imagenet", "2 GB of zeros in 2 MB", [_zip({"zeros": None})]


class Harmful:
    """Unpickled by `pickle.load` it calls `call` with `words`."""

    def __init__(self, call: Callable, *words: object) -> None:
        self.reduced = (call, words)

    def __reduce__(self) -> tuple:
        return self.reduced


TRAP = Harmful(os.system, "touch ../evil evil")
DECLARED = Harmful(np.empty(0).__reduce__()[0], np.ndarray, (HUGE,), b"b")


def _results(
    members: dict, twice: bool = False, kind: bytes = tarfile.REGTYPE, **manifest: object
) -> Try:
    """An archive of results; a member's value is its content, or its type in the archive."""

    def one(folder: Path) -> None:
        contents = {n: v if v not in LINKS.values() else b"" for n, v in members.items()}
        listed = {
            name: {"sha256": hashlib.sha256(value).hexdigest(), "size": len(value)}
            for name, value in (contents or {NAME: b""}).items()
        }
        if "size" in manifest:
            listed[NAME]["size"] = manifest["size"]
        files = manifest.get("files", listed)
        whole = {"format": FORMAT, "version": VERSION, "study": "x", "files": files}
        text = json.dumps(whole | {"commits": [], "versions": {}}).encode()
        with tarfile.open(folder / "a.tar.gz", "w:gz") as tar:
            _add(tar, MANIFEST, manifest.get("text", text), kind)
            for name, content in [*contents.items()] * (1 + twice):
                value = members[name]
                _add(tar, name, content, value if value in LINKS.values() else tarfile.REGTYPE)
        (folder / "checkout").mkdir()
        unpack(folder / "a.tar.gz", folder / "checkout")

    return one


def _add(tar: tarfile.TarFile, name: str, content: bytes, kind: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, "/etc/passwd" if kind != tarfile.REGTYPE else ""
    entry.size = len(content) if kind == tarfile.REGTYPE else 0
    tar.addfile(entry, io.BytesIO(content))


def _cifar(value: object, kind: bytes | None = None) -> Try:
    """CIFAR-10's archive whose batches hold `value`, with a member of `kind` more."""

    def one(folder: Path) -> None:
        path = folder / "a.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name in cifar10.MEMBERS:
                _add(tar, f"{cifar10.FOLDER}/{name}", pickle.dumps(value), tarfile.REGTYPE)
            if kind:
                _add(tar, f"{cifar10.FOLDER}/../../evil", b"", kind)
        read_cifar(path)

    return one


def read_cifar(path: Path) -> object:
    """Every batch; the official checksum is not asked for."""
    recipe, rng = cifar10.Cifar10(), np.random.default_rng(0)
    prepared = cifar10.prepare(recipe, None, path, rng, md5=None)
    return [list(split) for split in prepared.splits.values()]


def _imagenet(value: object) -> Try:
    def one(folder: Path) -> None:
        (folder / "train_data_batch_1").write_bytes(pickle.dumps(value))
        list(imagenet64._pickle_rows(folder / "train_data_batch_1"))

    return one


def _read_imagenet(path: Path) -> object:
    return list(imagenet64._array_rows(path))


def _read_npz(path: Path) -> object:
    recipe = array_file.ArrayFile(pixels="p", licence="l", classes=None)
    prepared = array_file.prepare(recipe, path, None, np.random.default_rng(0))
    return [list(split) for split in prepared.splits.values()]


def _huge_npz(name: str, read: Callable[[Path], object]) -> Try:
    def one(folder: Path) -> None:
        header = io.BytesIO()
        description = {"descr": "|u1", "fortran_order": False, "shape": (HUGE,)}
        np.lib.format.write_array_header_1_0(header, description)
        with zipfile.ZipFile(folder / "a.npz", "w") as archive:
            archive.writestr(f"{name}.npy", header.getvalue())
        read(folder / "a.npz")

    return one


def _objects(folder: Path) -> None:
    np.savez(folder / "a.npz", train_images=np.array([TRAP], dtype=object))
    _read_npz(folder / "a.npz")


def _zip(members: dict) -> Try:
    def one(folder: Path) -> None:
        with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as file:
                    for _ in range(1 if content else 2100):
                        file.write(content or bytes(10**6))
        tiny_imagenet.verified_names(folder / "a.zip")

    return one


def _batch(folder: Path) -> Path:
    content = pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 1]}, 2)
    (folder / "batch").write_bytes(content)
    return folder / "batch"


def _read_batch(path: Path) -> object:
    with path.open("rb") as file:
        return read_batch(file, path.name)


def _arrays(folder: Path) -> Path:
    images = np.zeros((2, 4, 4, 3), np.uint8)
    np.savez_compressed(folder / "a.npz", train_images=images, test_images=images)
    return folder / "a.npz"


def _rows(folder: Path) -> Path:
    np.savez_compressed(folder / "b.npz", data=np.zeros((4, 12288), "u1"), labels=[1, 2, 3, 4])
    return folder / "b.npz"


def _images(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny-imagenet-200/wnids.txt", "n1\nn2\n" * 20)
    return folder / "a.zip"


def _packed(folder: Path) -> Path:
    _results({NAME: b"a,b\n1,2\n"})(folder)
    shutil.rmtree(folder / "checkout")
    return folder / "a.tar.gz"


def _unpacked(path: Path) -> object:
    (path.parent / "checkout").mkdir()
    return unpack(path, path.parent / "checkout")


SOUND = {
    "a pickled batch": (_batch, _read_batch),
    "array_file": (_arrays, _read_npz),
    "imagenet64": (_rows, _read_imagenet),
    "tiny_imagenet": (_images, tiny_imagenet.verified_names),
    "unpack_results": (_packed, _unpacked),
}


def damaged(number: int, seed: int) -> Iterator[tuple[str, str, list[Try]]]:
    """Sound archives with one byte changed, or cut."""
    for name, (make, read) in SOUND.items():
        draw = random.Random(f"{seed} {name}")
        tries = [_with_damage(make, read, draw.random(), draw.random()) for _ in range(number)]
        yield name, "one byte changed, or cut", tries


def _with_damage(make: Callable, read: Callable, place: float, how: float) -> Try:
    def one(folder: Path) -> str:
        path = make(folder)
        sound = pickle.dumps(read(path))
        shutil.rmtree(folder / "checkout", ignore_errors=True)
        content = bytearray(path.read_bytes())
        position = int(place * len(content))
        if how < 0.3:
            content = content[:position]
        else:
            content[position] = int((how - 0.3) / 0.7 * 256)
        path.write_bytes(content)
        return "same" if pickle.dumps(read(path)) == sound else "different"

    return one

"""Everything is checked before anything is put in place."""

import gzip
import io
import json
import tarfile

import pytest
from toy_study import RESULTS, metadata_file

from spatial_mae.files import check, write_seal, write_text
from spatial_mae.sharing.packing import MANIFEST, pack
from spatial_mae.sharing.unpacking import unpack

TABLE = "results/small/tables/psd.csv"


@pytest.fixture
def archive(study, tmp_path):
    path = tmp_path / "small.tar.gz"
    pack("small", study, path)
    return path


@pytest.fixture
def reader(tmp_path):
    """An empty checkout."""
    folder = tmp_path / "reader"
    folder.mkdir()
    return folder


def test_what_comes_out_is_what_went_in(archive, study, reader):
    manifest = unpack(archive, reader, "small")
    assert manifest["files"]
    for name in manifest["files"]:
        assert (reader / name).read_bytes() == (study / name).read_bytes()
    assert (reader / ".snakemake/incomplete").is_dir()
    assert not list(reader.glob(".unpack-*"))


def test_no_file_is_newer_than_another(archive, reader):
    manifest = unpack(archive, reader)
    assert len({(reader / name).stat().st_mtime_ns for name in manifest["files"]}) == 1


def test_what_is_there_and_the_same_keeps_its_time_and_bookkeeping(archive, study, reader):
    for name in (RESULTS[0], metadata_file(RESULTS[0])):
        (reader / name).parent.mkdir(parents=True)
        (reader / name).write_bytes((study / name).read_bytes())
    (reader / metadata_file(RESULTS[0])).write_text("this checkout's own")
    before = (reader / RESULTS[0]).stat().st_mtime_ns
    unpack(archive, reader)
    assert (reader / RESULTS[0]).stat().st_mtime_ns == before
    assert (reader / metadata_file(RESULTS[0])).read_text() == "this checkout's own"


MANIFEST_HERE, ARRAY = "results/data/leaves/manifest.json", "results/data/leaves/train.npy"
SCORES = "results/linear/leaves/psd_one.csv"


@pytest.mark.parametrize("array_is_there", [True, False])
def test_bookkeeping_of_outputs_that_are_gone_is_replaced(archive, study, reader, array_is_there):
    """The manifest is here and the same, the scores were deleted; the array is not shared."""
    (reader / ARRAY).parent.mkdir(parents=True)
    (reader / MANIFEST_HERE).write_bytes((study / MANIFEST_HERE).read_bytes())
    if array_is_there:
        (reader / ARRAY).write_text("mine")
    for output in (MANIFEST_HERE, ARRAY, SCORES):
        (reader / metadata_file(output)).parent.mkdir(parents=True, exist_ok=True)
        (reader / metadata_file(output)).write_text("this checkout's own")
    unpack(archive, reader)
    own = {
        output: (reader / metadata_file(output)).read_text() == "this checkout's own"
        for output in (MANIFEST_HERE, ARRAY, SCORES)
    }
    assert own == {MANIFEST_HERE: True, ARRAY: array_is_there, SCORES: False}
    for output in (output for output, stays in own.items() if not stays):
        name = metadata_file(output)
        assert (reader / name).read_bytes() == (study / name).read_bytes()
    assert (reader / SCORES).read_bytes() == (study / SCORES).read_bytes()


def test_other_results_are_not_overwritten_unless_forced(archive, study, reader):
    (reader / TABLE).parent.mkdir(parents=True)
    (reader / TABLE).write_text("mine")
    with pytest.raises(FileExistsError, match=f"other results: {TABLE}; .*--folder.*--force"):
        unpack(archive, reader)
    assert [p for p in reader.rglob("*") if p.is_file()] == [reader / TABLE]
    unpack(archive, reader, force=True)
    assert (reader / TABLE).read_bytes() == (study / TABLE).read_bytes()


def rewritten(archive, change):
    """Pass each member's (name, content) through `change` into a new archive of the same name."""
    with tarfile.open(archive) as tar:
        members = [(m.name, tar.extractfile(m).read()) for m in tar]
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in change(members):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def in_manifest(**values):
    """A change of the manifest's keys."""

    def change(members):
        manifest = json.loads(members[0][1]) | values
        return [(MANIFEST, json.dumps(manifest).encode()), *members[1:]]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: [(n, c + b"x" if n == TABLE else c) for n, c in m], f"another {TABLE} than"),
        (lambda m: [(n, c) for n, c in m if n != TABLE], f"lacks 1 of its files, first {TABLE}"),
        (lambda m: [*m, ("results/../../evil", b"")], "unexpected 'results/../../evil'"),
        (lambda m: [*m, ("src/spatial_mae/grid.py", b"")], "unexpected 'src/spatial_mae/grid.py'"),
        (lambda m: m[1:], "its first file is not our MANIFEST.json"),
        (in_manifest(format="other"), "its first file is not our MANIFEST.json"),
        (in_manifest(version=99), "has format version 99, this code reads 1"),
        (in_manifest(study="paper"), "holds the study 'paper', not 'small'"),
        (lambda m: [(MANIFEST, b"{"), *m[1:]], "unreadable MANIFEST.json"),
    ],
)
def test_a_changed_archive_leaves_nothing(archive, reader, change, message):
    rewritten(archive, change)
    with pytest.raises(ValueError, match=message):
        unpack(archive, reader, "small")
    assert list(reader.iterdir()) == []


@pytest.mark.parametrize("spoil", [lambda b: b[: len(b) // 2], lambda b: b"PK" + b])
def test_a_cut_or_foreign_file_leaves_nothing(archive, reader, spoil):
    archive.write_bytes(spoil(archive.read_bytes()))
    with pytest.raises(ValueError, match="is damaged: it cannot be read to its end"):
        unpack(archive, reader)
    assert list(reader.iterdir()) == []


def test_a_flipped_bit_is_found(archive, reader):
    plain = bytearray(gzip.decompress(archive.read_bytes()))
    plain[plain.index(b"content of " + TABLE.encode())] ^= 1
    archive.write_bytes(gzip.compress(bytes(plain)))
    with pytest.raises(ValueError, match=TABLE):
        unpack(archive, reader)
    assert list(reader.iterdir()) == []


def test_missing_archive_and_folder_are_named(archive, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no archive .*none\.tar\.gz"):
        unpack(tmp_path / "none.tar.gz", tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder .*nowhere"):
        unpack(archive, tmp_path / "nowhere")


def test_what_is_unpacked_is_sealed_also_in_place_of_other_results(archive, study, reader):
    write_text(reader / TABLE, "mine")
    write_seal(reader / TABLE, "0" * 64)
    manifest = unpack(archive, reader, force=True)
    for name in manifest["files"]:
        check(reader / name)
    (reader / TABLE).write_text("edited")
    with pytest.raises(ValueError, match="psd.csv is not what was written there"):
        check(reader / TABLE)

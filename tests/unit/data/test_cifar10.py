"""CIFAR-10's archive, made in miniature: same names, same pickles, other checksums."""

import hashlib
import io
import pickle
import tarfile

import numpy as np
import pytest

from spatial_mae.data import cifar10


def batch(seed, n=6):
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 256, (n, 3072), dtype=np.uint8)
    return {b"data": data, b"labels": rng.integers(0, 10, n).tolist()}


def write_archive(path, extra=None, leave_out=()):
    with tarfile.open(path, "w:gz") as tar:
        for seed, name in enumerate(cifar10.MEMBERS):
            if name not in leave_out:
                content = pickle.dumps(batch(seed), protocol=2)
                member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        for member in extra or ():
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return hashlib.md5(path.read_bytes()).hexdigest()


def read(prepared):
    return {
        split: [np.concatenate([getattr(b, k) for b in parts]) for k in ("images", "labels")]
        for split, parts in ((s, list(p)) for s, p in prepared.splits.items())
    }


def prepare(root=None, archive=None, **checksums):
    return cifar10.prepare(cifar10.Cifar10(), root, archive, np.random.default_rng(0), **checksums)


def test_the_archive_is_read_in_the_official_order(tmp_path):
    archive = tmp_path / cifar10.ARCHIVE.name
    md5 = write_archive(archive)
    for prepared in (prepare(archive=archive, md5=md5), prepare(root=tmp_path, md5=md5)):
        splits = read(prepared)
        assert splits["train"][0].shape == (30, 32, 32, 3) and len(prepared.classes) == 10
        expected = np.concatenate([batch(seed)[b"data"] for seed in range(5)])
        planes = splits["train"][0].transpose(0, 3, 1, 2).reshape(30, -1)
        np.testing.assert_array_equal(planes, expected)
        np.testing.assert_array_equal(splits["test"][1], batch(5)[b"labels"])


def test_an_unpacked_copy_is_read_and_verified(tmp_path):
    archive = tmp_path / "a.tar.gz"
    md5 = write_archive(archive)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "deep", filter="data")
    folder = tmp_path / "deep" / cifar10.FOLDER
    members = {n: hashlib.md5((folder / n).read_bytes()).hexdigest() for n in cifar10.MEMBERS}
    packed = read(prepare(archive=archive, md5=md5))
    for root in (tmp_path / "deep", folder):
        unpacked = read(prepare(root=root, members=members))
        np.testing.assert_array_equal(unpacked["train"][0], packed["train"][0])
    with pytest.raises(ValueError, match="data_batch_1 is damaged or another file: md5"):
        prepare(root=folder)
    (folder / "test_batch").unlink()
    with pytest.raises(FileNotFoundError, match="lacks test_batch"):
        prepare(root=folder, members=members)


def test_a_wrong_checksum_is_found_before_anything_is_opened(tmp_path, monkeypatch):
    archive = tmp_path / cifar10.ARCHIVE.name
    write_archive(archive)
    monkeypatch.setattr(tarfile, "open", lambda *_: pytest.fail("opened"))
    with pytest.raises(ValueError, match=f"expected {cifar10.ARCHIVE.md5}"):
        prepare(archive=archive)


def test_a_truncated_archive_is_named(tmp_path):
    archive = tmp_path / "a.tar.gz"
    write_archive(archive)
    archive.write_bytes(archive.read_bytes()[:-5000])
    md5 = hashlib.md5(archive.read_bytes()).hexdigest()
    with pytest.raises(ValueError, match="cannot be read.*download it again"):
        prepare(archive=archive, md5=md5)


def test_an_incomplete_archive_is_named(tmp_path):
    md5 = write_archive(tmp_path / "a.tar.gz", leave_out=["data_batch_3"])
    with pytest.raises(ValueError, match="lacks data_batch_3"):
        prepare(archive=tmp_path / "a.tar.gz", md5=md5)


@pytest.mark.parametrize("name", ["../data_batch_1", "/tmp/data_batch_1", "a/../../data_batch_1"])
def test_a_member_that_leaves_its_folder_is_refused(tmp_path, name):
    member = tarfile.TarInfo(name)
    member.size = 3
    if name.startswith("/"):  # the filter strips the leading slash: a harmless relative name
        member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/passwd", 0
    md5 = write_archive(tmp_path / "a.tar.gz", extra=[member])
    with pytest.raises(ValueError, match="cannot be read"):
        prepare(archive=tmp_path / "a.tar.gz", md5=md5)


def test_missing_data_says_exactly_what_to_put_where(tmp_path):
    for root in (None, tmp_path):
        with pytest.raises(FileNotFoundError) as error:
            prepare(root=root)
        for word in (cifar10.ARCHIVE.url, cifar10.ARCHIVE.md5, "cifar-10-python.tar.gz", "root:"):
            assert word in str(error.value)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        prepare(root=tmp_path / "none")

"""ZIP files of strangers: each kind of bad one is refused in its own words, and nothing is written outside."""

import errno
import io
import os
import re
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from genhub import archive
from genhub.archive import Bounds, unpack
from genhub.errors import UserError


def pack(path: Path, entries: dict[str, bytes], **options) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def known(name: str) -> bool:
    return name in ("a.txt", "b/c.txt", "big.bin")


def refused(tmp_path: Path, path: Path, bounds: Bounds | None = None) -> str:
    with pytest.raises(UserError) as caught:
        unpack(path, tmp_path / "out", bounds or Bounds(), known)
    assert caught.value.field == "file"
    outside = [place for place in tmp_path.rglob("*") if place.is_file() and place != path and tmp_path / "out" not in place.parents]
    assert not outside
    return caught.value.what


@pytest.mark.parametrize("around", ["", "my run/"])
def test_a_good_archive_is_unpacked_also_with_a_folder_around_it(tmp_path, around):
    path = pack(
        tmp_path / "a.zip", {f"{around}a.txt": b"one", f"{around}b/c.txt": b"two", "__MACOSX/._a.txt": b"x", f"{around}.DS_Store": b"y"}
    )
    assert sorted(unpack(path, tmp_path / "out", Bounds(), known)) == ["a.txt", "b/c.txt"]
    assert (tmp_path / "out" / "b" / "c.txt").read_bytes() == b"two"
    assert len([place for place in (tmp_path / "out").rglob("*") if place.is_file()]) == 2


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "b/../../a.txt", "C:a.txt", "..\\a.txt"])
def test_names_that_lead_outside(tmp_path, name):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("x")
        entry.filename = name
        archive.writestr(entry, b"x")
    assert "outside itself" in refused(tmp_path, path)


def test_links_encryption_strange_and_doubled_entries(tmp_path):
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo("a.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "link" in refused(tmp_path, path)
    plain = pack(tmp_path / "a.zip", {"a.txt": b"secret"}).read_bytes()
    directory = plain.index(b"PK\x01\x02")
    path.write_bytes(plain[: directory + 8] + struct.pack("<H", 1) + plain[directory + 10 :])
    assert "encrypted" in refused(tmp_path, path)
    assert "does not belong" in refused(tmp_path, pack(path, {"a.txt": b"x", "evil.py": b"import os"}))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.txt", b"2")
    assert "twice" in refused(tmp_path, path)


def test_bombs_and_sizes(tmp_path):
    path = tmp_path / "a.zip"
    pack(path, {"big.bin": bytes(20_000_000)})
    assert "100 times its size" in refused(tmp_path, path)
    path.unlink()
    pack(path, {"big.bin": bytes(range(256)) * 100})
    assert "too large" in refused(tmp_path, path, Bounds(entry_bytes=10_000))
    pack(path, {"a.txt": b"x" * 9_000, "b/c.txt": b"y" * 9_000})
    assert "more than 10 kB" in refused(tmp_path, path, Bounds(total_bytes=10_000))


def test_the_size_that_counts_is_the_one_that_comes_out(tmp_path):
    """The directory claims 10 bytes where 20 MB are packed."""
    data = bytearray(pack(tmp_path / "a.zip", {"big.bin": bytes(20_000_000)}).read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)
    (tmp_path / "a.zip").write_bytes(data)
    refused(tmp_path, tmp_path / "a.zip")
    assert sum(place.stat().st_size for place in (tmp_path / "out").rglob("*")) < 1_000_000


def test_too_many_entries_and_archives_inside(tmp_path):
    path = tmp_path / "a.zip"
    assert "20,000 entries" in refused(tmp_path, pack(path, {f"{number}.txt": b"" for number in range(20_000)}))
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x", b"y")
    assert "another archive" in refused(tmp_path, pack(path, {"a.txt": inner.getvalue()}))


@pytest.mark.parametrize(
    "damage",
    [lambda data: b"", lambda data: data[:-30], lambda data: b"PK\x03\x04" + b"x" * 90, lambda data: data[:40] + b"\xff\xff" + data[42:]],
)
def test_damaged_archives(tmp_path, damage):
    path = pack(tmp_path / "a.zip", {"a.txt": bytes(range(256)) * 40})
    path.write_bytes(damage(path.read_bytes()))
    assert "damaged" in refused(tmp_path, path)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_no_room_is_no_fault_of_the_archives(tmp_path, monkeypatch, number):
    def full(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(archive, "_extract", full)
    with pytest.raises(OSError, match=re.escape(os.strerror(number))):
        unpack(pack(tmp_path / "a.zip", {"a.txt": b"fine"}), tmp_path / "out", Bounds(), known)

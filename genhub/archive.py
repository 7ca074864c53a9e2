"""ZIP files of strangers, unpacked one checked entry at a time.

Nothing in the archive decides where a file goes or how much is written: names are compared with a list, sizes are counted
on the bytes that really come out. Standard library only.
"""

import contextlib
import errno
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from genhub.errors import UserError, full_disk

BLOCK = 1 << 16
RATIO_FLOOR = 100_000  # small files may be as repetitive as they like
HARMLESS = re.compile(r"(.*/)?(\.DS_Store|Thumbs\.db|desktop\.ini)|__MACOSX/.*")  # what file managers add
NESTED = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh")


@dataclass(frozen=True)
class Bounds:
    """How much an archive may hold; sizes in bytes, `ratio` is unpacked to packed."""

    entries: int = 200
    total_bytes: int = 100_000_000
    entry_bytes: int = 100_000_000
    ratio: int = 100


def unpack(path: Path, folder: Path, bounds: Bounds, wanted: Callable[[str], bool], *, strict: bool = True) -> list[str]:
    """Write the entries whose name `wanted` accepts into `folder` and return their names; any other name is refused, or with
    `strict=False` left where it is.

    One folder around everything is taken off. Raises UserError for whatever is not a plain, whole, modest archive.
    """
    with _opened(path) as archive:
        names, left = [], bounds.total_bytes
        for name, entry in _entries(archive, bounds).items():
            if not wanted(name):
                if not strict:
                    continue
                raise _refused(f"holds “{name[:80]}”, which does not belong there", "It holds what GenHub packs, and nothing else.")
            left -= _extract(archive, entry, folder / name, (bounds, left))
            names.append(name)
        return names


def peek(path: Path, name: str, most: int) -> bytes:
    """The first `most` bytes of one entry, nothing when there is none of that name. Raises UserError as `unpack` does."""
    with _opened(path) as archive:
        entry = _entries(archive, Bounds(entry_bytes=sys.maxsize)).get(name)  # nothing is unpacked
        if entry is None:
            return b""
        with archive.open(entry) as source:
            return source.read(most)


def _entries(archive: zipfile.ZipFile, bounds: Bounds) -> dict[str, zipfile.ZipInfo]:
    """The files by name, without the one folder around everything."""
    entries = _checked(archive.infolist(), bounds)
    around = _folder_around([entry.filename for entry in entries])
    return {entry.filename.removeprefix(around): entry for entry in entries}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, with its errors in our words."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, UnicodeDecodeError) as error:
        if full_disk(error) or getattr(error, "errno", None) == errno.EFBIG:  # no fault of the file's
            raise
        raise _refused(f"is damaged ({type(error).__name__})", "A whole ZIP file is needed.", "Download or pack it again.") from None
    except (NotImplementedError, RuntimeError):
        raise _refused("is packed in an unusual way", "Plain ZIP compression is read.", "Pack it again with an ordinary program.") from None


def _checked(entries: list[zipfile.ZipInfo], bounds: Bounds) -> list[zipfile.ZipInfo]:
    """The files among the entries, after a look at what the directory of the archive claims."""
    if len(entries) > bounds.entries:
        raise _refused(f"holds {len(entries):,} entries", f"At most {bounds.entries}.")
    files, seen = [], set()
    for entry in entries:
        name, kind = entry.filename, stat.S_IFMT(entry.external_attr >> 16)
        parts = name.split("/")
        if ".." in parts or name.startswith("/") or "\\" in name or ":" in name or "\0" in name:
            raise _refused(f"names a place outside itself (“{name[:80]}”)", "Entries have plain names.")
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(f"holds a link or device (“{name[:80]}”)", "Plain files only.")
        if entry.flag_bits & 0x1:
            raise _refused("is encrypted", "Without a password only.", "Pack it again without one.")
        if entry.is_dir() or HARMLESS.fullmatch(name):
            continue
        if name in seen:
            raise _refused(f"holds “{name[:80]}” twice", "Each name once.")
        if entry.file_size > bounds.entry_bytes:
            raise _too_large(name, bounds.entry_bytes)
        seen.add(name)
        files.append(entry)
    return files


def _folder_around(names: list[str]) -> str:
    """The one folder that everything lies in ("run/"), or nothing."""
    tops = {name.partition("/")[0] + "/" for name in names}
    return tops.pop() if len(tops) == 1 and all("/" in name for name in names) else ""


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path, limits: tuple[Bounds, int]) -> int:
    """Write one entry, counting; returns its size in bytes."""
    bounds, left = limits
    size = 0
    place.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, open(place, "xb") as target:
        while block := source.read(BLOCK):
            if size == 0 and block.startswith(NESTED):
                raise _refused(f"holds another archive (“{entry.filename[:80]}”)", "Archives in archives are not opened.")
            size += len(block)
            if size > bounds.entry_bytes:
                raise _too_large(entry.filename, bounds.entry_bytes)
            if size > left:
                raise _refused(f"unpacks to more than {_size(bounds.total_bytes)}", "That is the limit.")
            if size > RATIO_FLOOR and size > bounds.ratio * max(entry.compress_size, 1):
                raise _refused(f"unpacks to more than {bounds.ratio} times its size", "Such archives are made to fill disks.")
            target.write(block)
    return size


def _size(count: int) -> str:
    return f"{count / 1e6:,.0f} MB" if count >= 1e6 else f"{count / 1e3:,.0f} kB"


def _too_large(name: str, limit: int) -> UserError:
    return _refused(f"holds “{name[:80]}”, which is too large", f"At most {_size(limit)} a file.")


def _refused(how: str, limit: str, remedy: str = "Use a file that GenHub made.") -> UserError:
    return UserError(f"The ZIP file {how}.", limit, remedy, "file")

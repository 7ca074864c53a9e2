"""Files that nobody should send, and some that are odd and yet good: (bytes, endpoint, what the answer says; empty where it is accepted).

More of them, with one reader each, stand in tests/ui/test_refusals.py (TABLES, ZIPS, ADAPTERS).
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

TABLE, PAIRS, RUN, PICTURE, SET = "/read_table", "/read_pairs_file", "/open_run", "/read_picture", "/read_images_file"
PATHS = {TABLE: [[]], PAIRS: [["en", "es"], "", "", []], RUN: [], PICTURE: [], SET: [{}]}  # what stands behind the file in a call


def rows(text: Callable[[int], str], label: Callable[[int], str], count: int = 12) -> bytes:
    return ("text,label\n" + "".join(f"{text(number)},{label(number)}\n" for number in range(count))).encode()


def packed(files: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def encrypted() -> bytes:
    """A zip whose entry says that it is encrypted, in both of its headers."""
    data = bytearray(packed({"passport.json": b"{}"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def png(width: int, height: int, depth: int = 8, data: bytes | None = None) -> bytes:
    """A grey PNG of this size; its pixels are all black unless `data` is given."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    line = b"\0" * (1 + (width * depth + 7) // 8)
    body = data if data is not None else zlib.compress(line * height)
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def drawn(kind: str, mode: str = "RGB", frames: int = 1) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    images = [Image.new(mode, (20, 20), 0x5A * number) for number in range(frames)]
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(buffer, kind, **more)
    return buffer.getvalue()


MANY = {f"{number}.png": png(20, 20) for number in range(64)}
FILES: dict[str, tuple[bytes, str, str]] = {
    "long first row.csv": (b"text,label\na,b,c\nd,e\n", TABLE, "Line 2 has 3 fields"),
    "columns.csv": (b",".join(b"c%d" % number for number in range(100_001)) + b"\n", TABLE, "At most 100,000 a line"),
    "line.csv": (b"text,label\n" + b"x" * 20_000_000 + b",a\n", TABLE, "Line 2 has"),
    "no table.csv": (bytes(range(1, 256)) * 9, TABLE, "is not UTF-8"),
    "semicolons.csv": (b"text;label\na, b;c\nd;e\n", TABLE, ""),
    "nothing.csv": (rows(str, lambda number: ("None", "NA", "null")[number % 3]), TABLE, ""),
    "formulas.csv": (rows(lambda number: f"=1+{number}", lambda number: "@ab"[number % 3]), TABLE, ""),
    "cases.csv": (rows(str, lambda number: ("Good", "good", "bad")[number % 3]), TABLE, ""),
    "two labels.csv": (rows(lambda number: str(number // 2), lambda number: "ab"[number % 2]), TABLE, ""),
    "one column.tsv": (b"one\ntwo\n", PAIRS, "one column"),
    "same pairs.tsv": (b"a good day\tun buen dia\n" * 9, PAIRS, ""),
    "encrypted.zip": (encrypted(), RUN, "encrypted"),
    "nested.zip": (packed({"passport.json": b"{}", "more.zip": packed({"a": b"a"})}), RUN, "more.zip"),
    "text.zip": (b"no zip at all", RUN, "is not a ZIP file"),
    "177 megapixels.png": (png(14_000, 12_643, depth=1), PICTURE, "At most 64 million"),
    "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", PICTURE, "no PNG, JPEG or WebP"),
    "scan.tiff": (drawn("TIFF"), PICTURE, "no PNG, JPEG or WebP"),
    "phone.heic": (b"\0\0\0\x18ftypheic" + b"\0" * 200, PICTURE, "no PNG, JPEG or WebP"),
    "film.webp": (drawn("WEBP", frames=3), PICTURE, "is a film of 3 frames"),
    "cut.png": (drawn("PNG")[:-30], PICTURE, "is damaged"),
    "text.png": (b"this is a text", PICTURE, "no PNG, JPEG or WebP"),
    "dot.png": (png(1, 1), PICTURE, "At least 16"),
    "no pixels.png": (png(20, 20, data=b"\0"), PICTURE, "is damaged"),
    "16 bits.png": (png(20, 20, depth=16), PICTURE, ""),
    "print.jpg": (drawn("JPEG", "CMYK"), PICTURE, ""),
    "with a bomb.zip": (packed({**MANY, "x.png": png(14_000, 12_643, depth=1)}), SET, "pixels"),
    "array.npz": (b"PK\x03\x04" + b"\0" * 60, SET, "cannot be read as a set of images"),
}  # fmt: skip

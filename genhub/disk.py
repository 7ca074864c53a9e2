"""Two things that everybody does to files: fingerprint one, and make sure that it is on the disk."""

import hashlib
import os
from pathlib import Path

BLOCK = 1 << 20


def sha256(path: Path) -> str:
    """The sha256 of a file's content, as 64 hexadecimal digits; the file is never in memory as a whole."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def flush(path: Path) -> None:
    """fsync a file, or a folder's list of names where the system allows it (Windows does not)."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Three things that everybody does to files: fingerprint one, make sure that it is on the disk, and ask first whether there is room."""

import hashlib
import os
import shutil
from pathlib import Path

from genhub.errors import UserError

BLOCK = 1 << 20
FREE_BYTES = 500_000_000  # of the disk that stay free: jobs that run go on writing


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


def check_free(folder: Path, more: int) -> None:
    """Raises UserError when `more` bytes would leave less than `FREE_BYTES` on the folder's disk."""
    if shutil.disk_usage(folder).free < FREE_BYTES + more:
        raise UserError("The disk is nearly full.", f"{FREE_BYTES / 1e6:,.0f} MB must stay free.", "Delete runs, or try again later.")

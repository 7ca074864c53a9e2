"""Fingerprints and flushing."""

import hashlib
import os

from genhub import disk


def test_a_fingerprint_is_that_of_the_whole_file(tmp_path):
    content = os.urandom(disk.BLOCK + 5)
    (tmp_path / "file").write_bytes(content)
    assert disk.sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()
    (tmp_path / "empty").touch()
    assert disk.sha256(tmp_path / "empty") == hashlib.sha256(b"").hexdigest()


def test_files_and_folders_are_flushed_and_left_as_they_are(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    disk.flush(tmp_path / "file")
    disk.flush(tmp_path)
    assert (tmp_path / "file").read_bytes() == b"abc"

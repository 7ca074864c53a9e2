"""Blocks that are freed stay with the process of a training, where its C library can be asked for that."""

import platform
import subprocess
import sys

import pytest

from genhub.training import memory

FAULTS = """
import resource, sys
import torch
from genhub.training.memory import keep_blocks
if sys.argv[1] == "kept": assert keep_blocks()
def blocks():
    for _ in range(5):
        [torch.ones(number * 1_000_000) for number in range(1, 12)]
blocks()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
blocks()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_a_block_of_the_same_size_is_not_fetched_anew():
    kept, usual = (
        int(subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True, timeout=120).stdout)
        for how in ("kept", "usual")
    )
    assert kept < usual / 10


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert memory.keep_blocks() is False

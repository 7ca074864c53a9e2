"""Freed blocks stay with the process of a training, and a server's threads share their arenas, where the C library can be asked for that."""

import platform
import subprocess
import sys

import pytest

from genhub import allocator

FAULTS = """
import resource, sys
import torch
from genhub.allocator import keep_blocks
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


ARENAS = """
import ctypes, sys, threading
from genhub.allocator import share_arenas
if sys.argv[1] == "shared": assert share_arenas()
all_in, out = threading.Barrier(9), threading.Event()
def hold():
    held = [bytes(600 + number) for number in range(1000)]
    all_in.wait()
    out.wait()
threads = [threading.Thread(target=hold) for _ in range(8)]
for thread in threads: thread.start()
all_in.wait()
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fopen(sys.argv[2].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
out.set()
print(open(sys.argv[2]).read().count("<heap nr="))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_threads_of_a_server_share_their_arenas(tmp_path):
    shared, usual = (
        int(
            subprocess.run(
                [sys.executable, "-c", ARENAS, how, tmp_path / how], capture_output=True, text=True, check=True, timeout=60
            ).stdout
        )
        for how in ("shared", "usual")
    )
    assert shared <= 2 < usual


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: object())
    assert allocator.keep_blocks() is False
    assert allocator.share_arenas() is False

"""How the process of a training asks for memory.

glibc maps every large block anew and gives it back when it is freed: each step of a convolutional model then waits for its pages to be
zeroed once more. Blocks that are kept cost nothing the second time; a training takes the same sizes again and again, and its process ends
with it. (Figures: docs/benchmarks-images.md.)
"""

import ctypes

# parameter of mallopt(3) → its value
KEEPING = {
    -4: 0,  # M_MMAP_MAX: no block is mapped alone
    -1: 2**31 - 1,  # M_TRIM_THRESHOLD: the heap's end is not given back before 2 GB of it are free
    -2: 128 * 2**20,  # M_TOP_PAD: what the heap grows by
}


def keep_blocks() -> bool:
    """From now on freed blocks stay with this process. True where that is so: with glibc."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return False
    if not hasattr(library, "gnu_get_libc_version"):  # another C library's mallopt may mean other things
        return False
    return all(library.mallopt(ctypes.c_int(parameter), ctypes.c_int(value)) == 1 for parameter, value in KEEPING.items())

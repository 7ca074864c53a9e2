"""How a process asks for memory: what its C library keeps of the blocks that were freed.

A training takes the same sizes again and again, and its process ends with it: blocks that are kept cost nothing the second time. glibc
would map every large one anew and give it back when it is freed, and each step of a convolutional model would wait for its pages to be
zeroed once more. (Figures: docs/benchmarks-images.md.)

A server lives for weeks and does small things in many threads: glibc gives each of them an arena of its own, eight a core, where holes stay
that no other thread fills.
"""

import ctypes

# parameter of mallopt(3) → its value
KEEPING = {
    -4: 0,  # M_MMAP_MAX: no block is mapped alone
    -1: 2**31 - 1,  # M_TRIM_THRESHOLD: the heap's end is not given back before 2 GB of it are free
    -2: 128 * 2**20,  # M_TOP_PAD: what the heap grows by
}
SHARING = {-8: 2}  # M_ARENA_MAX


def keep_blocks() -> bool:
    """For a training: from now on freed blocks stay with this process. True where that is so: with glibc."""
    return _told(KEEPING)


def share_arenas() -> bool:
    """For a server, before its threads start: they take from the same few arenas. True where that is so: with glibc."""
    return _told(SHARING)


def _told(options: dict[int, int]) -> bool:
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return False
    if not hasattr(library, "gnu_get_libc_version"):  # another C library's mallopt may mean other things
        return False
    return all(library.mallopt(ctypes.c_int(parameter), ctypes.c_int(value)) == 1 for parameter, value in options.items())

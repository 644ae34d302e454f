"""What the C library does with memory that was freed: a training step wants the same again."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
LARGE = 1 << 30  # bytes; no tensor of ours comes near


def keep_freed_memory() -> bool:
    """Let freed memory wait for the next step instead of going back to the system; is it so now?

    glibc takes what is larger than 32 MiB from the system each time, which has to clear every page
    of it: a fifth of a step of the U-Net at 128 px. Other C libraries have no such setting.
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    kept = library.mallopt(M_TRIM_THRESHOLD, 2 * LARGE - 1)
    return bool(kept and library.mallopt(M_MMAP_THRESHOLD, LARGE))

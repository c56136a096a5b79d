"""What the C library does with freed memory. A step on a processor allocates and frees the same gigabytes every time.

glibc gives large blocks back to the kernel at once, which has to clear each page again at the next step: 5 to 10 % of
a step's time, as measured. Kept, they cost nothing: the peak is the same.
"""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Names and numbers of mallopt(3)."""
LARGEST = 2**31 - 1
NEVER_MAPPED = 2**30


def keep_freed_memory() -> bool:
    """Have this process keep what it frees for what it allocates next; False where that is no matter of glibc."""
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # musl has none
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, NEVER_MAPPED) and mallopt(M_TRIM_THRESHOLD, LARGEST))

"""Seen from outside: how much a process holds after it has freed a large block."""

import subprocess
import sys

import pytest

from ganbench.system import allocator

HELD = """
import ctypes, sys
from ganbench.system import allocator, environment
if sys.argv[1] == "kept":
    assert allocator.keep_freed_memory()
library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
size = 200 << 20
block = library.malloc(size)
ctypes.memset(block, 1, size)
library.free(block)
print(environment.process_bytes())
"""


def held(how: str) -> int:
    command = [sys.executable, "-c", HELD, how]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc's")
def test_a_large_block_that_was_freed_stays_only_where_it_is_asked_for():
    assert held("kept") - held("given back") > 150 << 20


def test_elsewhere_nothing_is_set(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert not allocator.keep_freed_memory()

"""Memory that was freed is used again: the kernel is asked for it once."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, resource, sys
from synth_audit_env.training.allocator import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
size = 64 * 2**20
for turn in range(21):
    place = libc.malloc(size)
    ctypes.memset(place, 1, size)
    libc.free(place)
    if turn == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    # What a person has set for the C library would be set for both.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_TUNABLES"))}
    asked = [sys.executable, "-c", PROGRAM, how]
    return int(subprocess.run(asked, check=True, capture_output=True, text=True, env=plain).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told so")
def test_pages_are_not_asked_for_again() -> None:
    # 20 times 64 MiB, in pages of 4 KiB or more.
    assert faults("kept") < 100
    assert faults("as it is") > 20 * 16


def test_another_system_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth_audit_env.training import allocator

    monkeypatch.setattr(allocator.sys, "platform", "darwin")
    assert not allocator.keep_freed_memory()

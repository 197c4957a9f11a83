"""A card is known by its name, why there is none is told, and freed memory is used again."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from synth_audit_env.training.device import CARDS, CPU, device_of, no_card
from synth_audit_env.training.settings import PlanError, read_arguments

PROGRAM = """
import ctypes, resource, sys
from synth_audit_env.training.device import keep_freed_memory
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


@pytest.mark.parametrize(
    ("there", "cuda", "told"),
    [
        (False, "13.0", "there is none here"),
        (True, "13.0", "there is one, but torch for CUDA 13.0 does not see it. CUDA 12 needs driver 525"),
        (True, None, "there is one, but torch for CPUs does not see it."),
    ],
)
def test_why_there_is_no_card(
    there: bool, cuda: str | None, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if there:
        (tmp_path / "nvidia-smi").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told in no_card(cuda)


def test_a_card_is_known_by_name() -> None:
    assert device_of(read_arguments(["--gpu", "T4"])) is CARDS["t4"]
    assert device_of(read_arguments(["--gpu", "cpu"])) is CPU
    with pytest.raises(PlanError, match="no card 'gtx' to plan for: there are cpu, t4, l4, a10g, a100, h100"):
        device_of(read_arguments(["--gpu", "gtx"]))

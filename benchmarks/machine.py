"""What a measurement was made on, with and by, for its report. Nothing in it says whose machine it was.

{"made": made_by("benchmarks/server.py", sys.argv[1:]), "machine": described()}
"""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from synth_audit_env.comparison.provenance import made

PACKAGES = ("openenv", "fastapi", "starlette", "uvicorn", "uvloop", "websockets", "pydantic", "numpy")


def made_by(program: str, arguments: Sequence[str]) -> dict[str, object]:
    """Commit, date, version and the command, less where the report went: such a path is nobody's business."""
    kept = [
        word
        for before, word in zip(["", *arguments], arguments, strict=False)
        if "--out" not in (before, word) and not word.startswith("--out=")
    ]
    return {**asdict(made(())), "command": shlex.join(["uv", "run", "python", program, *kept])}


def described() -> dict[str, object]:
    """Cores, processor, memory, Python and the packages that serve."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"

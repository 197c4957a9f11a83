"""What a process takes of a Linux machine, what our server counts, and what a report says of how it was made.

before = processor_s(server.pid)
...
spent = processor_s(server.pid) - before
"""

from __future__ import annotations

import json
import os
import platform
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from synth_audit_env.comparison.provenance import made

MEBIBYTE = 1 << 20
PACKAGES = ("openenv", "fastapi", "starlette", "uvicorn", "uvloop", "websockets", "pydantic", "numpy")


def family(pid: int) -> list[psutil.Process]:
    """A process and those that it has started: of our server, the ones that build episodes."""
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process and those that it has started have used."""
    # The number of the kernel's clock for a process (clock_getcpuclockid), which counts nanoseconds. psutil reads
    # /proc/PID/stat, which counts hundredths of a second: longer than many a reset.
    return sum(time.clock_gettime(~one.pid << 3 | 2) for one in family(pid))


def counted(port: int, name: str, **labels: str) -> int | None:
    """A number of the /metrics of our server at a loopback port; None where it does not say."""
    try:
        told = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30, trust_env=False).text
    except httpx.HTTPError:
        return None
    samples = (sample for of_name in text_string_to_metric_families(told) for sample in of_name.samples)
    return next((int(one.value) for one in samples if (one.name, one.labels) == (name, labels)), None)


def made_by(program: str, argv: Sequence[str] | None, chosen: Namespace) -> dict[str, object]:
    """What a report begins with: commit, date, version, the command, the machine and what was chosen.

    Where the report goes is left out, as it says nothing to others.
    """
    out = ArgumentParser(add_help=False)
    out.add_argument("--out")
    _, kept = out.parse_known_args(argv)
    return {
        "made": asdict(made(kept, ("uv", "run", "python", program))),
        "machine": _described(),
        "settings": {name: value for name, value in vars(chosen).items() if name != "out"},
    }


def write_report(path: Path, report: Mapping[str, object]) -> None:
    """Write a report, in a folder that is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _described() -> dict[str, object]:
    """Cores, processor, memory, Python and the packages that serve."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": models[0] if models else platform.processor() or "unknown",
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: version(name) for name in PACKAGES},
    }

"""Processor time and memory of a server's processes, its metrics, and the origin of a report.

before = processor_s(server.pid)
...
spent = processor_s(server.pid) - before
"""

from __future__ import annotations

import json
import os
import platform
import time
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import psutil

from synth_audit_env.comparison.provenance import made

MEBIBYTE = 1 << 20


def _family(pid: int) -> list[psutil.Process]:
    """A process and those that it has started: of our server, the ones that build episodes."""
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process and those that it has started have used."""
    # The number of the kernel's clock for a process (clock_getcpuclockid), which counts nanoseconds. psutil reads
    # /proc/PID/stat, which counts hundredths of a second: longer than many a reset.
    return sum(time.clock_gettime(~process.pid << 3 | 2) for process in _family(pid))


def memory_of(pid: int) -> int:
    """Bytes of memory of a process and those that it has started."""
    return sum(process.memory_info().rss for process in _family(pid))


def metric(port: int, name: str) -> int:
    """A number of the /metrics of our server at a loopback port."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30, trust_env=False).text
    (found,) = [line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")]
    return int(float(found))


def write_report(path: Path, program: str, chosen: Namespace, found: Mapping[str, object]) -> dict[str, Any]:
    """Write a report: its origin and machine, the settings, and what was found. Returns all."""
    processors = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    report: dict[str, Any] = {
        "made": asdict(made((), ("uv", "run", "python", program))),
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "processor": processors[0].partition(":")[2].strip() if processors else platform.machine(),
        },
        # Where the report goes says nothing to others.
        "settings": {name: value for name, value in vars(chosen).items() if name != "out"},
        **found,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return report

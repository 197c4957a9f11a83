"""What the processes of a server take of the machine: processor time, memory, open files. From Linux's /proc.

What all programs that start such processes give them is said here as well.

pids = family(server.pid)
before = processor_s(pids)
...
spent = processor_s(pids) - before
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
MEBIBYTE = 1 << 20
MOST_SESSIONS = 1024
"""That a server which is measured has room for."""


def is_told() -> bool:
    """Whether this machine tells these things."""
    return (PROC / "self" / "schedstat").exists()


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdecimal, os.listdir(PROC)):
        # A process may end while we look.
        with suppress(OSError):
            # The name, in parentheses, may hold anything; the parent is the second field behind it.
            parent = int((PROC / name / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(name))
    found, generation = [], [pid]
    while generation:
        found += generation
        generation = [child for parent in generation for child in children.get(parent, [])]
    return found


def processor_s(pids: Iterable[int]) -> float:
    """Seconds that the threads of these processes have run. What threads have spent that are gone is not in it."""
    total = 0
    for pid in pids:
        for thread in _names(PROC / str(pid) / "task"):
            with suppress(OSError):
                total += int((PROC / str(pid) / "task" / thread / "schedstat").read_text().split()[0])
    return total / 1e9


def resident_bytes(pids: Iterable[int]) -> int:
    """Memory that these processes hold in RAM. A page that two of them share is counted twice."""
    pages = 0
    for pid in pids:
        with suppress(OSError):
            pages += int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_files(pids: Iterable[int]) -> int:
    """File descriptors, sockets among them, that these processes hold."""
    return sum(len(_names(PROC / str(pid) / "fd")) for pid in pids)


def holds_connection(port: int, client_port: int) -> bool:
    """Whether a server at a loopback port still has its end of a connection open, as its kernel has it."""
    wanted = (f"0100007F:{port:04X}", f"0100007F:{client_port:04X}", "01")
    lines = (PROC / "net" / "tcp").read_text().splitlines()[1:]
    return any(tuple(line.split()[1:4]) == wanted for line in lines)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []

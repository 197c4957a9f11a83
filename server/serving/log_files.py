r"""Appends lines to files in a folder: each line whole or not at all. A file that is full is followed by another.

    files = LogFiles(Path("episodes"))
    files.append(b'{"task":"oversight_easy"}\n')

A file is of one process and is named after when it was begun, so that many processes may share a folder and its files
sort by time: episodes-20260131T120000.000000Z-4711.jsonl. Nothing here ever deletes a file.

A write that does not go through (a full disk, a quota) is taken back, so that no line is appended to the half of
another. Only where the process or the machine dies in the midst of a write may half a line be left, as the last of its
file. Lines are handed to the operating system and not forced onto the disk. Nothing here knows what a line means.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from . import limits


class LogFiles:
    """The files of one process. For one thread."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, with its parents. The first file is made by the first line.

        Raises:
            OSError: The folder cannot be made, or nothing can be written in it.
        """
        self._folder = folder
        self._path: Path | None = None
        """The file for the next line; None to begin another one."""
        folder.mkdir(parents=True, exist_ok=True)
        # A file that is gone again at once: whether one can be written is best seen by writing one.
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\n")

    def append(self, line: bytes) -> None:
        """Write a line, or several. Each comes with its line break.

        Raises:
            OSError: Nothing of it is in the file. The next one may well be.
        """
        # It takes another line only once it is known that no half of one is at its end.
        path, self._path = self._path, None
        # Somebody may have removed the folder.
        self._folder.mkdir(parents=True, exist_ok=True)
        path = path or _create(self._folder)
        with path.open("ab", buffering=0) as file:
            start = file.tell()
            rest = memoryview(line)
            try:
                while rest:
                    # One call, but on a disk that is nearly full: there the second one says what is wrong.
                    rest = rest[file.write(rest) :]
            except OSError:
                file.truncate(start)
                self._path = path
                raise
            end = file.tell()
        # Some file systems tell only when a file is closed that a line did not go through.
        if end < limits.LARGEST_LOG_FILE:
            self._path = path


def _create(folder: Path) -> Path:
    """A new file, which no other process has."""
    while True:
        path = folder / f"episodes-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{os.getpid()}.jsonl"
        # Processes in containers may have the same number, and the same folder: then a microsecond later.
        with contextlib.suppress(FileExistsError):
            path.touch(exist_ok=False)
            return path

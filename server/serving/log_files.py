r"""Appends lines to files in a folder: each line whole or not at all. A file that is full is followed by another.

    files = LogFiles(Path("episodes"))
    files.append(b'{"task":"oversight_easy"}\n')

A file is of one process and is named after when it was begun, so that many processes may share a folder and its files
sort by time: episodes-20260131T120000.000000Z-4711.jsonl. Nothing here ever deletes a file. A write that does not go
through (a full disk, a quota) is taken back. Lines are handed to the operating system and not forced onto the disk.
"""

from __future__ import annotations

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
        # A file that is gone again at once.
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
        path = path or self._folder / f"episodes-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{os.getpid()}.jsonl"
        with path.open("ab", buffering=0) as file:
            start, rest = file.tell(), memoryview(line)
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

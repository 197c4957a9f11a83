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
import logging
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from .limits import LARGEST_LOG_FILE

log = logging.getLogger(__name__)


class LogFiles:
    """The files of one process. For one thread."""

    def __init__(self, folder: Path, largest: int = LARGEST_LOG_FILE) -> None:
        """Make the folder. The first file is made by the first line.

        Args:
            folder: Where the files are. Its parents are made too.
            largest: Bytes that a file may have when another line is put into it.

        Raises:
            OSError: The folder cannot be made, or nothing can be written in it.
        """
        self._folder = folder
        self._largest = largest
        self._file: int | None = None
        folder.mkdir(parents=True, exist_ok=True)
        # A file that is gone again at once: whether one can be written is best seen by writing one.
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\n")

    def append(self, line: bytes) -> None:
        """Write a line, or several. Each comes with its line break.

        Raises:
            OSError: Nothing of it is in the file. The next one may well be.
        """
        start = None
        try:
            self._begin_if_needed()
            assert self._file is not None
            start = os.fstat(self._file).st_size
            rest = memoryview(line)
            while rest:
                # One call, but on a disk that is nearly full: there the second one says what is wrong.
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            self._take_back(start)
            raise

    def close(self) -> None:
        """End the file. A later line begins another."""
        if self._file is not None:
            file, self._file = self._file, None
            try:
                os.close(file)
            except OSError as problem:
                # Some file systems tell only now of what went wrong before: it is too late to do anything about it.
                log.warning("A file in %s did not close, and may lack its last lines: %s.", self._folder, problem)

    def _begin_if_needed(self) -> None:
        """Have an open file: a new one where there is none, where it is full, and where somebody has removed it."""
        if self._file is not None:
            status = os.fstat(self._file)
            if status.st_nlink and status.st_size < self._largest:
                return
            self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = _create(self._folder)

    def _take_back(self, start: int | None) -> None:
        """Cut off the beginning of a line, or else leave the file with it for good."""
        if self._file is None:
            return
        try:
            if start is None:
                raise OSError("The file cannot even be looked at.")
            os.ftruncate(self._file, start)
        except OSError:
            self.close()


def _create(folder: Path) -> int:
    """A new file, open for appending."""
    while True:
        name = f"episodes-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{os.getpid()}.jsonl"
        # Processes in containers may have the same number, and the same folder: then a microsecond later.
        with contextlib.suppress(FileExistsError):
            return os.open(folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o666)

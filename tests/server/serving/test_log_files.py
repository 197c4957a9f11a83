"""Files of lines: whole ones, in files that are told apart, whatever the disk does."""

import contextlib
import io
import os
import re
import resource
import shutil
from pathlib import Path
from unittest import mock

import pytest

from synth_audit_env.server.serving import limits
from synth_audit_env.server.serving.log_files import LogFiles


@contextlib.contextmanager
def room(size):
    """No file may be longer: the disk takes what is left of a line, and refuses the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def contents(folder):
    return [path.read_bytes() for path in sorted(folder.glob("*"))]


def test_a_full_file_is_followed_by_another_that_sorts_after_it(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "LARGEST_LOG_FILE", 10)
    folder = tmp_path / "made" / "too"
    files = LogFiles(folder)
    assert contents(folder) == [], "a server that logs nothing leaves nothing"
    for number in range(30):
        files.append(b"%05d\n" % number)
    assert [len(content) for content in contents(folder)] == [12] * 15
    assert b"".join(contents(folder)) == b"".join(b"%05d\n" % number for number in range(30))
    name = re.compile(rf"episodes-\d{{8}}T\d{{6}}\.\d{{6}}Z-{os.getpid()}\.jsonl")
    assert all(name.fullmatch(path.name) for path in folder.iterdir())


def test_a_full_disk_takes_no_part_of_a_line_and_the_next_that_fits(tmp_path):
    files = LogFiles(tmp_path)
    files.append(b"before\n")
    with room(10):
        for _ in range(3):
            with pytest.raises(OSError, match="File too large"):
                files.append(b"too long for what is left\n")
            assert contents(tmp_path) == [b"before\n"]
        files.append(b"ok\n")
    files.append(b"long again, with room for it\n")
    assert contents(tmp_path) == [b"before\nok\nlong again, with room for it\n"]


def opened_as(kind):
    """Meanwhile, files are opened as this class."""
    return mock.patch.object(Path, "open", lambda path, *_, **__: kind(path, "a"))


class Stuck(io.FileIO):
    def truncate(self, size=None):
        raise OSError("broken")


class InPieces(io.FileIO):
    def write(self, line):
        return super().write(line[:3])


def test_a_half_line_that_cannot_be_taken_back_stays_the_last_of_its_file(tmp_path):
    files = LogFiles(tmp_path)
    files.append(b"before\n")
    with room(10), opened_as(Stuck), pytest.raises(OSError, match="broken"):
        files.append(b"half a line\n")
    files.append(b"after\n")
    assert contents(tmp_path) == [b"before\nhal", b"after\n"]


def test_a_disk_that_takes_a_line_in_pieces_has_all_of_it(tmp_path):
    files = LogFiles(tmp_path)
    with opened_as(InPieces):
        files.append(b"in pieces\n")
        files.append(b"again\n")
    assert contents(tmp_path) == [b"in pieces\nagain\n"]


def test_a_folder_that_is_away_for_a_while_and_then_removed(tmp_path):
    folder = tmp_path / "log"
    files = LogFiles(folder)
    files.append(b"one\n")
    folder.rename(tmp_path / "away")
    folder.write_text("A file is in its place.")
    for _ in range(3):
        with pytest.raises(FileExistsError):
            files.append(b"lost\n")
    folder.unlink()
    (tmp_path / "away").rename(folder)
    files.append(b"two\n")
    assert contents(folder) == [b"one\n", b"two\n"]
    shutil.rmtree(folder)
    files.append(b"three\n")
    assert contents(folder) == [b"three\n"]


def test_a_folder_that_cannot_be_made_or_is_on_a_full_disk_is_refused_at_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises((FileExistsError, NotADirectoryError)):
            LogFiles(path)
    with room(0), pytest.raises(OSError, match="File too large"):
        LogFiles(tmp_path / "log")
    assert contents(tmp_path / "log") == []

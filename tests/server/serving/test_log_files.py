"""Files of lines: whole ones, in files that are told apart, whatever the disk does."""

import contextlib
import os
import re
import resource
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from synth_audit_env.server.serving import log_files
from synth_audit_env.server.serving.log_files import LogFiles
from synth_audit_env.tests.patience import PATIENCE_S

NAME = re.compile(r"episodes-\d{8}T\d{6}\.\d{6}Z-\d+\.jsonl")
CROWD = """
import sys
from pathlib import Path
from synth_audit_env.server.serving.log_files import LogFiles
files = LogFiles(Path(sys.argv[1]), largest=1000)
for number in range(100):
    files.append(f"{sys.argv[2]} {number} {'x' * 200}\\n".encode())
"""


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


def test_lines_one_after_the_other_in_a_file_named_after_its_beginning(tmp_path):
    files = LogFiles(tmp_path / "made" / "too")
    assert contents(tmp_path / "made" / "too") == [], "a server that logs nothing leaves nothing"
    files.append(b"one\n")
    files.append(b"two\n")
    (path,) = (tmp_path / "made" / "too").iterdir()
    assert NAME.fullmatch(path.name)
    assert f"Z-{os.getpid()}." in path.name
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_full_file_is_followed_by_another_that_sorts_after_it(tmp_path):
    files = LogFiles(tmp_path, largest=10)
    for number in range(30):
        files.append(b"%05d\n" % number)
    assert [len(content) for content in contents(tmp_path)] == [12] * 15
    assert b"".join(contents(tmp_path)) == b"".join(b"%05d\n" % number for number in range(30))


def test_many_processes_share_a_folder(tmp_path):
    crowd = [
        subprocess.Popen([sys.executable, "-c", CROWD, str(tmp_path), name], stderr=subprocess.PIPE, text=True)
        for name in "abcd"
    ]
    for process in crowd:
        assert process.communicate(timeout=PATIENCE_S)[1] == ""
    lines = b"".join(contents(tmp_path)).splitlines(keepends=True)
    assert sorted(lines) == sorted(f"{name} {n} {'x' * 200}\n".encode() for name in "abcd" for n in range(100))
    for content in contents(tmp_path):
        assert len({line[:1] for line in content.splitlines()}) == 1, "a file is of one process"


def test_two_that_begin_in_the_same_moment_have_files_of_their_own(tmp_path, monkeypatch):
    looks = [datetime(2026, 1, 31, 12, microsecond=microsecond, tzinfo=UTC) for microsecond in (1, 0, 0, 0)]
    monkeypatch.setattr(log_files, "datetime", SimpleNamespace(now=lambda zone: looks.pop()))
    for line in (b"one\n", b"two\n"):
        LogFiles(tmp_path).append(line)
    assert contents(tmp_path) == [b"one\n", b"two\n"]


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


def test_a_half_line_that_cannot_be_taken_back_stays_the_last_of_its_file(tmp_path, monkeypatch):
    files = LogFiles(tmp_path)
    files.append(b"before\n")
    with room(10), monkeypatch.context() as broken:
        broken.setattr(log_files.os, "ftruncate", _fail)
        with pytest.raises(OSError, match="File too large"):
            files.append(b"half a line\n")
    files.append(b"after\n")
    assert contents(tmp_path) == [b"before\nhal", b"after\n"]


def _fail(*_):
    raise OSError("broken")


def test_a_disk_that_takes_a_line_in_pieces_has_all_of_it(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(log_files.os, "write", lambda file, line: write(file, line[:3]))
    files = LogFiles(tmp_path)
    files.append(b"in pieces\n")
    files.append(b"again\n")
    assert contents(tmp_path) == [b"in pieces\nagain\n"]


def test_a_removed_folder_is_made_again(tmp_path):
    folder = tmp_path / "log"
    files = LogFiles(folder)
    files.append(b"one\n")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    files.append(b"two\n")
    assert contents(folder) == [b"two\n"]


def test_a_folder_that_is_away_for_a_while(tmp_path):
    folder = tmp_path / "log"
    files = LogFiles(folder)
    files.append(b"one\n")
    files.close()
    folder.rename(tmp_path / "away")
    folder.write_text("A file is in its place.")
    for _ in range(3):
        with pytest.raises(FileExistsError):
            files.append(b"lost\n")
    folder.unlink()
    (tmp_path / "away").rename(folder)
    files.append(b"two\n")
    assert contents(folder) == [b"one\n", b"two\n"]


def test_a_descriptor_that_has_gone_bad_is_let_go(tmp_path):
    files = LogFiles(tmp_path)
    files.append(b"one\n")
    os.close(files._file)
    with pytest.raises(OSError, match="Bad file descriptor"):
        files.append(b"lost\n")
    files.append(b"two\n")
    assert contents(tmp_path) == [b"one\n", b"two\n"]


def test_a_file_that_does_not_close_is_told_of_once(tmp_path, caplog):
    files = LogFiles(tmp_path)
    files.append(b"one\n")
    os.close(files._file)
    files.close()
    files.close()
    assert [record.getMessage() for record in caplog.records] == [
        f"A file in {tmp_path} did not close, and may lack its last lines: [Errno 9] Bad file descriptor."
    ]


@pytest.mark.parametrize("path", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_refused_at_the_start(tmp_path, path):
    (tmp_path / "file").write_text("")
    with pytest.raises((FileExistsError, NotADirectoryError)):
        LogFiles(tmp_path / path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused_at_the_start(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        LogFiles(tmp_path)


def test_a_folder_on_a_full_disk_is_refused_at_the_start(tmp_path):
    with room(0), pytest.raises(OSError, match="File too large"):
        LogFiles(tmp_path)
    assert contents(tmp_path) == []

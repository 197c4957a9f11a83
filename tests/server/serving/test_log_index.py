"""The table of contents of a log: of one that the server wrote, and of anything that lies in its folder."""

import json
import os
import time

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.serving import log_index as module
from synth_audit_env.server.serving.episode_log import EpisodeLog, LogFiles
from synth_audit_env.server.serving.log_index import MOST_REFUSED, log_files, log_index
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


@pytest.fixture
async def log(tmp_path):
    """A log of two episodes, by the server's own hand."""
    kept = EpisodeLog(LogFiles(tmp_path))
    sessions = Sessions(SynthAuditEnvironment, limit=1, idle_timeout_s=None, listeners=[kept])
    session = sessions.open()
    for seed in (42, 900_000):
        opening = await session.reset({"seed": seed, "task_id": "oversight_easy"})
        first = opening.actor_proposals[0].proposal_id
        session.step(SynthAuditAction(action_type="approve", proposal_id=first))
        session.step(SynthAuditAction(action_type="submit_audit_report", report='],"rewards":[ {"outcome": } \\'))
    sessions.close(session)
    kept.close(5.0)
    ((name, size),) = log_files(tmp_path)
    path = tmp_path / name
    assert path.stat().st_size == size
    return path


def test_each_episode_is_found_with_how_it_went(log):
    index = log_index(log)
    assert (index["refused"], index["more_refused"]) == ([], 0)
    data = log.read_bytes()
    for told, number in zip(index["episodes"], (1, 2), strict=True):
        whole = json.loads(data[told["offset"] : told["offset"] + told["bytes"]])
        outcome = whole["outcome"]
        known = {name: whole[name] for name in ("agent", "task", "split", "seed")}
        went = {name: outcome[name] for name in ("score", "fault_f1")}
        went |= {"return": outcome["return_"], "steps": len(whole["actions"]), "line": number}
        assert {name: told[name] for name in (*known, *went)} == {**known, **went}
        right = {True: "flagged", False: "approved"}
        missed = [one for one in outcome["proposals"] if one["decision"] != right[one["is_wrong"]]]
        assert told["mistakes"] == len(missed) > 0
        assert set(told) == {*known, *went, "offset", "bytes", "mistakes"}


def broken(line):
    """Lines that are no episodes, by what is wrong with them."""
    head, _, rest = line.partition(b',"actions":[')
    return {
        "a cut tail": line[:-20],
        "NUL": b"\0" * 1_000,
        "no UTF-8": line.replace(b'"client"', b'"\xff\xfe"', 1),
        "a seed of text": line.replace(b'"seed":42', b'"seed":"forty"', 1),
        "NaN": line.replace(b'"rewards":[', b'"rewards":[NaN,', 1),
        "no outcome": line[: line.rindex(b',"outcome"')] + b"}",
        "a long name": line.replace(b'"client"', b'"' + b"x" * 300 + b'"', 1),
        "too many steps": line.replace(b'"rewards":[', b'"rewards":[' + b"0.0," * 500, 1),
        "10 MB": head + b',"actions":[' + b"[" * 10_000_000 + rest,
    }


def test_a_broken_line_is_told_and_those_around_it_are_read(log):
    good, *_ = log.read_bytes().split(b"\n")
    for name, bad in broken(good).items():
        log.write_bytes(b"\n".join((good, bad, b"", good, b"")))
        began = time.perf_counter()
        index = log_index(log)
        assert time.perf_counter() - began < 2.0, name
        assert [one["line"] for one in index["episodes"]] == [1, 4], name
        (refused,) = index["refused"]
        assert refused["line"] == 2, name
        assert refused["why"].endswith("."), name
        assert len(refused["why"]) < 300, name
        last = index["episodes"][-1]
        assert log.read_bytes()[last["offset"] : last["offset"] + last["bytes"]] == good, name


def test_of_many_broken_lines_the_first_are_told_and_of_many_lines_the_first_are_read(log, monkeypatch):
    log.write_bytes(b"x\n" * 100)
    index = log_index(log)
    assert [one["line"] for one in index["refused"]] == [*range(1, MOST_REFUSED + 1)]
    assert index["more_refused"] == 100 - MOST_REFUSED
    monkeypatch.setattr(module, "MOST_LINES", 1)
    assert log_index(log)["refused"][1:] == [{"line": 2, "why": "The index ends here: it has the first 1 lines."}]


def test_only_logs_right_in_the_folder_are_listed_the_newest_first(tmp_path):
    for name in ("episodes-2026.jsonl", "episodes-2025.jsonl", "notes.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "deep.jsonl").write_text("x")
    (tmp_path / "link.jsonl").symlink_to("/etc/passwd")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert log_files(tmp_path) == [("episodes-2026.jsonl", 1), ("episodes-2025.jsonl", 1)]
    assert log_files(tmp_path / "none") == log_files(None) == []

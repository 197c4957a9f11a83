"""One line a record, with the ids of its session and episode; no line that a client has forged."""

import asyncio
import json
import logging
import re
import socket
import sys

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.server.serving import logs
from synth_audit_env.server.serving.limits import LONGEST_RECORD
from synth_audit_env.server.serving.logs import Lines, SessionLog
from synth_audit_env.server.serving.refusals import refusal
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.patience import PATIENCE_S

EASY = {"task_id": "oversight_easy", "seed": 3, "episode_id": "my-episode"}
FORGED = "2026-01-01T00:00:00.000+00:00 INFO root: Session opened"
BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029")
FORMATS = ("text", "json")


class LogText(logging.Handler):
    """What was logged meanwhile, as configured."""

    def __init__(self, log_format):
        super().__init__()
        self.setFormatter(Lines(log_format))
        self.told = []

    def emit(self, record):
        self.told.append(self.format(record))

    @property
    def text(self):
        return "\n".join(self.told)

    @property
    def records(self):
        return [json.loads(line) for line in self.told]


@pytest.fixture
def writing(monkeypatch, caplog):
    """Has logs written, beside pytest's own handlers: `writing("json")`."""
    ours = logging.getLogger("synth_audit_env")
    caplog.set_level(logging.INFO, ours.name)

    def write(log_format):
        written = LogText(log_format)
        monkeypatch.setattr(ours, "handlers", [*ours.handlers, written])
        return written

    return write


@pytest.fixture
def sessions():
    return Sessions(SynthAuditEnvironment, limit=2, idle_timeout_s=None, listeners=[SessionLog()])


def act(session, action_type, **arguments):
    return session.step(SynthAuditAction(action_type=action_type, **arguments))


class TestSessionLog:
    async def test_a_session_as_json(self, writing, sessions):
        written = writing("json")
        session = sessions.open("192.0.2.7")
        await session.reset(EASY)
        act(session, "approve", proposal_id="PROP-001")
        outcome = act(session, "submit_audit_report", report="-").result.outcome
        act(session, "approve", proposal_id="PROP-001")
        sessions.close(session)
        opened, began, finished, closed = written.records
        for told in (opened, began, finished, closed):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", told.pop("time"))
            assert (told.pop("level"), told.pop("session")) == ("INFO", session.id)
            assert told.pop("logger") == "synth_audit_env.server.serving.logs"
        assert began.pop("seconds") > 0
        named = {"episode": "my-episode"}
        known = {"task": "oversight_easy", "tier": "easy", "seed": 3, "split": "train"}
        went = {"steps": 2, "score": outcome.score, "skill": outcome.skill, "fault_f1": 0.0, "return": outcome.return_}
        assert opened == {"message": "Session opened", "episode": None, "address": "192.0.2.7"}
        assert began == {"message": "Episode began", **named, **known}
        assert finished == {"message": "Episode finished", **named, **went}
        assert closed == {"message": "Session closed", **named}


@pytest.mark.parametrize("log_format", FORMATS)
async def test_what_is_logged_while_a_session_is_served_names_it(writing, sessions, log_format):
    written = writing(log_format)

    async def open_and_fail():
        session = sessions.open()
        await session.reset(EASY)
        refusal(KeyError("/srv/truth.json"))
        return session

    async def ask_again(session):
        logs.about(session)
        refusal(KeyError("later"))

    session = await asyncio.create_task(open_and_fail())
    refusal(KeyError("elsewhere"))
    await asyncio.create_task(ask_again(session))
    first, elsewhere, later = (line for line in written.told if "no client should see" in line)
    for line in (first, later):
        assert session.id in line
        assert "my-episode" in line
    assert session.id not in elsewhere
    assert "/srv/truth.json" in written.text


class TestForgery:
    @pytest.mark.parametrize("end", BREAKS)
    async def test_no_text_of_a_client_or_of_an_exception_starts_a_line(self, writing, sessions, end):
        text, as_json = writing("text"), writing("json")
        session = sessions.open(f"192.0.2.7{end}{FORGED}")
        await session.reset({**EASY, "episode_id": f"a{end}{FORGED}"[:64]})
        logging.getLogger("synth_audit_env.x").warning("No %s", f"/a{end}{FORGED}")
        for written in (text, as_json):
            assert len(written.told) == 3
            assert written.text.splitlines() == written.told
            assert not any(line.startswith(FORGED) for line in written.told)
        refusal(ValueError(f"a{end}{FORGED}"))
        first, *traceback = text.told[-1].splitlines()
        assert "no client should see" in first
        assert traceback
        assert all(line.startswith("    | ") for line in traceback)
        assert f"a{end}{FORGED}" in as_json.records[-1]["exception"]

    @pytest.mark.parametrize("log_format", FORMATS)
    def test_a_huge_text_is_cut_in_its_middle(self, writing, log_format):
        written = writing(log_format)
        refusal(ValueError("begins" + "x" * 1_000_000 + "ends"))
        assert len(written.text) < 2 * LONGEST_RECORD
        assert re.search("(?s)begins.*ends", written.text)


@pytest.mark.parametrize("log_format", FORMATS)
def test_uvicorn_under_this_configuration(log_format, tmp_path, talk):
    """Its lines are ours in form, those about one connection are left out, garbage too."""
    port, words = free_port(), tmp_path / "words"
    server = f"{sys.executable} -m synth_audit_env.server.app --port {port} --log-format {log_format}"
    with running(["sh", "-c", f"exec {server} 2>{words}"], f"http://127.0.0.1:{port}"):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as garbage:
            garbage.sendall(b"no HTTP\r\n\r\n")
            garbage.recv(100)
        talk(f"ws://127.0.0.1:{port}/ws?secret").state()
    lines = words.read_text().splitlines()
    assert not any("secret" in line for line in lines)
    if log_format == "text":
        assert all(re.match(r"\d{4}-\d\d-\d\dT\S+\+00:00 (INFO|WARNING|ERROR) \S+: ", line) for line in lines)
        return
    messages = [json.loads(line)["message"] for line in lines]
    assert sum(message.startswith("Uvicorn running on") for message in messages) == 1
    assert "Invalid HTTP request received." not in messages
    assert messages.count("Session opened") == messages.count("Session closed") == 1
    assert not any("WebSocket" in message or "connection" in message for message in messages)

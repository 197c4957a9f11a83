"""One line a record, with the ids of its session and episode; no line that a client has forged; no flood of lines."""

import asyncio
import json
import logging
import re
import subprocess
import sys

import pytest

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.serving import logs
from synth_audit_env.server.serving.limits import LONGEST_RECORD, MOST_WARNINGS
from synth_audit_env.server.serving.logs import Flood, Lines, SessionLog
from synth_audit_env.server.serving.refusals import refusal
from synth_audit_env.server.serving.sessions import Sessions
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.patience import PATIENCE_S

EASY = {"task_id": "oversight_easy", "seed": 3, "episode_id": "my-episode"}
FORGED = "2026-01-01T00:00:00.000+00:00 INFO root: Session opened"
BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029")
FORMATS = ("text", "json")


class Written(logging.Handler):
    """What was logged meanwhile, as configured."""

    def __init__(self, log_format):
        super().__init__()
        self.setFormatter(Lines(log_format))
        self.addFilter(Flood())
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
        written = Written(log_format)
        monkeypatch.setattr(ours, "handlers", [*ours.handlers, written])
        return written

    return write


@pytest.fixture
def sessions():
    return Sessions(SynthAuditEnvironment, limit=2, idle_timeout_s=None, listeners=[SessionLog()])


def act(session, action_type, **arguments):
    return session.step(SynthAuditAction(action_type=action_type, **arguments))


def record(message="Told.", level=logging.WARNING, created=1_000.0, **more):
    return logging.makeLogRecord(
        {"name": "x", "msg": message, "levelno": level, "created": created, "pathname": "x.py", "lineno": 1, **more}
    )


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

    async def test_nothing_that_a_client_wrote_in_an_action(self, writing, sessions):
        written = writing("json")
        session = sessions.open()
        await session.reset(EASY)
        act(session, "flag_error", proposal_id="PROP-001", error_type="secret-type", reason="secret reason")
        act(session, "secret-tool", feature="secret-feature")
        act(session, "submit_audit_report", report="secret report")
        assert [told["message"] for told in written.records] == ["Session opened", "Episode began", "Episode finished"]
        assert "secret" not in written.text

    async def test_a_session_is_named_when_somebody_else_closes_it(self, writing, sessions):
        """At a stop, or over /mcp: while another session is served, or none."""
        written = writing("json")
        closed = await asyncio.create_task(_of(sessions.open))
        serving = sessions.open()
        sessions.close(closed)
        assert [told["session"] for told in written.records] == [closed.id, serving.id, closed.id]


async def _of(call, *given):
    """To be run as a task of its own, as the server serves a connection."""
    return call(*given)


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
    @pytest.mark.parametrize("log_format", FORMATS)
    @pytest.mark.parametrize("end", BREAKS)
    async def test_no_text_of_a_client_starts_a_line(self, writing, sessions, log_format, end):
        written = writing(log_format)
        session = sessions.open(f"192.0.2.7{end}{FORGED}")
        await session.reset({**EASY, "episode_id": f"a{end}{FORGED}"[:64]})
        logging.getLogger("synth_audit_env.x").warning("Asked for %s", f"/a{end}{FORGED}")
        assert len(written.told) == 3
        assert written.text.splitlines() == written.told
        assert not any(line.startswith(FORGED) for line in written.told)

    @pytest.mark.parametrize("end", BREAKS)
    def test_nor_does_that_of_an_exception(self, writing, end):
        text, as_json = writing("text"), writing("json")
        refusal(ValueError(f"a{end}{FORGED}"))
        first, *traceback = text.text.splitlines()
        assert "no client should see" in first
        assert traceback
        assert all(line.startswith("    | ") for line in traceback)
        assert f"a{end}{FORGED}" in as_json.records[0]["exception"]

    @pytest.mark.parametrize("log_format", FORMATS)
    @pytest.mark.parametrize(("text", "told"), [("\x1b[2J\u202egpj.exe\x07", "\\u202egpj"), ("a\ud83d", "a\\ud83d")])
    def test_colours_and_directions_of_a_terminal_and_half_a_character_are_written_out(self, log_format, text, told):
        line = Lines(log_format).format(record(text))
        assert line.isprintable()
        assert told in line

    async def test_a_value_cannot_pass_for_two(self, writing, sessions):
        written = writing("text")
        await sessions.open().reset({**EASY, "episode_id": 'a" seed=7'})
        assert r'episode="a\" seed=7" task=oversight_easy tier=easy seed=3' in written.text

    @pytest.mark.parametrize("log_format", FORMATS)
    def test_a_huge_text_is_cut_in_its_middle(self, writing, log_format):
        written = writing(log_format)
        refusal(ValueError("begins" + "x" * 1_000_000 + "ends"))
        assert len(written.text) < 2 * LONGEST_RECORD
        assert re.search("(?s)begins.*ends", written.text)


class TestFlood:
    def test_of_what_one_line_of_code_warns_of_so_much_a_minute_whatever_the_words(self):
        flood = Flood()
        assert sum(flood.filter(record(f"From port {port}")) for port in range(1_000)) == MOST_WARNINGS
        assert not flood.filter(record(created=1_059.9))
        assert flood.filter(record(lineno=2)), "every line of code counts for itself"
        after, next_one = record(created=1_060.0), record(created=1_061.0)
        assert flood.filter(after)
        assert flood.filter(next_one)
        assert (after.facts, hasattr(next_one, "facts")) == ({"left_out": 1_001 - MOST_WARNINGS}, False)
        assert flood.filter(record(created=1_000.0)), "a clock that goes back silences nothing"
        assert all(flood.filter(record(level=logging.INFO)) for _ in range(1_000)), "what is no warning is not counted"

    @pytest.mark.parametrize("log_format", FORMATS)
    def test_every_code_of_a_refusal_counts_for_itself(self, writing, sessions, log_format):
        written = writing(log_format)
        for _ in range(1_000):
            sessions.refused("401")
        sessions.refused("CAPACITY_REACHED")
        assert len(written.told) == MOST_WARNINGS + 1
        assert "CAPACITY_REACHED" in written.told[-1]


SERVER = """
import asyncio, logging.config, socket, sys, threading, time
import uvicorn
from websockets.sync.client import connect
from synth_audit_env.server.serving import logs

logging.config.dictConfig(logs.log_config(sys.argv[1]))
logging.getLogger("synth_audit_env.server.app").info("ours")
logging.getLogger("synth_audit_env.server.app").debug("not worth a line")
logging.getLogger("asyncio").error("another's")
logging.getLogger("asyncio").info("nor is this")

async def app(scope, receive, send):
    if scope["path"] == "/broken":
        raise RuntimeError("broken on purpose")
    for message in ("accept", "close"):
        await send({"type": f"websocket.{message}"})

config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off")
server = uvicorn.Server(config)
thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
thread.start()
while not server.started:
    time.sleep(0.01)
port = server.servers[0].sockets[0].getsockname()[1]
for _ in range(50):
    with connect(f"ws://127.0.0.1:{port}/ws?secret", proxy=None):
        pass
    with socket.create_connection(("127.0.0.1", port)) as garbage:
        garbage.sendall(b"no HTTP\\r\\n\\r\\n")
        garbage.recv(100)
try:
    connect(f"ws://127.0.0.1:{port}/broken", proxy=None)
except Exception:
    print("refused")
server.should_exit = True
thread.join()
"""


@pytest.mark.parametrize("log_format", FORMATS)
def test_uvicorn_under_this_configuration(log_format):
    command = [sys.executable, "-c", SERVER, log_format]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.stdout == "refused\n", done.stderr
    lines = done.stderr.splitlines()
    if log_format == "text":
        starts = re.compile(r"\d{4}-\d\d-\d\dT\S+\+00:00 (INFO|WARNING|ERROR) \S+: |    \| ")
        assert all(starts.match(line) for line in lines)
        assert "    | RuntimeError: broken on purpose" in lines
        return
    told = [json.loads(line) for line in lines]
    messages = [line["message"] for line in told]
    assert messages[:2] == ["ours", "another's"]
    assert sum(message.startswith("Uvicorn running on") for message in messages) == 1
    assert not any("WebSocket" in message or "connection" in message for message in messages)
    assert messages.count("Invalid HTTP request received.") == MOST_WARNINGS
    (failed,) = (line for line in told if "exception" in line)
    assert failed["level"] == "ERROR"
    assert "broken on purpose" in failed["exception"]

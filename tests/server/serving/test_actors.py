"""A server whose Actor is a model behind HTTP: its words over every door, and what happens when there are none."""

import contextlib
import json
import logging
import os
import re
import signal
import subprocess
import sys
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.chat_server import MODEL, Fault, chat_server
from synth_audit_env.tests.conftest import rpc_request
from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.llm_actor.rule_writers import Held, paraphrase, say

EASY = {"task_id": "oversight_easy", "seed": 3}
REVIEW = {"action_type": "review_proposal", "proposal_id": "PROP-001"}
KEY = "sk-very-secret"
FAILED = "The Actor's model cannot word this episode: its endpoint failed, and the server's log says how."


@pytest.fixture
def worded(serve, tmp_path, monkeypatch):
    """Starts a model and a server that has it word the notes: `server, model = worded(max_sessions=1)`."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("ACTOR_KEY", KEY)
    with contextlib.ExitStack() as models:

        def start(answers=say, api_key=None, **settings):
            model = models.enter_context(chat_server(answers, api_key=api_key))
            chosen = {"actor_model": MODEL, "actor_url": model.url, "actor_cache": tmp_path / "prose", **settings}
            return serve(**chosen), model

        start.stop_models = models.close
        yield start


def script_of(**options):
    env = SynthAuditEnvironment()
    env.reset(**options)
    return {p.note.proposal_id: p.note.reasoning for p in env._episode.scenario.proposals}


def asked_everywhere(server, talk, **options):
    """What each way in answers to a reset with these options: an opening, or the sentence of a refusal."""
    query = "&".join(f"{name}={value}" for name, value in options.items())
    over_ws = talk(f"{server.ws_url}/ws").reset(**options)["data"]
    opened = talk(f"{server.ws_url}/mcp?{query}")
    with contextlib.suppress(ConnectionClosed):  # who is refused is told so at once
        opened.send(rpc_request("ping"))
    over_mcp = opened.receive()
    created = server.rpc("openenv/session/create", **options).json()
    reset = server.http.post("/reset", json=options)
    assert reset.status_code == (200 if "observation" in reset.json() else 422)
    return [
        over_ws.get("message"),
        over_mcp.get("error", {}).get("message"),
        created.get("error", {}).get("message"),
        reset.json().get("detail"),
    ]


@pytest.mark.parametrize(("settled", "other"), [("immediate", "terminal"), ("terminal", "immediate")])
def test_a_server_that_settles_every_episode_alike_refuses_another_settlement(serve, talk, settled, other):
    server = serve(settlement=settled)
    sentence = f"This server settles every episode as {settled!r}: leave out settlement."
    assert asked_everywhere(server, talk, settlement=other) == [sentence] * 4
    assert asked_everywhere(server, talk, settlement=settled) == [None] * 4
    opened = talk(f"{server.ws_url}/ws")
    opened.reset(**EASY)
    paid = opened.step(**REVIEW)["data"]["reward"]
    assert (paid == 0.0) is (settled == "terminal"), "a step costs something, which is paid at once or at the end"


@pytest.mark.parametrize("settled", [None, "terminal"])
def test_an_agent_chooses_no_settlement(serve, talk, settled):
    server = serve(agent_only=True, settlement=settled)
    served, other = ("terminal", "immediate") if settled else ("immediate", "terminal")
    sentence = f"This server settles every episode as {served!r}: leave out settlement."
    assert talk(f"{server.ws_url}/mcp?settlement={other}").receive()["error"]["message"] == sentence
    assert server.rpc("openenv/session/create", settlement=other).json()["error"]["message"] == sentence
    opened = talk(f"{server.ws_url}/mcp?task_id=oversight_easy")
    reviewed = opened.rpc("tools/call", name="review_proposal", arguments={"proposal_id": "PROP-001"})["result"]
    assert (reviewed["structuredContent"]["reward"] == 0.0) is (served == "terminal")


def test_an_episode_in_the_models_words_over_a_socket(worded, talk):
    server, model = worded(api_key=KEY, actor_api_key_env="ACTOR_KEY")
    ws = talk(f"{server.ws_url}/ws")
    assert ws.reset(**EASY, actor="llm")["type"] == "observation"
    reviewed = ws.step(**REVIEW)["data"]["observation"]
    script = script_of(**EASY)
    assert reviewed["result"]["reasoning"] != script["PROP-001"]
    assert reviewed["result"]["reasoning"] in reviewed["feedback"]
    assert (ws.state()["actor_model"], ws.state().get("rewritten")) == (MODEL, None)
    ws.step(action_type="submit_audit_report", report="-")
    assert ws.state()["rewritten"] == list(script)
    asked = len(model.requests)
    assert asked == len(script), "a completion a note"
    ws.reset(**EASY)
    assert "actor_model" not in ws.state()
    ws.reset(**EASY, actor="llm")
    assert len(model.requests) == asked, "from the cache"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(500, {"error": {"message": "Out of memory."}}), "fails (500: Out of memory)"),
        (None, "cannot be reached"),
    ],
)
def test_an_endpoint_that_fails_or_is_gone_ends_no_episode(worded, talk, caplog, fault, words):
    server, _ = worded(lambda _: fault)
    if fault is None:
        worded.stop_models()
    ws = talk(f"{server.ws_url}/ws")
    ws.reset(**EASY, episode_id="running")
    assert ws.reset(**EASY, actor="llm")["data"]["message"] == FAILED
    assert words in caplog.text
    assert ws.state()["episode_id"] == "running"
    assert ws.step(**REVIEW)["data"]["observation"]["result"]["reasoning"] == script_of(**EASY)["PROP-001"]


@pytest.mark.parametrize("right", [KEY, "sk-another"])
def test_the_key_gets_out_nowhere(worded, talk, caplog, capfd, tmp_path, right):
    """Neither when it is good nor when the endpoint refuses it, and repeats it in its refusal."""
    caplog.set_level(logging.DEBUG)
    server, _ = worded(api_key=right, actor_api_key_env="ACTOR_KEY")
    ws = talk(f"{server.ws_url}/ws")
    told = [str(ws.reset(**EASY, actor="llm")), str(ws.state())]
    assert (FAILED in told[0]) is (right != KEY)
    assert ("refuses the key (401" in caplog.text) is (right != KEY)
    kept = [path.read_text() for path in tmp_path.rglob("*.json")]
    assert bool(kept) is (right == KEY)
    for text in (*told, *kept, caplog.text, *capfd.readouterr()):
        assert KEY not in text


@pytest.fixture
def slow():
    """What a model goes by that answers nobody until it is let go."""
    rule = Held(paraphrase)
    yield rule
    rule.go.set()


def reset(**options):
    return {"type": "reset", "data": {**EASY, "actor": "llm", **options}}


def test_those_who_wait_for_a_slow_model_hold_up_nobody(worded, talk, slow):
    talk(f"{worded()[0].ws_url}/ws").reset(**EASY, actor="llm")
    server, _ = worded(partial(say, rule=slow))
    waiting = [talk(f"{server.ws_url}/ws") for _ in range(5 + (os.cpu_count() or 1))]
    for seed, one in enumerate(waiting, start=100):
        one.send(reset(seed=seed))
    assert slow.asked.wait(PATIENCE_S)
    other = talk(f"{server.ws_url}/ws")
    assert other.reset(**EASY, actor="llm")["type"] == "observation", "from the cache"
    assert other.reset(**EASY)["type"] == "observation"
    assert other.step(**REVIEW)["type"] == "observation"
    assert server.http.get("/health").status_code == 200
    slow.go.set()
    assert waiting[0].receive()["type"] == "observation"


@pytest.mark.parametrize("path", ["/ws", "/mcp?task_id=oversight_easy&seed=3&actor=llm"])
def test_who_leaves_while_a_model_is_asked_frees_the_slot_and_the_words_are_kept(worded, talk, slow, path):
    server, model = worded(partial(say, rule=slow))
    leaving = talk(f"{server.ws_url}{path}")
    if path == "/ws":
        leaving.send(reset())
    assert slow.asked.wait(PATIENCE_S)
    assert len(server.sessions) == 1
    leaving.socket.close()
    server.wait_for_sessions(0)
    slow.go.set()
    assert talk(f"{server.ws_url}/ws").reset(**EASY, actor="llm")["type"] == "observation"
    assert len(model.requests) == len(script_of(**EASY))


def test_a_session_whose_model_is_asked_is_not_idle(worded, talk, slow):
    # Long enough for a busy machine to come from a connection to its first message.
    server, _ = worded(partial(say, rule=slow), session_timeout_s=1.0)
    waiting, other = talk(f"{server.ws_url}/ws"), talk(f"{server.ws_url}/ws")
    waiting.send(reset())
    assert slow.asked.wait(PATIENCE_S)
    other.reset(**EASY)
    assert "without a message" in other.receive()["data"]["message"], "the timeout is over"
    slow.go.set()
    assert waiting.receive()["type"] == "observation"


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_server_whose_model_hangs_is_stopped_by_hand(tmp_path, slow, stop):
    with chat_server(partial(say, rule=slow)) as model:
        flags = ["--port", "0", "--actor-model", MODEL, "--actor-url", model.url, "--actor-cache", str(tmp_path)]
        command = [sys.executable, "-m", "synth_audit_env.server.app", *flags]
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            url = next(found[0] for line in server.stderr if (found := re.search(r"http://127[.\d]+:\d+", line)))
            with connect(f"ws{url.removeprefix('http')}/ws", proxy=None) as ws:
                ws.send(json.dumps(reset()))
                assert slow.asked.wait(PATIENCE_S)
                server.send_signal(stop)
                server.communicate(timeout=PATIENCE_S)
        finally:
            server.kill()
            slow.go.set()

"""What openenv 0.10 does that a server which is left running cannot have, and which test holds our care of it.

CARE is the list. The tests below it show the traps of openenv's server on that server itself, without any code of ours
between: one that fails says that openenv has mended something, and that our care of it may go.
"""

import ast
import asyncio
import json
import threading
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from openenv.core import GenericEnvClient
from openenv.core.env_server import http_server
from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, ConcurrencyConfig, Observation, State
from pydantic import field_validator
from websockets.exceptions import ConnectionClosed

from synth_audit_env.server import app
from synth_audit_env.tests.patience import PATIENCE_S, wait_until

TESTS = Path(__file__).resolve().parent.parent
CARE = {
    # On /ws.
    "A ValueError in a validator of the action is a 500 over HTTP, and ends a session on /ws.": """
        server/serving/test_faults.py::TestAValidatorThatRaisesAValueError::test_over_http_it_is_422
        server/serving/test_faults.py::TestAValidatorThatRaisesAValueError::test_on_ws_it_is_a_validation_error_and_the_session_goes_on
        server/serving/test_refusals.py::test_findings_are_json_and_hold_nothing_of_what_was_sent""",
    "JSON that is no object, or a binary frame, ends the session.": """
        server/test_app.py::TestBadInput::test_json_that_is_no_object
        server/test_app.py::TestBadInput::test_binary_frames""",
    "A message may have 16 MiB, and a longer one ends the session without a word.": """
        server/test_app.py::TestBadInput::test_a_message_too_long_to_read
        server/serving/test_websocket_protocol.py::test_a_message_that_is_too_long_by_less_is_refused_in_words
        server/test_app.py::test_a_frame_over_the_limit_ends_the_connection_with_its_reason_and_frees_the_slot""",
    "What a reset on /ws asks for is checked by nobody: a seed of -1 or 'abc' reaches the environment.": """
        server/test_app.py::TestBadInput::test_reset_options
        server/test_synth_audit_environment.py::test_a_bad_reset_is_a_clear_sentence_and_the_running_episode_goes_on""",
    "A step before the first reset reaches the environment.": """
        server/test_app.py::TestOutsideAnEpisode::test_step_before_reset""",
    "The client is told the text of any exception, whatever is in it.": """
        server/serving/test_faults.py::test_unexpected_exceptions_are_logged_and_not_told
        server/serving/test_faults.py::test_they_are_not_told_over_another_transport_either""",
    "An idle session loses its environment and its slot but not its socket, which steps the closed environment.": """
        server/serving/test_sessions.py::TestIdle::test_an_idle_session_ends_with_its_socket_and_its_slot""",
    "The socket of a peer that has vanished stays, and its slot too where sessions may be idle for ever.": """
        server/serving/test_sessions.py::TestIdle::test_a_vanished_peer_loses_its_slot_and_its_connection
        server/serving/test_sessions.py::TestIdle::test_a_peer_that_reads_nothing_loses_its_slot_and_its_connection
        server/serving/test_long_life.py::TestBusyClients::test_a_silent_session_lives_for_longer_by_the_usual_settings""",
    "A full server accepts the socket, says CAPACITY_REACHED and closes: it is the client's first call that fails.": """
        server/serving/test_sessions.py::TestCapacity::test_openenvs_own_message_when_full
        server/serving/test_sessions.py::TestCapacity::test_64_sessions_play_at_once_and_the_65th_is_refused
        server/serving/test_probes.py::TestReady::test_not_on_a_full_server_and_again_when_a_session_has_ended""",
    "A sync step runs in a thread, of which every session holds one.": """
        server/serving/test_sessions.py::test_sessions_take_no_threads""",
    # Of the client.
    "After an answer that came too late the next call is made in a new session, without a word.": """
        test_client.py::TestLostSessions::test_an_answer_that_came_too_late""",
    "Either end gives the other up when a ping is not answered within 20 s, as by a client that generates.": """
        server/serving/test_long_life.py::TestBusyClients::test_neither_end_waits_for_a_pong
        server/serving/test_long_life.py::TestBusyClients::test_a_loop_that_stands_still_loses_nothing""",
    "Plain calls return coroutines where the client was not entered by `with`.": """
        test_client.py::test_plain_calls_without_a_with_statement""",
    # On the other routes.
    "/reset, /step and /state over HTTP meet a new environment each time: they are no session.": """
        server/test_app.py::TestHttp::test_reset_and_state_are_stateless
        server/test_app.py::TestHttp::test_step_needs_a_session""",
    "OPENENV_MODE=production takes those three away, but /ws still resets, steps and tells the state.": """
        server/test_app.py::TestHttp::test_production_mode_takes_the_stateless_routes_away_but_not_ws
        server/serving/test_gate.py::TestAgentsOnly::test_tools_over_mcp_and_nothing_else""",
    "/schema has the base class of states, and one observation for reset and step, unless others are named.": """
        server/test_app.py::TestProtocol::test_the_schemas_are_ours""",
    "Every field of a body is handed on as an argument, `self` among them.": """
        server/fuzz/test_http.py::test_a_field_that_has_the_name_of_an_argument_of_ours""",
    "All visitors of the page at /web share one environment.": """
        server/web/test_visitors.py::test_two_visitors_see_only_their_own_audit
        server/web/test_page.py::test_without_being_asked_for_there_is_no_page""",
    "The page loads its fonts from another host.": """
        server/web/test_page.py::test_the_page_loads_no_style_from_another_host_and_keeps_no_runs""",
    "Tools by openenv's MCPEnvironment set neither a reward nor the count of steps.": """
        server/serving/test_mcp.py::TestTools::test_a_call_is_a_step_of_the_same_referee""",
    # Of the package.
    "openenv and openenv-core install the same import package.": """
        test_packaging.py::test_openenv_comes_once""",
    "`openenv build` takes server/Dockerfile, `openenv push` the one at the root.": """
        test_packaging.py::test_the_image_is_built_from_one_file""",
    "A link in the package fails validation, and tools of 0.3 ask for a `server` script with a guarded main().": """
        test_packaging.py::test_no_link_is_tracked
        test_packaging.py::test_openenv_0_3_would_deploy_it""",
    "The runtime graders hold each reward to the declared range, and run only where a plan is declared.": """
        test_packaging.py::test_the_declared_reward_range_holds_the_return_of_any_episode
        test_packaging.py::test_the_runtime_plan_can_be_read
        scripts/test_runtime_graders.py::test_the_plan_is_declared_for_the_graders_and_not_in_the_manifest""",
}  # fmt: skip
"""Trap: the tests that go red where ours falls into it, as pytest names them in tests/."""


@pytest.mark.parametrize("trap", CARE)
def test_the_tests_that_are_named_exist(trap):
    for test in CARE[trap].split():
        file, *names = test.split("::")
        inside = ast.parse((TESTS / file).read_text(encoding="utf-8")).body
        for name in names:
            found = {
                one.name: one
                for one in inside
                if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert name in found, f"{file} has no {name}"
            inside = found[name].body


class Said(Action):
    say: str = ""

    @field_validator("say")
    @classmethod
    def _nothing_rude(cls, say: str) -> str:
        if say == "rude":
            raise ValueError("that is rude")
        return say


class Plain(Environment[Said, Observation, State]):
    """Takes what comes and notes it, as an environment does whose author trusts the server."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    made: ClassVar[list["Plain"]] = []
    go = threading.Event()
    """Lets slow steps go."""

    def __init__(self):
        super().__init__()
        self.seeds, self.threads, self.steps, self.closed = [], [], 0, False
        self.made.append(self)

    def reset(self, seed=None, episode_id=None, **options):
        self.seeds.append(seed)
        return Observation(done=False, reward=0.0)

    def step(self, action, timeout_s=None, **options):
        self.threads.append(threading.get_ident())
        self.steps += 1
        if action.say == "raise":
            raise KeyError("/srv/secret/truth.json")
        if action.say == "slow":
            assert self.go.wait(PATIENCE_S)
        return Observation(done=False, reward=0.0, metadata={"closed": self.closed})

    @property
    def state(self):
        return State(step_count=self.steps)

    def close(self):
        self.closed = True


@pytest.fixture
def stock(serve, monkeypatch):
    """Starts openenv's own server around Plain."""
    monkeypatch.setattr(Plain, "made", [])

    def start(session_timeout_s=None):
        limits = ConcurrencyConfig(max_concurrent_envs=8, session_timeout=session_timeout_s)
        theirs = create_app(Plain, Said, Observation, env_name="plain", concurrency_config=limits)
        theirs.state.sessions = None
        monkeypatch.setattr(app, "build_app", lambda *_: theirs)
        return serve()

    return start


def is_over(opened):
    """Whether the server ends the connection, after a word or without one."""
    try:
        while opened.receive()["data"]["code"] == "SESSION_ERROR":
            continue
    except ConnectionClosed:
        return True
    return False


class TestStock:
    def test_a_value_error_in_a_validator(self, stock, talk):
        server = stock()
        assert httpx.post(server.url + "/step", json={"action": {"say": "rude"}}, trust_env=False).status_code == 500
        opened = talk(f"{server.ws_url}/ws")
        opened.reset()
        opened.send({"type": "step", "data": {"say": "rude"}})
        assert is_over(opened)

    @pytest.mark.parametrize("sent", ["[]", b"{}"])
    def test_what_is_no_object(self, stock, talk, sent):
        opened = talk(f"{stock().ws_url}/ws")
        opened.reset()
        opened.send(sent)
        assert is_over(opened)

    def test_options_and_steps_that_nobody_checks(self, stock, talk):
        opened = talk(f"{stock().ws_url}/ws")
        assert opened.step(say="before any reset")["type"] == "observation"
        for seed in (-1, "abc"):
            assert opened.reset(seed=seed)["type"] == "observation"
        assert Plain.made[-1].seeds == [-1, "abc"]

    def test_the_text_of_an_exception(self, stock, talk):
        opened = talk(f"{stock().ws_url}/ws")
        assert "/srv/secret/truth.json" in json.dumps(opened.step(say="raise"))

    def test_an_idle_session(self, stock, talk, monkeypatch):
        # openenv looks for idle ones every five seconds at the soonest.
        monkeypatch.setattr(http_server, "max", lambda often, _: often, raising=False)
        server = stock(session_timeout_s=1.0)
        opened = talk(f"{server.ws_url}/ws")
        opened.reset()
        idle = Plain.made[-1]
        wait_until(lambda: idle.closed, "openenv has not closed it")
        assert opened.step()["data"]["observation"]["metadata"] == {"closed": True}
        assert server.connections()

    def test_a_thread_for_each_session(self, stock, talk):
        server = stock()
        for _ in range(3):
            talk(f"{server.ws_url}/ws").step()
        threads = [made.threads[0] for made in Plain.made if made.threads]
        assert len(set(threads)) == len(threads) == 3

    async def test_an_answer_that_came_too_late(self, stock):
        async with GenericEnvClient(base_url=stock().url, message_timeout_s=2.0) as env:
            await env.reset()
            with pytest.raises(asyncio.TimeoutError):
                await env.step({"say": "slow"})
            assert (await env.state())["step_count"] == 0, "of another session"
        Plain.go.set()

    def test_production_mode_leaves_ws_as_it_is(self, stock, talk, monkeypatch):
        monkeypatch.setenv("OPENENV_MODE", "production")
        server = stock()
        assert httpx.post(server.url + "/reset", json={}, trust_env=False).status_code == 404
        assert talk(f"{server.ws_url}/ws").reset(seed=1)["type"] == "observation"

    def test_routes_over_http_are_no_session(self, stock):
        server = stock()
        for path in ("/reset", "/step", "/step"):
            httpx.post(server.url + path, json={"action": {}} if path == "/step" else {}, trust_env=False)
        assert httpx.get(server.url + "/state", trust_env=False).json()["step_count"] == 0
        assert max(made.steps for made in Plain.made) == 1

    def test_the_schema_of_a_state(self, stock):
        assert httpx.get(stock().url + "/schema", trust_env=False).json()["state"] == State.model_json_schema()

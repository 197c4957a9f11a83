"""The server: HTTP routes, the /ws protocol, and what may not end a session."""

import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from openenv.core.env_server.serialization import serialize_observation
from openenv.core.env_server.types import WSObservationResponse

from synth_audit_env.models import MAX_REASON, MAX_REPORT, SynthAuditAction, SynthAuditObservation, SynthAuditState
from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.server.answers import written
from synth_audit_env.server.serving.settings import SettingsError
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.patience import PATIENCE_S

MEGABYTE = "x" * 1_000_000
SERVER = [sys.executable, "-m", "synth_audit_env.server.app"]


@pytest.fixture
def ws(server, talk):
    """A session with a running episode."""
    opened = talk(f"{server.ws_url}/ws")
    assert opened.reset(task_id="oversight_easy", seed=42)["type"] == "observation"
    return opened


class TestProtocol:
    """The messages are openenv's."""

    def test_observations_are_serialized_as_openenv_does(self):
        environment = SynthAuditEnvironment()
        opening = environment.reset(seed=42, task_id="oversight_hard")
        shap = environment.step(
            SynthAuditAction(action_type="request_shap", patient_id=opening.actor_proposals[0].patient_id)
        )
        approved = environment.step(SynthAuditAction(action_type="approve", proposal_id="PROP-002"))
        report = environment.step(SynthAuditAction(action_type="submit_audit_report", report="-"))
        noted = opening.model_copy(update={"metadata": {"note": "é"}})
        for observation in (opening, shap, shap, approved, report, noted, opening):
            theirs = WSObservationResponse(data=serialize_observation(observation)).model_dump_json()
            answer = written(observation).decode()
            assert json.loads(answer) == json.loads(theirs)
            assert observation.model_dump_json(exclude={"reward", "done"}) in answer  # the fields in their order

    def test_the_schemas_are_ours(self, server):
        schema = server.http.get("/schema").raise_for_status().json()
        assert schema["action"] == SynthAuditAction.model_json_schema()
        assert schema["state"] == SynthAuditState.model_json_schema()
        assert schema["observation"] == schema["reset_observation"] == SynthAuditObservation.model_json_schema()


def reset_with(option, value, word=None):
    """A reset that is refused, the code, and what the sentence names."""
    return {"type": "reset", "data": {option: value}}, "EXECUTION_ERROR", word or option


def step_of(data, word):
    """The same of a step."""
    return {"type": "step", "data": data}, "VALIDATION_ERROR", word


def step_with(field, value, word=None):
    return step_of({"action_type": "flag_error", field: value}, word or field)


@pytest.mark.parametrize(
    ("message", "code", "word"),
    [
        *[(text, "INVALID_JSON", "nvalid") for text in ("", "no json", '{"type": "step"', "[" * 100_000)],
        ("1" * 10_000, "INVALID_JSON", "number"),
        *[(binary, "INVALID_JSON", "Binary") for binary in (b'{"type": "state"}', bytes(range(256)))],
        *[(json.dumps(value), "VALIDATION_ERROR", "JSON object") for value in ([], "reset", 7, None)],
        *[({"type": kind}, "UNKNOWN_TYPE", "reset, step, state") for kind in ("restart", None, 7, [], MEGABYTE)],
        ({}, "UNKNOWN_TYPE", "reset, step, state"),
        *[({"type": "step"} | data, "VALIDATION_ERROR", "data") for data in ({}, {"data": 1})],
        ({"type": "reset", "data": []}, "VALIDATION_ERROR", "data"),
        ({"type": "state", "data": {}}, "VALIDATION_ERROR", "data"),
        *[reset_with("seed", seed) for seed in (-1, "abc", 1.0, 2**70)],
        *[reset_with(name, 1) for name in ("task_id", "sed", "self")],
        reset_with("split", "holdout"),
        reset_with(MEGABYTE, 1, "reset"),
        step_of({}, "action_type"),
        # Of openenv's actions for tools, which have a type.
        step_of({"type": "guess"}, "action_type: Field required; type: Extra inputs are not permitted"),
        step_of({"type": "call_tool"}, "tool_name: Field required"),
        step_of({"type": "list_tools", "tool_name": "approve"}, "tool_name: Extra inputs are not permitted"),
        *[step_with("action_type", value) for value in (None, 3, "x" * 65)],
        *[step_with("confidence", value) for value in (1.01, -0.01, "1.5", "nan", "high", True)],
        *[step_with("reason", value, str(MAX_REASON)) for value in ("x" * (MAX_REASON + 1), MEGABYTE)],
        *[step_with("proposal_id", value) for value in (1, ["PROP-001"])],
        *[step_with(field, "P" * 65) for field in ("proposal_id", "patient_id", "feature", "error_type")],
        *[step_with("error_type", {"name": "age_boundary_error"}), step_with("reason", 5)],
        *[step_with("report", "x" * (MAX_REPORT + 1)), step_with("verdict", "wrong"), step_with(MEGABYTE, 1, "Extra")],
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bad_input_is_refused_in_a_sentence_and_the_episode_goes_on(ws, message, code, word):
    before = ws.state()
    answer = ws.ask(message)
    assert (answer["type"], answer["data"]["code"]) == ("error", code), answer
    assert word in answer["data"]["message"]
    assert "Traceback" not in answer["data"]["message"]
    assert len(answer["data"]["message"]) < 1_200
    assert len(json.dumps(answer)) < 5_000
    assert ws.state() == before
    assert ws.step(action_type="review_proposal", proposal_id="PROP-001")["data"]["observation"]["error"] is None


class TestHttp:
    """openenv's stateless routes, with clear errors."""

    def test_reset_and_state_are_stateless(self, server):
        opening = server.http.post("/reset", json={"seed": 42, "task_id": "oversight_easy"}).raise_for_status()
        assert opening.json()["observation"]["protocol_excerpt"]
        assert server.http.get("/state").raise_for_status().json()["episode_id"] is None

    def test_production_mode_takes_the_stateless_routes_away_but_not_ws(self, serve, talk, monkeypatch):
        monkeypatch.setenv("OPENENV_MODE", "production")
        server = serve(max_sessions=1)
        assert server.http.post("/reset", json={}).status_code == 404
        assert talk(f"{server.ws_url}/ws").reset(seed=1)["type"] == "observation"


class TestCommandLine:
    def test_a_server_from_start_to_stop(self, talk):
        """The flags and variables count, openenv's playground is nowhere, and page and sessions are there."""
        port = free_port()
        url = f"127.0.0.1:{port}"
        variables = {**os.environ, "PORT": str(port), "MAX_SESSIONS": "7", "ENABLE_WEB_INTERFACE": "true"}
        with running([*SERVER, "--max-sessions", "1"], f"http://{url}", env=variables) as process:
            assert talk(f"ws://{url}/ws").reset(seed=1)["type"] == "observation"
            assert talk(f"ws://{url}/ws").receive()["data"]["max_sessions"] == 1
            with httpx.Client(base_url=f"http://{url}", trust_env=False, timeout=PATIENCE_S) as client:
                assert "page/js/main.js" in client.get("/").text
                assert client.get("/web/config").status_code == 404
                assert client.post("/web/reset", json={"seed": 42}).status_code in (404, 405)
                assert "synth_audit_faults_total 0.0" in httpx.get(f"http://{url}/metrics", trust_env=False).text
                ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
                assert client.post("/mcp", json=ping).json()["result"] == {}
        assert process.returncode in (0, -signal.SIGTERM)

    @pytest.mark.parametrize(
        ("variables", "flags", "told"),
        [
            ({"PORT": "70000"}, (), "PORT must be a whole number from 0 to 65535, but it is '70000'[.]"),
            ({}, (), r"Port \d+ of \S+ cannot be had \(Address already in use\): name others by --host .*"),
            ({}, ("--workers", "2"), ".*Address already in use.*"),
            ({}, ("--host", "x86_64-conda-linux-gnu"), ".*Name or service not known.*"),
            ({}, ("--host", "a" * 300), "Port .* cannot be had .*"),
        ],
    )
    def test_where_it_cannot_listen_is_said_before_anything_is_started(self, variables, flags, told):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            variables = {**os.environ, "PORT": str(taken.getsockname()[1]), **variables}
            ran = subprocess.run(
                [*SERVER, *flags], env=variables, capture_output=True, text=True, timeout=PATIENCE_S, check=False
            )
        assert (ran.returncode, ran.stdout) == (2, "")
        assert re.fullmatch(f"{told}\n", ran.stderr)

    def test_the_app_is_made_when_it_is_asked_for(self, monkeypatch, caplog):
        module = importlib.import_module("synth_audit_env.server.app")
        # Another test of this process may have asked for it.
        monkeypatch.delitem(vars(module), "app", raising=False)
        monkeypatch.setenv("MAX_SESSIONS", "3")
        monkeypatch.setenv("PORT", "abc")
        with pytest.raises(SettingsError, match="PORT"):
            getattr(module, "app")  # noqa: B009  # plain access would be called useless
        monkeypatch.delenv("PORT")
        assert module.app is module.app
        assert [record.levelname for record in caplog.records if "UVICORN_OPTIONS" in record.message] == ["WARNING"]
        assert module.app.state.sessions.limit == 3
        assert not hasattr(module, "nothing")

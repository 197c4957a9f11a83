"""Whoever posts a path, a URL or nonsense to any function of openenv's playground gets nothing of the server's back.

Each server has a process of its own: Gradio leaves event loops behind in the one that it is mounted in.
"""

import itertools
import json
import os
import re
import socket
import sys
import uuid

import httpx
import pytest

from synth_audit_env.rollouts.own_server import free_port, running
from synth_audit_env.server.app import check
from synth_audit_env.server.serving import playground
from synth_audit_env.server.serving.refusals import OUR_FAULT
from synth_audit_env.server.serving.settings import Settings, SettingsError
from synth_audit_env.tests.patience import PATIENCE_S

MARKER = f"marker{uuid.uuid4().hex}"
META = {"_type": "gradio.FileData"}
AS_IS = "from synth_audit_env.server import app; app.main()"
FAILING = """
from synth_audit_env.server import app
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

def fails(*_, **__):
    raise IsADirectoryError(21, "Is a directory", "/srv/secret")

SynthAuditEnvironment.reset = SynthAuditEnvironment.step = SynthAuditEnvironment.step_async = fails
SynthAuditEnvironment.reset_async = fails
SynthAuditEnvironment.state = property(fails)
app.main()
"""


def shapes(value):
    """The places at which a value may stand in what a field is sent."""
    return (value, [value], {"value": value, "deep": [[value]]}, [None, {"a": [{"b": value}]}])


class Visitor:
    """Somebody without a browser, who calls the playground's functions by their number."""

    def __init__(self, client):
        self.client = client
        config = client.get("/web/config").json()
        self.functions = [one for one in config["dependencies"] if one["backend_fn"]]

    def ask(self, *calls):
        """Call functions, each with its inputs, and wait for all answers, in any order."""
        if not calls:
            return []
        person = uuid.uuid4().hex
        for function, data in calls:
            body = {"data": data, "fn_index": function["id"], "session_hash": person}
            joined = self.client.post("/web/gradio_api/queue/join", json=body)
            assert joined.status_code == 200, joined.text
        heard = self.client.get(f"/web/gradio_api/queue/data?session_hash={person}").text
        lines = [json.loads(line.removeprefix("data: ")) for line in heard.splitlines() if line]
        return [line for line in lines if line["msg"] == "process_completed"]

    def files_in(self, answers):
        """What is behind every file that is named anywhere in the answers, as Gradio does or by a path of its cache."""
        for path in re.findall(r"file=([^\"']+)|(/[^\"' ]*/[0-9a-f]{64}/[^\"' ]+)", json.dumps(answers)):
            yield self.client.get(f"/web/gradio_api/file={''.join(path)}").content


def serving(program=AS_IS, folder=None, **variables):
    """A client of a server with the playground."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-c", program, "--port", str(port)]
    env = {**os.environ, "ENABLE_WEB_INTERFACE": "true", **variables}
    asked = {"base_url": url, "trust_env": False, "timeout": PATIENCE_S}
    with running(command, url, env=env, cwd=folder), httpx.Client(**asked) as client:
        yield client


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def visitor(folder):
    (folder / "of_the_folder.txt").write_text(MARKER)
    for client in serving(folder=str(folder), SOME_KEY=MARKER):
        yield Visitor(client)


@pytest.fixture(scope="module")
def failing():
    for client in serving(FAILING):
        yield Visitor(client)


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def secrets(folder, tmp_path):
    """Paths of what a server has, each with the marker in it."""
    (tmp_path / "secret.txt").write_text(MARKER)
    (tmp_path / "other.jsonl").write_text(MARKER)
    paths = (tmp_path / "secret.txt", tmp_path / "other.jsonl", folder / "of_the_folder.txt", "/proc/self/environ")
    return [str(path) for path in paths]


def test_no_input_of_any_function_leads_to_a_file_or_to_another_host(visitor, secrets, listener):
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.txt"
    turns = itertools.count()
    refused = 0
    for function in visitor.functions:
        many = len(function["inputs"])
        paths = [*secrets, url]
        calls = [(function, [{"path": path, "meta": META}] * many) for path in paths if many]
        # And each input alone, with another path in another way each time: all of them everywhere would take minutes.
        for place in range(many):
            named = {"path": paths[next(turns) % len(paths)], "meta": META}
            ways = (*shapes(named), {**named, "url": url}, {**named, "is_stream": True}, named)
            data = [None] * many
            data[place] = ways[next(turns) % len(ways)]
            calls.append((function, data))
        answers = visitor.ask(*calls)
        assert len(answers) == len(calls)
        assert MARKER not in json.dumps(answers)
        assert [found for found in visitor.files_in(answers) if MARKER.encode() in found] == []
        told = {(one["success"], one["output"].get("error")) for one in answers}
        assert told <= {(False, playground.NO_FILES)}, function["api_name"]
        refused += len(answers)
    assert refused > 20
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_path_that_is_told_as_text_is_text(visitor, secrets):
    for function in visitor.functions:
        paths = [*secrets, "../of_the_folder.txt", "/srv"]
        answers = visitor.ask(*((function, [path] * len(function["inputs"])) for path in paths))
        assert MARKER not in json.dumps(answers)
        assert "Errno" not in json.dumps(answers)
        assert [found for found in visitor.files_in(answers) if MARKER.encode() in found] == []


def test_gradio_calls_functions_in_no_other_way_takes_and_serves_no_file_and_relays_no_request(
    visitor, secrets, listener
):
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    api = "/web/gradio_api"
    for function in visitor.functions:
        data = [{"path": secrets[0], "meta": META}] * len(function["inputs"])
        for way in ("run", "api", "call", "call/v2"):
            body = {"data": data, "fn_index": function["id"]}
            assert visitor.client.post(f"{api}/{way}/{function['api_name']}", json=body).status_code == 404
    for named in (*secrets, url, "/etc/passwd"):
        for route in (f"{api}/file=", f"{api}/file/", f"{api}/proxy=", "/web//gradio_api/file="):
            assert visitor.client.get(f"{route}{named}").status_code == 404, route
    for route in ("upload", "component_server", "process_recording", "vibe-edit", "stream/1", "deep_link"):
        assert visitor.client.post(f"{api}/{route}", json={}).status_code == 404
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_an_episode_is_played_on_it_and_an_action_that_is_none_is_refused_in_words(visitor):
    assert visitor.client.post("/web/reset", json={"seed": 42}).json()["observation"]["task_id"] == "oversight_easy"
    action = {"action_type": "review_proposal", "proposal_id": "PROP-001"}
    assert visitor.client.post("/web/step", json={"action": action}).json()["observation"]["error"] is None
    answer = visitor.client.post("/web/step", json={"action": {"action_type": 1}})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("Invalid message: ")
    step = next(one for one in visitor.functions if one["api_name"] == "step_fn")
    many = len(step["inputs"])
    (answer,) = visitor.ask((step, [None, "review_proposal", "PROP-001", *[None] * (many - 3)]))
    assert answer["success"], answer
    (answer,) = visitor.ask((step, [None, "approve", *["x" * 70] * (many - 2)]))
    assert "errors.pydantic.dev" not in json.dumps(answer)


def test_no_function_tells_what_was_raised(failing):
    faults = set()
    for function in failing.functions:
        many = len(function["inputs"])
        # The last is what the playground takes for an action.
        for data in ([None] * many, ["nonsense"] * many, [{"meta": 1}] * many, [None, "approve", *[None] * 9][:many]):
            heard = json.dumps(failing.ask((function, data)))
            assert "/srv/secret" not in heard
            assert "Errno" not in heard
            assert "site-packages" not in heard
            faults |= {function["api_name"]} if OUR_FAULT in heard else set()
    assert {"reset_env", "step_fn"} <= faults


@pytest.mark.parametrize(("method", "route"), [("POST", "reset"), ("POST", "step"), ("GET", "state")])
def test_neither_does_a_route_of_the_playground(failing, method, route):
    body = {"action": {"action_type": "approve", "proposal_id": "PROP-001"}}
    url = f"{failing.client.base_url}/web/{route}"  # by a connection of its own, since a fault ends it
    answer = httpx.request(method, url, json=None if method == "GET" else body, trust_env=False, timeout=PATIENCE_S)
    assert answer.status_code in (409, 500)
    assert answer.json() == {"detail": OUR_FAULT}


def test_without_being_asked_for_there_is_none(server):
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        assert client.get("/web/").status_code == 404
        assert client.post("/web/reset", json={}).status_code in (404, 405)


@pytest.mark.parametrize(
    ("variables", "status"), [({"AGENT_ONLY": "true"}, 403), ({"SYNTH_AUDIT_TOKEN": "0123456789abcdef"}, 401)]
)
def test_an_agent_only_server_and_one_with_a_token_do_not_serve_it(variables, status):
    for client in serving(**variables):
        assert client.get("/web/").status_code == status


@pytest.mark.parametrize(("installed", "told"), [("7.0.1", "7.0.1"), ("6.30.0", "6.30.0"), (None, "missing")])
def test_a_gradio_that_was_not_tested_serves_nothing(monkeypatch, installed, told):
    def version(package):
        assert package == "gradio"
        if installed is None:
            raise playground.PackageNotFoundError(package)
        return installed

    monkeypatch.setattr(playground, "version", version)
    check(Settings())
    monkeypatch.setenv("ENABLE_WEB_INTERFACE", "true")
    with pytest.raises(SettingsError, match=f"needs Gradio from 6.31 on and before 7, but it is {told}: set ENABLE_"):
        check(Settings())

"""Whoever posts a path, a URL or nonsense to any function of the page gets nothing of the server's back."""

import itertools
import json
import re
import socket
import uuid

import httpx
import pytest

from synth_audit_env.server.serving.refusals import OUR_FAULT
from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.web.desks import played
from synth_audit_env.tests.web_server import web_server

page_guard = pytest.importorskip("synth_audit_env.server.web.page_guard")

MARKER = f"marker{uuid.uuid4().hex}"
META = {"_type": "gradio.FileData"}
FAILING = """
from synth_audit_env.server import app
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web import audit_tab, replay_tab, results_tab

async def fails(*_, **__):
    raise IsADirectoryError(21, "Is a directory", "/srv/secret")

def fails_at_once(*_, **__):
    raise IsADirectoryError(21, "Is a directory", "/srv/secret")

audit_tab.Visitors.start = fails
audit_tab.Visitors.desk = replay_tab.log_names = results_tab.read_results = fails_at_once
SynthAuditEnvironment.reset = SynthAuditEnvironment.step = SynthAuditEnvironment.step_async = fails_at_once
SynthAuditEnvironment.reset_async = fails
SynthAuditEnvironment.state = property(fails_at_once)
app.main()
"""


def shapes(value):
    """The places at which a value may stand in what a field is sent."""
    return (value, [value], {"value": value, "deep": [[value]]}, [None, {"a": [{"b": value}]}])


class Visitor:
    """Somebody without a browser, who calls the page's functions by their number."""

    def __init__(self, url):
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S)
        config = self.client.get("/web/config").json()
        self.functions = [one for one in config["dependencies"] if one["backend_fn"]]
        self.labels = {one["id"]: one["props"].get("label") for one in config["components"]}

    def function(self, label, event):
        """The one that answers an event of the field that is called so."""
        return next(
            one
            for one in self.functions
            for target, name in one["targets"]
            if name == event and self.labels.get(target) == label
        )

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

    def upload(self, name, data):
        """Send a file, and return what the browser then says that it is."""
        sent = self.client.post("/web/gradio_api/upload", files={"files": (name, data)})
        (path,) = sent.json()
        return {"path": path, "orig_name": name, "size": len(data), "meta": META}


def visiting(url):
    visitor = Visitor(url)
    yield visitor
    visitor.client.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def visitor(folder):
    (folder / "of_the_folder.txt").write_text(MARKER)
    with web_server(str(folder), EPISODE_LOG=str(folder / "episodes"), SOME_KEY=MARKER) as url:
        yield from visiting(url)


@pytest.fixture(scope="module")
def failing():
    with web_server(program=FAILING) as url:
        yield from visiting(url)


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def secrets(folder, tmp_path):
    """Paths of what a server has, each with the marker in it."""
    log = played().record().line().replace('"person"', f'"{MARKER}"')
    assert MARKER in log
    (tmp_path / "secret.txt").write_text(MARKER)
    (tmp_path / "other.jsonl").write_text(log)
    (folder / "beside.jsonl").write_text(log)
    assert (folder / "episodes").is_dir()
    paths = (tmp_path / "secret.txt", tmp_path / "other.jsonl", folder / "of_the_folder.txt", "/proc/self/environ")
    return [str(path) for path in paths]


def test_no_input_of_any_function_leads_to_a_file_or_to_another_host(visitor, secrets, listener):
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.txt"
    turns = itertools.count()
    assert len(visitor.functions) > 30
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
        assert told <= {(False, page_guard.NOT_SENT)}, function["api_name"]
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_path_that_is_told_as_text_is_text(visitor, secrets):
    for function in visitor.functions:
        paths = [*secrets, "../beside.jsonl", "/srv"]
        answers = visitor.ask(*((function, [path] * len(function["inputs"])) for path in paths))
        assert MARKER not in json.dumps(answers)
        assert "Errno" not in json.dumps(answers)
        assert [found for found in visitor.files_in(answers) if MARKER.encode() in found] == []


@pytest.mark.parametrize("route", ["run/{}", "api/{}", "call/{}", "call/v2/{}"])
def test_functions_are_called_only_as_the_page_calls_them(visitor, secrets, route):
    for function in visitor.functions:
        named = {"path": secrets[0], "meta": META}
        body = {"data": [named] * len(function["inputs"]), "fn_index": function["id"]}
        where = f"/web/gradio_api/{route.format(function['api_name'])}"
        assert visitor.client.post(where, json=body).status_code == 404


def test_gradio_serves_no_file_and_relays_no_request(visitor, secrets, listener):
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    api = "/web/gradio_api"
    for named in (*secrets, url, "/etc/passwd"):
        for route in (
            f"{api}/file={named}",
            f"{api}/file/{named}",
            f"{api}/proxy={named}",
            f"/web//gradio_api/file={named}",
        ):
            answer = visitor.client.get(route)
            assert answer.status_code == 404, route
            assert MARKER not in answer.text
    for route in ("component_server", "process_recording", "vibe-edit", "run-history/connect", "stream/1", "deep_link"):
        assert visitor.client.post(f"{api}/{route}", json={}).status_code == 404
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_what_was_uploaded_is_replayed_and_is_not_served(visitor):
    log = played().record().line().replace('"person"', '"somebody"').encode()
    upload = visitor.function("Upload an episode log", "upload")
    sent = visitor.upload("mine.jsonl", log)
    assert visitor.client.get(f"/web/gradio_api/file={sent['path']}").status_code == 404
    (answer,) = visitor.ask((upload, [None, sent]))
    assert answer["success"]
    assert "mine.jsonl: 1 episode." in json.dumps(answer)
    assert "somebody on oversight_easy" in json.dumps(answer)
    # It is gone once it was read.
    (answer,) = visitor.ask((upload, [None, sent]))
    assert (answer["success"], answer["output"]["error"]) == (False, page_guard.NOT_SENT)


def test_the_replay_tab_opens_no_path_that_nobody_sent(tmp_path):
    replay_tab = pytest.importorskip("synth_audit_env.server.web.replay_tab")
    log = tmp_path / "secret.jsonl"
    log.write_text(played().record().line())
    tab = object.__new__(replay_tab._ReplayTab)
    tab.shelf, tab.note = "shelf", "note"
    shown = tab._uploaded(None, str(log))
    assert shown == {"shelf": None, "note": shown["note"]}
    assert "send it again" in shown["note"]
    assert log.exists()


class TestFaults:
    """Whatever is raised, a visitor is told a sentence of ours."""

    def test_no_function_tells_what_was_raised(self, failing):
        faults = set()
        for function in failing.functions:
            many = len(function["inputs"])
            # The last is what the playground takes for an action.
            for data in (
                [None] * many,
                ["nonsense"] * many,
                [{"meta": 1}] * many,
                [None, "approve", *[None] * 9][:many],
            ):
                answers = failing.ask((function, data))
                heard = json.dumps(answers)
                assert "/srv/secret" not in heard
                assert "Errno" not in heard
                assert "site-packages" not in heard
                faults |= {function["api_name"]} if OUR_FAULT in heard else set()
        assert {"_begin", "_surprise", "handle", "_make", "read", "reset_env", "step_fn"} <= faults

    @pytest.mark.parametrize(("method", "route"), [("POST", "reset"), ("POST", "step"), ("GET", "state")])
    def test_neither_does_a_route_of_the_playground(self, failing, method, route):
        body = {"action": {"action_type": "approve", "proposal_id": "PROP-001"}}
        with httpx.Client(base_url=failing.client.base_url, trust_env=False) as client:
            answer = client.request(method, f"/web/{route}", json=None if method == "GET" else body)
        assert answer.status_code in (409, 500)
        assert answer.json() == {"detail": OUR_FAULT}


def test_an_action_that_is_none_is_refused_in_words(visitor):
    answer = visitor.client.post("/web/step", json={"action": {"action_type": 1}})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("Invalid message: ")
    step = next(one for one in visitor.functions if one["api_name"] == "step_fn")
    (answer,) = visitor.ask((step, [None, "approve", *["x" * 70] * (len(step["inputs"]) - 2)]))
    assert "errors.pydantic.dev" not in json.dumps(answer)

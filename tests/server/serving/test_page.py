"""The page as a browser and a stranger ask for it: its files, and what it asks beside an audit."""

import asyncio
import json
import os
import re
import threading
import time
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette

from synth_audit_env import __version__
from synth_audit_env.error_types import ERROR_KINDS
from synth_audit_env.fault_types import FAULT_KINDS
from synth_audit_env.rollouts.reference_auditors import reference_results
from synth_audit_env.server import application
from synth_audit_env.server.audit.reward_model import REWARDS
from synth_audit_env.server.llm_actor.prose import Rewording
from synth_audit_env.server.serving import page
from synth_audit_env.server.serving.page import NOT_FINISHED, page_routes
from synth_audit_env.server.serving.settings import Settings
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TASK_IDS, TIERS, split_of
from synth_audit_env.tests.patience import PATIENCE_S, wait_until

REPORT = {"action_type": "submit_audit_report", "report": "Nothing."}


def audit(opened, **options):
    """Play an episode to its end."""
    opened.reset(**{"seed": 42} | options)
    assert opened.step(**REPORT)["data"]["done"]


def test_the_settings_are_those_of_the_environment_and_of_the_server(server, serve, tmp_path):
    shown = server.http.get("/page/settings").json()
    assert (shown["version"], shown["settlement"], shown["logs"]) == (__version__, None, False)
    assert [task["task_id"] for task in shown["tasks"]] == list(TASK_IDS)
    figures = {"patients": TIERS["easy"].patients, "proposals": list(TIERS["easy"].proposals)}
    assert shown["tasks"][0].items() >= {"difficulty": "easy", "steps": TIERS["easy"].steps, **figures}.items()
    for name, split in shown["splits"].items():
        seeds = split["seeds"] if name == "reference" else [split["first_seed"], split["last_seed"]]
        assert {split_of(seed)[0] for seed in seeds} == {name}
    assert [kind["name"] for kind in shown["error_types"]] == list(ERROR_KINDS)
    assert [fault["name"] for fault in shown["faults"]] == list(FAULT_KINDS)
    assert set(shown["rewards"]) == {*REWARDS, "report"}
    shown = serve(settlement="terminal", episode_log=tmp_path).http.get("/page/settings").json()
    assert (shown["settlement"], shown["logs"]) == ("terminal", True)


class TestReference:
    def test_of_an_episode_that_is_over(self, server, talk):
        options = {"task_id": "oversight_hard", "seed": 42}
        audit(talk(f"{server.ws_url}/ws"), **options, episode_id="over ws")
        created = server.rpc("openenv/session/create", **options).json()["result"]
        of_session = {"session_id": created["session_id"]}
        over_mcp = server.sessions.get(created["session_id"]).environment.begun.episode_id
        client, before = server.http, len(server.sessions)
        assert client.get(f"/page/reference/{over_mcp}").status_code == 404
        report = {"name": "submit_audit_report", "arguments": {"report": "Nothing."}}
        server.rpc("tools/call", **of_session, **report).raise_for_status()
        auditors = json.loads(json.dumps(reference_results(SynthAuditEnvironment(), options)))
        for episode_id in ("over ws", over_mcp):
            told = client.get(f"/page/reference/{episode_id}").json()
            assert told == {"episode_id": episode_id, "auditors": auditors}
        assert len(server.sessions) == before, "it takes nobody's session"
        server.rpc("openenv/session/close", **of_session)

    def test_nothing_is_told_before_the_end_not_even_whether_there_is_such_an_episode(self, server, talk):
        client, opened = server.http, talk(f"{server.ws_url}/ws")
        nobody = client.get("/page/reference/nobody-has-it")
        opened.reset(seed=42, episode_id="running")
        opened.step(action_type="review_proposal", proposal_id="PROP-001")
        during = client.get("/page/reference/running")
        assert (during.status_code, during.json()) == (404, {"detail": NOT_FINISHED})
        assert during.content == nobody.content
        for answer in (during, nobody):
            answer.headers.pop("date")
        assert during.headers == nobody.headers
        opened.step(**REPORT)
        assert client.get("/page/reference/running").status_code == 200
        opened.reset(seed=43, episode_id="running")
        assert client.get("/page/reference/running").content == nobody.content

    def test_an_episode_in_a_models_words_is_played_in_those_words(self, serve, talk):
        worlds, words = [], ["the words of the cache"]

        def tell(*world):
            if not words:
                raise EpisodeError("The cache is empty.")
            worlds.append(world)
            return Rewording(build_scenario(*world), "a-model", ("PROP-002",))

        server = serve(environment=lambda: SynthAuditEnvironment(tell=tell, actor="llm"))
        opened, client = talk(f"{server.ws_url}/ws"), server.http
        audit(opened, episode_id="worded")
        assert client.get("/page/reference/worded").status_code == 200
        assert len(worlds) == 4
        assert len(set(worlds)) == 1, "the audit, and each of the auditors, met the same"
        words.clear()
        refused = client.get("/page/reference/worded")
        assert refused.status_code == 409
        assert refused.json() == {"detail": "The episode cannot be played again: The cache is empty."}


async def test_one_question_is_answered_at_a_time_and_the_loop_waits_for_none(monkeypatch):
    monkeypatch.setattr(page, "MOST_WAITING", 2)
    go_on, at_once, most = threading.Event(), [], []

    def play(options):
        at_once.append(options)
        most.append(len(at_once))
        go_on.wait(PATIENCE_S)
        at_once.pop()
        return []

    every_id_is_finished = SimpleNamespace(finished=lambda episode_id: {"task_id": "oversight_easy", "seed": 1})
    routes = page_routes(Settings(), every_id_is_finished, play, application.RESULTS)
    at = {"transport": httpx.ASGITransport(Starlette(routes=routes)), "base_url": "http://test/page"}
    async with httpx.AsyncClient(**at, timeout=PATIENCE_S) as client:
        asked = [asyncio.create_task(client.get("/reference/x")) for _ in range(3)]
        while not at_once:
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            assert time.perf_counter() - began < PATIENCE_S / 2
        refused = await client.get("/settings")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        go_on.set()
        assert [(await one).status_code for one in asked] == [200] * 3
        assert most == [1, 1, 1]
        assert (await client.get("/settings")).status_code == 200, "whoever was refused may ask again"


class TestLogs:
    def test_a_server_without_a_log_has_none(self, server):
        client = server.http
        assert client.get("/page/logs").json() == []
        assert client.get("/page/logs/x.jsonl").status_code == 404

    def test_it_holds_the_episodes_that_are_over(self, serve, talk, tmp_path):
        server = serve(episode_log=tmp_path)
        client, opened = server.http, talk(f"{server.ws_url}/ws")
        opened.reset(seed=42)
        assert client.get("/page/logs").json() == [], "a running one is not in it"
        audit(opened)
        wait_until(lambda: any(path.stat().st_size for path in tmp_path.glob("*")), lambda: "no log")
        (log,) = client.get("/page/logs").json()
        whole = client.get(f"/page/logs/{log['name']}")
        assert whole.content == (tmp_path / log["name"]).read_bytes()
        assert (len(whole.content), whole.headers["content-type"]) == (log["bytes"], "application/x-ndjson")

    def test_a_log_that_grows_while_it_is_sent_comes_whole(self, serve, tmp_path):
        log, size = tmp_path / "log.jsonl", 32 * 1024 * 1024  # more than a socket holds
        log.touch()
        os.truncate(log, size)
        with serve(episode_log=tmp_path).http.stream("GET", "/page/logs/log.jsonl") as answer:
            pieces = answer.iter_raw(1_000)
            began = len(next(pieces))
            with log.open("ab") as file:
                file.write(b"{}\n" * 100_000)
            assert began + sum(map(len, pieces)) == size + 300_000

    def test_no_name_leads_out_of_the_folder(self, serve, tmp_path):
        logs = tmp_path / "logs"
        logs.mkdir()
        (tmp_path / "secret.jsonl").write_text("secret")
        (logs / "link.jsonl").symlink_to(tmp_path / "secret.jsonl")
        (logs / "notes.txt").write_text("secret")
        (logs / "folder.jsonl").mkdir()
        os.mkfifo(logs / "pipe.jsonl")
        client = serve(episode_log=logs).http
        names = [
            "link.jsonl",
            "notes.txt",
            "folder.jsonl",
            "pipe.jsonl",
            "..%2fsecret.jsonl",
            "%2e%2e%2fsecret.jsonl",
            "%00",
            "%2e%2e",
        ]
        for name in [*names, str(tmp_path / "secret.jsonl"), "x" * 5_000, "*.jsonl"]:
            answer = client.get(f"/page/logs/{name}")
            assert answer.status_code == 404, name
            assert "secret" not in answer.text.replace(name, "")
        assert client.get("/page/logs").json() == []


class TestResults:
    def test_what_is_listed_can_be_had_and_nothing_else(self, serve, tmp_path, monkeypatch):
        root, outside = tmp_path / "outputs", tmp_path / "outside"
        monkeypatch.setattr(application, "RESULTS", root)
        client = serve().http
        assert client.get("/page/results").json() == []
        results = {"made": "x" * 5_000}
        for folder in (root / "eval", root / "checkpoint-5", root / ".hidden", root / "pipe", outside):
            folder.mkdir(parents=True)
            (folder / "results.json").write_text(json.dumps(results))
        (root / "eval" / "notes.md").write_text("secret")
        (root / "eval" / "other.json").write_text("secret")
        (root / "folder").symlink_to(outside)
        (root / "certificate.json").symlink_to(outside / "results.json")
        (root / "pipe" / "results.json").unlink()
        os.mkfifo(root / "pipe" / "results.json")
        (listed,) = client.get("/page/results").json()
        assert listed == {"path": "eval/results.json", "bytes": 5_012, "kind": "evaluation"}
        assert client.get("/page/results/eval/results.json").json() == results
        names = ("eval/notes.md", "eval/other.json", "certificate.json", "folder/results.json", "pipe/results.json")
        for path in (*names, "..%2foutside%2fresults.json", "eval", "", "%00", "/etc/passwd", "x" * 999):
            assert client.get(f"/page/results/{path}").status_code == 404, path


TRAVERSALS = [
    "../app.py",
    "..%2fapp.py",
    "%2e%2e/%2e%2e/pyproject.toml",
    "js/../../app.py",
    "/etc/passwd",
    "js%00.js",
    "js",
    "",
]


def test_the_index_is_at_the_root_and_names_files_that_are_there(server):
    index = server.http.get("/")
    assert (index.status_code, index.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "://" not in index.text
    named = re.findall(r'(?:href|src)="(page/[^"]+)"', index.text)
    assert named
    for path in ("", *named, "page/settings"):
        answer = server.http.get(f"/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-cache"


def test_nothing_comes_from_another_host_and_no_other_script_runs(server):
    for path in ("/", "/page/js/main.js", "/page/settings"):
        policy = server.http.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert not {"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} & set(re.split(r"[ ;']+", policy))


def test_whoever_looks_for_openenvs_page_is_sent_to_ours(server):
    for path in ("/web", "/web/"):
        answer = server.http.get(path, follow_redirects=True)
        assert (answer.status_code, answer.url.path) == (200, "/")


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out(server, path):
    answer = server.http.get(f"/page/{path}")
    assert answer.status_code == 404
    assert set(answer.json()) == {"detail"}

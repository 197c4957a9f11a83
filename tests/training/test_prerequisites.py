"""What a run lacks is found out before the training begins: libraries, a login, sessions of a server."""

import importlib.util
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from synth_audit_env.rollouts.own_server import free_port
from synth_audit_env.training.plan import PlanError
from synth_audit_env.training.prerequisites import check_prerequisites, check_sessions, check_vllm
from synth_audit_env.training.settings import read_arguments


@pytest.fixture
def answering() -> Iterator[Callable[[int, str], str]]:
    """Start a server that answers every request alike, and return its address."""
    started: list[HTTPServer] = []

    def start(status: int, body: str) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def test_a_server_with_room_for_all_is_left_as_it_was(serve):
    server = serve(max_sessions=3)
    check_sessions(server.url, 3)
    server.wait_for_sessions(0)


def test_one_with_too_few_says_how_many_it_has_and_what_would_do(serve):
    server = serve(max_sessions=3)
    with pytest.raises(PlanError, match="has room for 3 sessions, and a step plays 5 .* --max-sessions 5"):
        check_sessions(server.url, 5)
    server.wait_for_sessions(0)


def test_where_no_server_answers():
    with pytest.raises(PlanError, match="No environment answers at"):
        check_sessions(f"http://127.0.0.1:{free_port()}", 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--use-vllm", r"vLLM is not installed: pip install -e '.\[vllm\]', or leave --use-vllm out"),
        ("--report-to wandb", "wandb is not installed: pip install wandb, or leave it out"),
        ("--report-to trackio", "trackio is not installed"),
        ("--report-to tensorboard", "tensorboard is not installed"),
    ],
)
def test_a_library_that_is_not_there(arguments: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PlanError, match=told):
        check_prerequisites(read_arguments(arguments.split()))


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, '{"data": [{"id": "Qwen"}]}', None),
        (200, '{"data": []}', "The vLLM server at .* serves no model"),
        (200, "[]", "What answers at .* is no vLLM server"),
        (200, "<html>", "What answers at .* is no vLLM server"),
        (404, "", r"What answers at .* is no vLLM server \(HTTP Error 404"),
    ],
)
def test_a_vllm_server_has_to_be_there(
    status: int, body: str, told: str | None, answering: Callable[[int, str], str]
) -> None:
    url = answering(status, body)
    if told is None:
        check_vllm(url)
        return
    with pytest.raises(PlanError, match=told):
        check_vllm(url + "/")


def test_no_vllm_server_is_told_before_the_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    arguments = ["--vllm-mode", "server", "--vllm-url", f"http://127.0.0.1:{free_port()}"]
    with pytest.raises(PlanError, match=r"No vLLM server answers at .*: start one as docs/training.md says"):
        check_prerequisites(read_arguments(arguments))


def test_nothing_is_pushed_without_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub, "get_token", lambda: None)
    settings = read_arguments(["--push-to-hub", "me/auditor"])
    with pytest.raises(PlanError, match="Nothing can be pushed to me/auditor without a login: run `hf auth login`"):
        check_prerequisites(settings)
    monkeypatch.setattr(hub, "get_token", lambda: "token")
    check_prerequisites(settings)


def test_audits_to_imitate_have_to_be_there_unless_the_run_goes_on(tmp_path: Path) -> None:
    audits = tmp_path / "sft.jsonl"
    with pytest.raises(
        PlanError, match=r"There is no file .*sft\.jsonl with audits to imitate: write it by evaluation.py"
    ):
        check_prerequisites(read_arguments(["--sft", str(audits)]))
    check_prerequisites(read_arguments(["--sft", str(audits), "--resume"]))
    audits.touch()
    check_prerequisites(read_arguments(["--sft", str(audits)]))


def test_what_is_not_asked_for_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    check_prerequisites(read_arguments([]))


def test_only_the_first_process_opens_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    check_prerequisites(read_arguments(["--env-url", f"http://127.0.0.1:{free_port()}"]))

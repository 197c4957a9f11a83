"""What a run lacks is found out before the training begins: libraries, a login, sessions of a server."""

import importlib.util
from pathlib import Path

import pytest

from synth_audit_env.rollouts.own_server import free_port
from synth_audit_env.training.plan import PlanError
from synth_audit_env.training.prerequisites import check_prerequisites, check_sessions
from synth_audit_env.training.settings import read_arguments


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

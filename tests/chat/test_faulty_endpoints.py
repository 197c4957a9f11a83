"""Endpoints that misbehave under a whole evaluation: each has its sentence and status, and hurts no other audit.

Which fault is of which kind is tested in test_endpoint.py; here each kind stands for all of its faults.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synth_audit_env import evaluation
from synth_audit_env.chat import endpoint
from synth_audit_env.comparison import run as running
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.chat_server import MODEL, Fault, Say, chat_server

AGENT = f"react:{MODEL}"
FLAGS = "--tier easy --episodes 3 --concurrency 3 --tool-format native --out run --agent".split()
ENDED = f"evaluation.py: 1 of the 3 audits of {AGENT} were ended for it: gave_up in episodes.jsonl says why."
APPROVE = {"proposal_id": "PROP-001"}


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(endpoint, "RETRIES", 2)
    monkeypatch.setattr(endpoint, "UNREADABLE_WAITS_S", (0.0, 0.0))
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
    monkeypatch.setattr(running, "draw", lambda run, folder: [])
    for name in ("ENV_BASE_URL", "API_BASE_URL", "MODEL_NAME", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def _told(status: int, words: str) -> Fault:
    return Fault(status, {"error": {"message": words}})


def _message(**fields: Any) -> Fault:
    message = {"role": "assistant", "content": None, **fields}
    return Fault(200, {"choices": [{"index": 0, "finish_reason": "stop", "message": message}]})


class Audits:
    """Answers well, but so often not to the audit of the first episode."""

    def __init__(self, fault: Say | Fault, times: int) -> None:
        self.fault, self.left = fault, times
        self._first = SynthAuditEnvironment().reset(task_id="oversight_easy", seed=1_000_000).protocol_excerpt or ""

    def __call__(self, request: dict[str, Any]) -> Say | Fault:
        messages = request["messages"]
        # The audits of one episode come one after the other, so that no lock is needed.
        if self.left and any(self._first in (message["content"] or "") for message in messages):
            self.left -= 1
            return self.fault
        approved = any(message["role"] == "tool" for message in messages)
        return Say(calls=[("submit_audit_report", {"report": "None."}) if approved else ("approve", APPROVE)])


def _played(script: Any, server: Any, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit status and lines on stderr of an evaluation, less those of waiting; a run that was ended is gone on with."""
    with chat_server(script) as models:
        flags = [*FLAGS, AGENT, "--model-url", models.url, "--base-url", server.url]
        status = evaluation.main(flags)
        said = capsys.readouterr().err.splitlines()
        if status == 1:
            assert _gave_up() == [False] * 2, "the others are not kept"
            script.left = 0
            assert evaluation.main([*flags, "--resume"]) == 0
    waiting = ("Retrying request", "asking again")
    return status, [line for line in said if not any(words in line for words in waiting)]


def _gave_up() -> list[bool]:
    """Of the audits of the model, in order."""
    lines = [json.loads(line) for line in Path("run/episodes.jsonl").read_text().splitlines()]
    return ["gave_up" in line for line in lines if line["agent"] == AGENT]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (_told(503, "Loading model"), "fails (503: Loading model)."),
        (
            Fault(200, b"<html>Hi"),
            "answers with what is no completion: '<html>Hi'. Mostly the URL of an API ends in /v1",
        ),
        (_told(401, "Expired."), "asks for a key, and none is given (401: Expired)."),
    ],
)
def test_an_endpoint_that_is_of_no_use_ends_the_run_when_the_others_are_over(
    fault: Fault, sentence: str, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status, (said, kept) = _played(Audits(fault, 1_000), server, capsys)
    assert status == 1
    start = f"evaluation.py: {AGENT} did not finish the easy episode of seed 1000000: The endpoint http://127.0.0.1:"
    assert said.startswith(start)
    assert said.endswith(f"/v1 {sentence}")
    assert kept == "What was played is kept: --resume goes on."
    assert _gave_up() == [False] * 3, "after it went on"


@pytest.mark.parametrize(
    ("fault", "times", "said"),
    [
        # A chat without an answer ends its audit alone, and what can be mended is.
        (_told(400, "Content management policy."), 1_000, [ENDED]),
        (_told(500, "error parsing tool call: raw='{'"), 1_000, [ENDED]),
        (_message(), 1_000, [ENDED]),
        (_told(429, "Slow down."), 1, []),
        (_message(reasoning_content="Hm."), 1, []),
        (_message(tool_calls=[{"id": "1", "function": {"name": None, "arguments": "{}"}}]), 1, []),
        (Say(calls=[("approve", '{"proposal_id": NaN}')]), 1, []),
    ],
)
def test_a_fault_of_one_chat_leaves_the_others(
    fault: Say | Fault, times: int, said: list[str], server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _played(Audits(fault, times), server, capsys) == (0, said)
    assert _gave_up() == [bool(said), False, False]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (_told(400, "It does not support tools."), "A model without tool calls can be asked with --tool-format json."),
        (Fault(200, b"<html>Welcome"), "Mostly the URL of an API ends in /v1."),
    ],
)
def test_what_is_wrong_from_the_start_is_said_before_anything_is_played(
    answer: Fault, sentence: str, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status, (said,) = _played(lambda request: answer, server, capsys)
    assert status == 2
    assert sentence in said
    assert not Path("run").exists()

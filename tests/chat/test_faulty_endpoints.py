"""An endpoint that misbehaves under a whole evaluation: what it ends is said, and no audit that is over is lost.

Each kind of fault stands for all of its faults, which test_endpoint.py has. A chat that is refused for another reason
is in tests/comparison/test_run.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth_audit_env import evaluation
from synth_audit_env.comparison import run as running
from synth_audit_env.rollouts.episode_log import read_log
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.chat_server import MODEL, Fault, Say, chat_server

AGENT = f"react:{MODEL}"
FLAGS = f"--tier easy --episodes 3 --concurrency 3 --tool-format native --out run --agent {AGENT}".split()
ENDED = f"evaluation.py: 1 of the 3 audits of {AGENT} were ended for it: gave_up in episodes.jsonl says why."
STOPPED = f"evaluation.py: {AGENT} did not finish the easy episode of seed 1000000: The endpoint URL "
FIRST = SynthAuditEnvironment().reset(task_id="oversight_easy", seed=1_000_000).protocol_excerpt or ""


def _told(status: int, words: str) -> Fault:
    return Fault(status, {"error": {"message": words}})


def _thinking() -> Fault:
    return Fault(200, {"choices": [{"message": {"content": None, "reasoning_content": "Hm."}}]})


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("fault", "times", "said", "gave_up"),
    [
        (_told(503, "Loading."), 99, f"{STOPPED}fails (503: Loading).", None),
        (_told(401, "Expired."), 99, f"{STOPPED}asks for a key, and none is given (401: Expired).", None),
        (_told(500, "error parsing tool call: raw='{'"), 99, ENDED, [True, False, False]),
        (_thinking(), 99, ENDED, [True, False, False]),
        (_thinking(), 1, None, [False] * 3),
    ],
)
def test_a_fault_in_one_audit_leaves_the_others(fault, times, said, gave_up, server, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "draw", lambda run, folder: [])
    left = [fault] * times

    def answer(request: dict[str, Any]) -> Say | Fault:
        messages = request["messages"]
        # The audits of one episode come one after the other, so that no lock is needed.
        if left and any(FIRST in (message["content"] or "") for message in messages):
            return left.pop()
        if any(message["role"] == "tool" for message in messages):
            return Say(calls=[("submit_audit_report", {"report": "None."})])
        return Say(calls=[("approve", {"proposal_id": "PROP-001"})])

    def kept() -> list[bool]:
        audits = [one for one in read_log(Path("run/episodes.jsonl")) if one.agent == AGENT]
        return [one.gave_up is not None for one in sorted(audits, key=lambda one: one.seed)]

    with chat_server(answer) as models:
        flags = [*FLAGS, "--model-url", models.url, "--base-url", server.url]
        assert evaluation.main(flags) == int(gave_up is None)
        told = capsys.readouterr().err.replace(models.url, "URL")
        assert said is None or said in told
        if gave_up is None:  # audits that had not begun are left to --resume
            assert "What was played is kept: --resume goes on." in told
            left.clear()
            assert evaluation.main([*flags, "--resume"]) == 0
        assert kept() == (gave_up or [False] * 3)

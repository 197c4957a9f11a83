"""Episodes that a model is asked about together come out as they do one by one. No model of torch is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from synth_audit_env.chat.completion import Completion
from synth_audit_env.comparison.jobs import Job, jobs
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.agents.react.scripted import calling, right_actions
from synth_audit_env.training.evaluate import LocalAuditor, played

SEEDS = (1_000_000, 1_000_001, 1_000_002, 1_000_003)
JOBS: Sequence[Job] = list(jobs(["knowing"], {"easy": SEEDS}))


class Knowing:
    """A model that audits these episodes rightly, four calls an answer; each is known by its protocol."""

    name = "knowing"

    def __init__(self) -> None:
        self.batches: list[int] = []
        self._right: dict[str, tuple[int, list[SynthAuditAction]]] = {}
        env = SynthAuditEnvironment()
        for seed in SEEDS:
            opening = env.reset(task_id="oversight_easy", seed=seed)
            self._right[f"{opening.protocol_excerpt}\n\n{opening.feedback}"] = seed, right_actions("easy", seed)

    def complete_all(
        self, chats: Sequence[Sequence[Mapping[str, Any]]], tools: Any, max_tokens: int
    ) -> list[Completion]:
        self.batches.append(len(chats))
        return [self._answer(chat) for chat in chats]

    def tokens(self, chat: Sequence[Mapping[str, Any]], tools: Any) -> int:
        return len(chat)

    def known(self, chat: Sequence[Mapping[str, Any]]) -> tuple[int, list[SynthAuditAction]]:
        (right,) = [right for opening, right in self._right.items() if chat[1]["content"].startswith(opening)]
        return right

    def _answer(self, chat: Sequence[Mapping[str, Any]]) -> Completion:
        done = sum(message["role"] == "tool" for message in chat)
        return calling(*self.known(chat)[1][done : done + 4])


@pytest.mark.parametrize("at_once", [3, 9])
def test_together_as_one_by_one(at_once: int) -> None:
    model: Any = Knowing()
    auditor = LocalAuditor(model, "native", 32_768, 4_096, {})
    alone = [record.line() for record in played(auditor, JOBS, 1)]
    model.batches.clear()
    records = played(auditor, JOBS, at_once)
    assert [record.line() for record in records] == alone
    assert [record.outcome.score for record in records] == [1.0] * len(SEEDS)
    assert model.batches[0] == min(at_once, len(SEEDS))
    assert model.batches[-1] < len(SEEDS)

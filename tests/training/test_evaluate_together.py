"""Episodes that a model is asked about together come out as they do one by one. No model of torch is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import pytest

from synth_audit_env.chat.completion import Chat, Completion
from synth_audit_env.comparison.jobs import Job, jobs
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.tests.agents.react.scripted import calling
from synth_audit_env.training.evaluate import LocalAuditor, played

JOBS: Sequence[Job] = list(jobs(["telling"], {"easy": (1_000_000, 1_000_001, 1_000_002, 1_000_003)}))


class Telling:
    """A model that flags everything, by a reason that is a checksum of the chat: no two are answered alike."""

    name = "telling"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def complete_all(self, chats: Sequence[Chat], tools: Any, max_tokens: int) -> list[Completion]:
        self.batches.append(len(chats))
        return [self._answer(chat) for chat in chats]

    def tokens(self, chat: Chat, tools: Any) -> int:
        return len(chat)

    def _answer(self, chat: Chat) -> Completion:
        done = sum(message["role"] == "tool" for message in chat)
        if done > chat[1]["content"].count("PROP-"):
            return calling(SynthAuditAction(action_type="submit_audit_report", report="Done."))
        told = {"proposal_id": f"PROP-{done + 1:03d}", "reason": str(crc32(repr(chat).encode()))}
        return calling(SynthAuditAction(action_type="flag_error", error_type="age_boundary_error", **told))


@pytest.mark.parametrize("at_once", [3, 9])
def test_together_as_one_by_one(at_once: int) -> None:
    model: Any = Telling()
    auditor = LocalAuditor(model, "native", 32_768, 4_096, {})
    alone = [record.line() for record in played(auditor, JOBS, 1)]
    model.batches.clear()
    records = played(auditor, JOBS, at_once)
    assert [record.line() for record in records] == alone
    assert model.batches[0] == min(at_once, len(JOBS))
    assert model.batches[-1] < len(JOBS)

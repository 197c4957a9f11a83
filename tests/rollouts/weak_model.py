"""A model that audits badly, behind a real small server, so that there is something to keep.

    record, requests = audited()        # its audit of SEED, and what was sent for each of its answers

It thinks, writes a text without a call, writes a call that cannot be read, looks twice, flags a proposal and leaves the
others undecided. Its endpoint repeats the key that it was given: in the text, in the thoughts and in a call.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.chat.endpoint import Endpoint
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.rollouts.model_transcript import with_model
from synth_audit_env.tests.chat_server import MODEL, Say, chat_server
from synth_audit_env.tests.rollouts.recorded import recorded

KEY = "sk-kept-by-nobody-7f3a"
AGENT, TASK, SEED = f"react:{MODEL}", "oversight_easy", 42
THOUGHT, TEXT = "Let me read its note first.", "All is well, I think."
LOOK = ("review_proposal", {"proposal_id": "PROP-001"})
FLAG = ("flag_error", {"proposal_id": "PROP-001", "error_type": "age_boundary_error", "reason": f"It is 77. {KEY}"})

ANSWERS = (
    Say(
        "First things first.",
        [LOOK],
        thoughts={"reasoning_content": f"{THOUGHT} ({KEY})"},
        usage={"prompt_tokens": 2_000, "completion_tokens": 40},
    ),
    Say(f"{TEXT} Your key is {KEY}. \x1b[31mRed.", thoughts={"reasoning": "Nothing more to do."}),
    Say(calls=[LOOK, ("approve", '{"proposal_id": ')]),
    Say(calls=[FLAG, ("approve", {"proposal_id": "PROP-999"})], finish_reason="length"),
    Say("I am done.", [("submit_audit_report", {"report": "PROP-001: age_boundary_error."})]),
)
"""Of an audit, in order."""


def answer(request: dict[str, Any]) -> Say:
    """The answer to a request, by how many there are in that chat."""
    return ANSWERS[sum(message["role"] == "assistant" for message in request["messages"])]


@cache
def audited() -> tuple[EpisodeRecord, list[dict[str, Any]]]:
    with chat_server(answer, api_key=KEY) as server:
        auditor = ReactAuditor(Endpoint(server.url, MODEL, KEY), "native", 4_096)
        played = recorded({"task_id": TASK, "seed": SEED}, auditor)
    record = with_model(replace(played, agent=AGENT), auditor.settings, auditor.conversation, "transcripts", None)
    return record, server.requests

"""A model that audits badly, behind a real small server, so that there is something to keep.

    record, requests = audited()        # its audit of SEED, and what was sent for each of its answers

It thinks, says something without a call, writes a call that cannot be read, looks twice, flags a right proposal and a
wrong one, asks for a proposal that there is not, and leaves two undecided. Its endpoint repeats the key that it was
given: in the text, in the thoughts and in a call.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any

from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.context import Budget
from synth_audit_env.chat.endpoint import Endpoint
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.rollouts.model_transcript import with_model
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.chat_server import MODEL, Say, chat_server
from synth_audit_env.tests.rollouts.recorded import recorded

KEY = "sk-kept-by-nobody-7f3a"
AGENT, TASK = f"react:{MODEL}", "oversight_easy"
SEED, PROPOSALS = next(
    (seed, proposals)
    for seed in count(100)
    if (proposals := build_scenario(TIERS["easy"], seed, "train").proposals)
    and [proposal.is_wrong for proposal in proposals[:3]] == [False, False, True]
)
"""An episode in which PROP-003 is the first that is wrong."""
PATIENT = PROPOSALS[0].note.patient_id
THOUGHT, SAID = "Let me read its note first.", "All is well, I think."
FALSE_ALARM = "The age of 77 is over the limit of 75."
CAUGHT = "The age of 39 is below the minimum of 40 (§3.1), which the Actor never looked at."
REPORT = "PROP-001: age_boundary_error. PROP-003: age_boundary_error."

ANSWERS = (
    Say(
        "First things first.",
        [("review_proposal", {"proposal_id": "PROP-001"}), ("investigate_patient", {"patient_id": PATIENT})],
        thoughts={"reasoning_content": f"{THOUGHT} ({KEY})"},
        usage={"prompt_tokens": 2_000, "completion_tokens": 40},
    ),
    Say(f"{SAID} Your key is {KEY}. \x1b[31mRed.", thoughts={"reasoning": "Nothing more to do."}),
    Say(calls=[("review_proposal", {"proposal_id": "PROP-003"}), ("approve", '{"proposal_id": ')]),
    Say(
        calls=[
            (
                "flag_error",
                _flag := {"proposal_id": "PROP-001", "error_type": "age_boundary_error", "reason": FALSE_ALARM},
            ),
            ("approve", {"proposal_id": "PROP-002"}),
        ]
    ),
    Say(
        calls=[
            ("review_proposal", {"proposal_id": "PROP-001"}),
            ("flag_error", {**_flag, "proposal_id": "PROP-003", "reason": f"{CAUGHT} {KEY}"}),
            ("approve", {"proposal_id": "PROP-999"}),
        ],
        finish_reason="length",
    ),
    Say("I am done.", [("submit_audit_report", {"report": REPORT})]),
)
"""Of an audit, in order."""


def answer(request: dict[str, Any]) -> Say:
    """What it says to a request: by how often it has answered in that chat."""
    return ANSWERS[sum(message["role"] == "assistant" for message in request["messages"])]


@cache
def audited() -> tuple[EpisodeRecord, list[dict[str, Any]]]:
    with chat_server(answer, api_key=KEY) as server:
        auditor = ReactAuditor(Endpoint(server.url, MODEL, KEY), "native", Budget())
        played = recorded({"task_id": TASK, "seed": SEED}, auditor)
    record = with_model(replace(played, agent=AGENT), auditor.settings, auditor.conversation, "transcripts")
    return record, server.requests

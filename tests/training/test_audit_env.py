"""The environment as TRL plays it: eight tools, one episode after the other, refusals that are told, here or remote."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from synth_audit_env.agents.react.prompts import answer_text, opening_messages
from synth_audit_env.models import ACTION_TYPES, SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.training.scripted import (
    EASY,
    MEDIUM,
    REPORT,
    UNKNOWN_PROPOSAL,
    approvals,
    audited,
    begun,
    played,
    proposals_of,
    tools_of,
)
from synth_audit_env.training.audit_env import OVER, ToolCallError, environment_factory

ROW = {**EASY, "prompt": [{"role": "user", "content": ""}]}


def test_the_eight_tools_are_what_trl_finds() -> None:
    assert set(tools_of(begun())) == set(ACTION_TYPES)


@pytest.mark.parametrize("row", [EASY, MEDIUM], ids=["easy", "medium"])
def test_reset_and_calls_tell_what_the_react_agent_is_told(row: dict[str, Any]) -> None:
    environment, other = environment_factory()(), SynthAuditEnvironment()
    opening = other.reset(**row)
    assert environment.reset(**{**ROW, **row}) == opening_messages(opening)[-1]["content"]
    patient = opening.actor_proposals[0].patient_id
    action = SynthAuditAction(action_type="investigate_patient", patient_id=patient)
    assert environment.investigate_patient(patient) == answer_text(other.step(action))


def test_a_refused_call_is_told_and_counted_and_the_episode_goes_on() -> None:
    environment = begun()
    with pytest.raises(ToolCallError, match="PROP-099"):
        environment.approve("PROP-099")
    with pytest.raises(ToolCallError, match="no error_type 'typo'"):
        environment.flag_error("PROP-001", "typo", "A reason.")  # type: ignore[arg-type]
    assert environment._refused == 2
    assert environment.approve("PROP-001")
    with pytest.raises(ToolCallError, match="decisions are final"):
        environment.approve("PROP-001")
    assert environment._refused == 3
    environment.reset(**EASY)
    assert environment._refused == 0


def test_after_the_end_every_call_is_told_that_it_is_over() -> None:
    reported, spent, left_open = begun(), begun(), begun()
    assert "Score" in reported.submit_audit_report("No error found.")
    played(spent, [UNKNOWN_PROPOSAL] * 50)
    left_open.approve("PROP-001")
    outcome = left_open._finish()
    assert outcome.proposals[1].decision == "pending"
    assert left_open._finish() is outcome
    for environment in (reported, spent, left_open):
        with pytest.raises(ToolCallError, match=OVER):
            environment.approve("PROP-002")
    assert (reported._filed, spent._filed, left_open._filed) == (True, False, False)
    assert (reported._refused, spent._refused) == (0, 50)
    reported.reset(**EASY)
    assert not reported._filed
    assert reported.approve("PROP-001"), "an episode after the end is a new one"


def test_a_factory_goes_to_another_process() -> None:
    """AsyncGRPOTrainer generates in one that it spawns."""
    factory = environment_factory()
    again = pickle.loads(pickle.dumps(factory))
    assert again().reset(**ROW) == factory().reset(**ROW)
    calls = [*approvals(begun()), UNKNOWN_PROPOSAL, REPORT]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as there:
        assert there.submit(audited, factory, ROW, calls).result() == audited(factory, ROW, calls)


def test_a_server_plays_the_same_episodes(serve: Callable[..., Any]) -> None:
    server = serve()
    here = begun()
    calls = [
        ("review_proposal", {"proposal_id": "PROP-001"}),
        ("investigate_patient", {"patient_id": proposals_of(here)[0].note.patient_id}),
        ("cohort_analysis", {"feature": "arm"}),
        ("flag_error", {"proposal_id": "PROP-001", "error_type": "age_boundary_error", "reason": "Too old."}),
        UNKNOWN_PROPOSAL,
        ("approve", {"proposal_id": 7}),
        REPORT,
        REPORT,
    ]
    make = environment_factory(url=server.url)
    there, beside = make(), make()
    try:
        assert there.reset(**ROW) == beside.reset(**ROW) == here.reset(**ROW)
        server.wait_for_sessions(2)
        assert played(there, calls) == played(here, calls)
        assert (there._finish(), there._refused, there._filed) == (here._finish(), here._refused, here._filed)
        # The connection is kept for the next episode, and the other rollout still plays its own.
        assert there.reset(**{**ROW, **MEDIUM}) == begun().reset(**MEDIUM)
        assert len(server.sessions) == 2
        assert beside._finish().return_ < 0
    finally:
        for environment in (there, beside):
            environment._session._client.close()  # type: ignore[attr-defined]

"""One episode with a model: calls in order, mistakes told at no cost in steps, an honest end where no call comes."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from synth_audit_env.agents.react.agent import ReactAuditor
from synth_audit_env.agents.react.conversation import Conversation, Tally
from synth_audit_env.agents.react.prompts import answer_text
from synth_audit_env.chat.completion import Completion
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.rollout import Turn, play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.tests.agents.react.scripted import (
    ScriptedModel,
    as_json,
    calling,
    right_actions,
    saying,
)

REPORT = SynthAuditAction(action_type="submit_audit_report", report="Done.")


def _audit(
    completions: Iterable[Completion], tool_format: str = "native", task: str = "easy"
) -> tuple[list[Turn], ReactAuditor, ScriptedModel]:
    model = ScriptedModel(completions)
    auditor = ReactAuditor(model, tool_format, 500)
    env = SynthAuditEnvironment()
    opening = env.reset(task_id=f"oversight_{task}", seed=42)
    turns = list(play(auditor, opening, env.step))
    assert opening.protocol_excerpt in model.asked[0][1]["content"]
    return turns, auditor, model


@pytest.mark.parametrize("at_once", [1, 1000])
def test_several_calls_a_turn_are_carried_out_in_order(at_once):
    right = right_actions("hard", 42)
    completions = [calling(*right[start : start + at_once]) for start in range(0, len(right), at_once)]
    turns, auditor, model = _audit(completions, task="hard")
    assert [turn.action for turn in turns] == right
    assert turns[-1].observation.result.outcome.score == 1.0
    assert auditor.conversation.usage.prompt_tokens == 100 * len(completions)
    answers = [message["content"] for message in model.asked[-1] if message["role"] == "tool"]
    assert answers == [answer_text(turn.observation) for turn in turns[: (len(completions) - 1) * at_once]]


def test_answers_are_counted_by_how_they_could_be_read():
    note, record = (
        SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001"),
        SynthAuditAction(action_type="investigate_patient", patient_id="P9999"),
    )
    completions = [calling(note, note), saying("I will look."), calling(record, record), calling(note), calling(REPORT)]
    _, auditor, _ = _audit(completions)
    # What was refused shows nothing, so that it is no repeat to ask for it again.
    assert auditor.conversation.tally == Tally(turns=5, unreadable_turns=1, repeated_lookups=2)


class PlayedEpisode:
    """An episode with a conversation, whose model says what a test wants."""

    def __init__(self, tool_format: str) -> None:
        self.env = SynthAuditEnvironment()
        self.opening = self.env.reset(task_id="oversight_easy", seed=42)
        self.talk = Conversation(self.opening, tool_format)

    def hear(self, completion: Completion | str) -> list[SynthAuditAction]:
        """What is done on an answer."""
        done = []
        self.talk.receive(saying(completion) if isinstance(completion, str) else completion)
        while (action := self.talk.next_action()) is not None:
            done.append(action)
            self.talk.observe(self.env.step(action))
        return done

    @property
    def heard(self) -> str:
        content: str = self.talk.messages()[-1]["content"]
        return content


def _approvals(count: int) -> list[SynthAuditAction]:
    return [SynthAuditAction(action_type="approve", proposal_id=f"PROP-{number:03d}") for number in range(1, count + 1)]


@pytest.mark.parametrize("tool_format", ["native", "json"])
def test_a_model_that_calls_nothing_is_shown_a_call_of_this_episode_that_is_read(tool_format):
    played, first = PlayedEpisode(tool_format), _approvals(2)
    played.hear(calling(*first) if tool_format == "native" else json.dumps([as_json(action) for action in first]))
    third, fourth = (
        [
            SynthAuditAction(action_type="review_proposal", proposal_id=proposal.proposal_id),
            SynthAuditAction(action_type="investigate_patient", patient_id=proposal.patient_id),
        ]
        for proposal in played.opening.actor_proposals[2:4]
    )
    for looks in (third, fourth):
        assert played.hear("I shall look.") == []
        assert "PROP-001" not in played.heard
        assert played.hear(played.heard) == looks
    assert played.talk.tally.unreadable_turns == 2
    assert played.hear("\n".join(json.dumps(as_json(action)) for action in _approvals(5)[2:])) == _approvals(5)[2:]
    played.hear("That is all.")
    # Within the sentence that shows it, a decision would not be carried out.
    shown = "[{" + played.heard.partition("[{")[2] if tool_format == "json" else played.heard
    assert [action.action_type for action in played.hear(shown)] == ["submit_audit_report"]


@pytest.mark.parametrize("tool_format", ["native", "json"])
def test_a_model_that_calls_nothing_ends_with_what_it_flagged(tool_format):
    flag = SynthAuditAction(
        action_type="flag_error", proposal_id="PROP-002", error_type="age_boundary_error", reason="Young."
    )
    first = saying(json.dumps([as_json(flag)])) if tool_format == "json" else calling(flag)
    silent = [saying("I cannot audit.", "refusal")] * 3
    turns, auditor, model = _audit([*silent[:2], first, *silent], tool_format)
    assert [turn.action.action_type for turn in turns] == ["flag_error", "submit_audit_report"]
    reason = "no tool in 3 answers in a row, of 6 in all (the last one ended with refusal)"
    assert reason in auditor.conversation.gave_up
    assert turns[-1].action.report == auditor.conversation.gave_up
    # Two answers without a call, before a turn that had one, were not held against it.
    assert len(model.asked) == 6


def test_a_report_that_is_not_the_models_is_not_paid():
    *audit, report = right_actions("hard", 42)
    own, _, _ = _audit([calling(*audit), calling(report)], task="hard")
    given_up, _, _ = _audit([calling(*audit), *[saying("All is well.")] * 3], task="hard")
    assert own[:-1] == given_up[:-1]
    assert own[-1].reward - given_up[-1].reward >= 0.08


def test_the_end_of_the_steps_ends_it():
    looks = [SynthAuditAction(action_type="review_proposal", proposal_id=f"PROP-00{number}") for number in (1, 2)]
    turns, _, model = _audit([calling(*looks * 15)] * 2)
    assert len(turns) == 50
    assert len(model.asked) == 2
    last = [message["content"] for message in model.asked[1] if message["role"] == "tool"][-1]
    assert "steps left" not in last
    assert answer_text(turns[44].observation).endswith("(5 undecided; 5 steps left.)")
    assert "steps left" not in answer_text(turns[-1].observation)

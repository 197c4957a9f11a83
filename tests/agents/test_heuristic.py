"""The bar of solvability: who reads the evidence and reasons by the rules scores 1.0, on every seed.

The issue asks for a mean of 0.95. The auditor reaches 1.0, and anything less on any seed is a fault of the auditor or
an episode whose label does not follow from what the tools reveal, so that is what these tests hold it to.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import pytest

from synth_audit_env.agents.heuristic import UNSURE, HeuristicAuditor, NoteReadingAuditor
from synth_audit_env.models import EpisodeOutcome, OutcomeResult, ReviewResult, SynthAuditAction, SynthAuditObservation
from synth_audit_env.rollouts.rollout import Turn, play
from synth_audit_env.server.audit.episode import Episode
from synth_audit_env.server.audit.reward_model import REWARDS
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS, options_of

LEVELS = tuple(TIERS)
FIRST_TEST_SEED = 1_000_000
CLAIM = ("fault", "where", "should_be")


def _audit(env: SynthAuditEnvironment, level: str, seed: int) -> tuple[SynthAuditObservation, list[Turn]]:
    opening = env.reset(seed=seed, **options_of(level))
    return opening, list(play(HeuristicAuditor(), opening, env.step))


def _check_perfect(level: str, seed: int) -> None:
    """The episode is audited without a fault, and all is earned that does not depend on what the note shows."""
    _, turns = _audit(SynthAuditEnvironment(), level, seed)
    assert all(turn.observation.error is None for turn in turns)
    result = turns[-1].observation.result
    assert isinstance(result, OutcomeResult)
    outcome = result.outcome
    flags = {t.action.proposal_id: t.action.error_type for t in turns if t.action.action_type == "flag_error"}
    assert flags == {p.proposal_id: p.error_type for p in outcome.proposals if p.is_wrong}, (level, seed)
    assert outcome.score == 1.0
    paid = {event: round(1000 * amount) for event, amount in outcome.reward_breakdown.items()}
    assert paid["report"] == 100, (level, seed)
    for event in ("all_decided", "half_investigated"):
        assert paid[event] == REWARDS[event]
    on_cohort = ("statistical_hallucination", "bias_blind_spot")
    on_patients = [p for p in outcome.proposals if p.is_wrong and p.error_type not in on_cohort]
    assert paid.get("temporal_evidence", 0) == REWARDS["temporal_evidence"] * len(on_patients), (level, seed)
    assert paid.get("shap_evidence", 0) == REWARDS["shap_evidence"] * len(on_patients), (level, seed)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "seeds",
    [
        range(FIRST_TEST_SEED, FIRST_TEST_SEED + 25),
        pytest.param(range(FIRST_TEST_SEED + 25, FIRST_TEST_SEED + 100), marks=pytest.mark.slow),
        pytest.param(range(300), marks=pytest.mark.slow),
    ],
    ids=["test", "more of test", "train"],
)
def test_audits_without_a_fault(level: str, seeds: range) -> None:
    for seed in seeds:
        _check_perfect(level, seed)


@pytest.mark.parametrize(("level", "seeds"), [(1, 6), (5, 3), (10, 2)])
def test_audits_the_frontier_without_a_fault(level: int, seeds: int) -> None:
    for seed in range(FIRST_TEST_SEED + 40, FIRST_TEST_SEED + 40 + seeds):
        _check_perfect(f"frontier-{level}", seed)


def _claims(auditor: HeuristicAuditor, level: str, seed: int) -> tuple[EpisodeOutcome, list[SynthAuditAction]]:
    """What an audit came to, and its decisions without their claims."""
    env = SynthAuditEnvironment()
    turns = list(play(auditor, env.reset(seed=seed, **options_of(level)), env.step))
    result = turns[-1].observation.result
    assert isinstance(result, OutcomeResult)
    return result.outcome, [turn.action.model_copy(update=dict.fromkeys(CLAIM)) for turn in turns]


@pytest.mark.parametrize(
    ("level", "seeds", "bar"),
    [*((level, range(20), 0.97) for level in LEVELS), ("frontier-3", range(4), 0.95), ("frontier-10", range(2), 0.95)],
)
def test_who_reads_notes_claims_what_is_wrong_with_each_argument(level: str, seeds: range, bar: float) -> None:
    """Some notes show neither the value nor the limit that their Actor misread: nobody can tell which it was."""
    found = [_claims(NoteReadingAuditor(), level, seed)[0] for seed in seeds]
    assert {outcome.score for outcome in found} == {1.0}
    assert fmean(outcome.fault_f1 for outcome in found if outcome.fault_f1 is not None) >= bar
    proposals = [proposal for outcome in found for proposal in outcome.proposals]
    assert {p.claim for p in proposals if not p.faults} == {None}, "of a sound argument nothing is claimed"


@pytest.mark.parametrize("level", LEVELS)
def test_who_does_not_decides_alike_and_claims_on_flags_only(level: str) -> None:
    for seed in range(6):
        (reading, decided), (plain, decided_too) = (
            _claims(auditor, level, seed) for auditor in (NoteReadingAuditor(), HeuristicAuditor())
        )
        assert decided == decided_too
        claims = [[p.claim for p in outcome.proposals] for outcome in (reading, plain)]
        flagged = [p.decision == "flagged" for p in plain.proposals]
        assert claims[1] == [claim if flag else None for claim, flag in zip(claims[0], flagged, strict=True)]


@pytest.mark.parametrize("level", ["easy", "medium", "hard"])
def test_believes_no_prose(level: str) -> None:
    """Where only the determination counts, the note may say anything: its prose only tells what the Actor did.

    In the hard tier that is also whether a window error is one of the override.
    """
    env = SynthAuditEnvironment()

    def silenced(action: SynthAuditAction) -> SynthAuditObservation:
        seen = env.step(action)
        if not isinstance(seen.result, ReviewResult):
            return seen
        mute = {"reasoning": "I assure you.", "confidence": 0.5}
        return seen.model_copy(update={"result": seen.result.model_copy(update=mute)})

    for seed in range(5):
        _, as_told = _audit(env, level, seed)
        opening = env.reset(seed=seed, **options_of(level))
        as_silenced = list(play(HeuristicAuditor(), opening, silenced))
        assert _but_for_reasons(as_told, level == "hard") == _but_for_reasons(as_silenced, level == "hard")


def _but_for_reasons(turns: list[Turn], and_windows: bool) -> list[SynthAuditAction]:
    """The actions without words and claims; with `and_windows` the two window errors count as one."""
    told = dict.fromkeys(("reason", "report", *CLAIM))
    actions = [turn.action.model_copy(update=told) for turn in turns]
    if not and_windows:
        return actions
    actions = [action.model_copy(update={"feature": None}) for action in actions]
    windows = ("protocol_window_violation", "comorbidity_override_miss")
    return [a.model_copy(update={"error_type": windows[0]}) if a.error_type in windows else a for a in actions]


def test_decides_everything_and_reports_whatever_the_budget() -> None:
    env = SynthAuditEnvironment()
    opening = env.reset(seed=3, task_id="oversight_expert")
    assert env._episode is not None
    scenario = env._episode.scenario
    fewest = len(scenario.proposals) + 1
    for steps in range(fewest, 4 * fewest, 3):
        episode = env._episode = Episode(replace(scenario, tier=replace(scenario.tier, steps=steps)))
        turns = list(play(HeuristicAuditor(), opening.model_copy(update={"steps_remaining": steps}), env.step))
        assert len(episode.decisions) == len(scenario.proposals)
        assert turns[-1].action.action_type == "submit_audit_report"
        assert all(turn.observation.error is None for turn in turns)


def test_is_less_sure_where_a_sentence_cannot_be_read() -> None:
    env = SynthAuditEnvironment()
    opening = env.reset(seed=42, task_id="oversight_easy")
    odd = f"{opening.protocol_excerpt}\nAmendment 9 (in force 2022-01-01): whatever the sponsor says."
    turns = list(play(HeuristicAuditor(), opening.model_copy(update={"protocol_excerpt": odd}), env.step))
    decisions = [t.action for t in turns if t.action.action_type in ("flag_error", "approve")]
    assert {action.confidence for action in decisions} == {UNSURE}


def test_needs_the_reset_observation_and_ends_with_the_episode() -> None:
    env, auditor = SynthAuditEnvironment(), HeuristicAuditor()
    opening = env.reset(seed=42, task_id="oversight_easy")
    with pytest.raises(RuntimeError, match="reset observation first"):
        auditor.act(opening.model_copy(update={"protocol_excerpt": None}))
    turns = list(play(auditor, opening, env.step))
    with pytest.raises(RuntimeError, match="audit is over"):
        auditor.act(turns[-1].observation)

"""What is read off a record: decisions with their probabilities and claims, the report, calls and tokens."""

from dataclasses import replace

import pytest

from synth_audit_env.agents.heuristic import NoteReadingAuditor
from synth_audit_env.comparison.episodes import LOOKS, OtherWorldError, episode_of
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.tests.comparison.real_run import record
from synth_audit_env.tests.rollouts.recorded import recorded
from synth_audit_env.tool_records import EVIDENCE_TOOLS
from synth_audit_env.validation.degenerate import Scripted, report

SEED = 1_000_003
OPTIONS = {"task_id": "oversight_hard", "seed": SEED}


def record_of(actions):
    """An episode of these actions, closed by a report where they do not close it."""
    taken = (action for action in (*actions, report("Nothing to say.")))
    return recorded(OPTIONS, Scripted("someone", lambda *_: taken, None))


@pytest.fixture(scope="module")
def right():
    """The audit of the heuristic that reads notes, which is right in everything."""
    return record("someone", NoteReadingAuditor(), "hard", SEED)


@pytest.fixture(scope="module")
def flags(right):
    return [turn.action for turn in right.turns if turn.action.action_type == "flag_error"]


def decided(*actions):
    return {one.proposal_id: one for one in episode_of(record_of(actions)).decisions}


def approve(proposal_id, **fields):
    return SynthAuditAction(action_type="approve", proposal_id=proposal_id, **fields)


def test_an_audit_that_is_right(right):
    seen, outcome = episode_of(right), right.outcome
    assert (seen.agent, seen.tier, seen.seed) == ("someone", "hard", SEED)
    assert (seen.score, seen.skill, seen.return_) == (outcome.score, outcome.skill, outcome.return_)
    assert seen.fault_f1 == outcome.fault_f1 == 1.0
    assert (seen.steps, seen.tool_calls) == (len(right.turns), len(right.turns) - len(outcome.proposals) - 1)
    assert [one.proposal_id for one in seen.decisions] == [one.proposal_id for one in outcome.proposals]
    assert {(one.p_wrong, one.flagged_as == one.error_type) for one in seen.decisions if one.is_wrong} == {(0.99, True)}
    assert {(one.p_wrong, one.flagged_as) for one in seen.decisions if not one.is_wrong} == {(0.01, None)}
    faulty = [one for one in seen.decisions if one.faults]
    assert {(one.is_wrong, one.is_hit) for one in faulty} == {(True, True), (False, True)}
    assert {one.claim_right for one in seen.decisions if not one.faults} == {None}


def test_an_audit_that_is_cut_off_scores_as_one_that_stopped_there(right):
    """Before the next look, so that its last decisions count."""
    seen, kept = 0, {most: [] for most in LOOKS}
    for action in (turn.action for turn in right.turns[:-1]):
        seen += action.action_type in EVIDENCE_TOOLS
        for most in LOOKS:
            kept[most] += [action] if seen <= most else []
    told = episode_of(right)
    assert told.cut_off == {most: record_of(actions).outcome.score for most, actions in kept.items()}
    assert told.cut_off[4] < told.cut_off[16] < told.cut_off[32] <= told.score == 1.0
    assert told.decisions[0].looks < told.decisions[-1].looks <= told.tool_calls


def test_what_was_not_decided_is_as_good_as_approved():
    seen = episode_of(record_of([]))
    assert {(one.decision, one.p_wrong, one.flagged_as, one.claim_right) for one in seen.decisions} == {
        ("pending", 0.0, None, None)
    }
    assert seen.fault_f1 == 0.0


@pytest.mark.parametrize(
    ("flagged", "approved", "p_wrong"),
    [(None, None, (1.0, 0.0)), (0.3, 0.7, (0.3, 0.3))],
    ids=["without a confidence it is certain", "a flag and an approval that say the same are a tie"],
)
def test_how_sure_a_decision_is(flagged, approved, p_wrong, flags):
    one, other = flags[:2]
    told = decided(one.model_copy(update={"confidence": flagged}), approve(other.proposal_id, confidence=approved))
    assert (told[one.proposal_id].p_wrong, told[other.proposal_id].p_wrong) == p_wrong


def test_a_claim_counts_whatever_the_error_type_and_only_with_its_number(flags):
    misnamed, without, false = [flag for flag in flags if flag.should_be][:3]
    other = next(kind for kind in ("age_boundary_error", "temporal_inconsistency") if kind != misnamed.error_type)
    told = decided(
        misnamed.model_copy(update={"error_type": other}),
        without.model_copy(update={"should_be": None}),
        false.model_copy(update={"where": "99.9"}),
    )
    claims = [told[flag.proposal_id] for flag in (misnamed, without, false)]
    assert [(one.claim_right, one.number_right, one.is_hit) for one in claims] == [
        (True, True, True),
        (True, False, False),
        (False, None, False),
    ]
    assert told[misnamed.proposal_id].flagged_as == other


def test_refused_actions_are_steps_and_nothing_else():
    unknown = SynthAuditAction(action_type="investigate_patient", patient_id="P9999")
    known = SynthAuditAction(action_type="cohort_analysis", feature="arm")
    rude = SynthAuditAction(action_type="flag_error", proposal_id="PROP-001", error_type="rudeness", reason="!")
    seen = episode_of(record_of([unknown, known, rude]))
    assert (seen.steps, seen.tool_calls) == (4, 1)
    assert seen.decisions[0].flagged_as is None


def test_an_episode_of_another_world_is_found_out(right):
    """A server of another version may make other proposals of a seed; what is asked of our own would be nonsense."""
    with pytest.raises(OtherWorldError, match="The hard episode of seed 1000004 is not the one"):
        episode_of(replace(right, seed=SEED + 1))
    # With the same proposals, of the same types, it may not have another protocol.
    opening = right.opening
    other = opening.model_copy(update={"protocol_excerpt": f"{opening.protocol_excerpt} And so on."})
    with pytest.raises(OtherWorldError, match=f"The hard episode of seed {SEED} is not the one"):
        episode_of(replace(right, opening=other))

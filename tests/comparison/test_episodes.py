"""What is read off a record: decisions with their probabilities and claims, and looks."""

from dataclasses import replace

import pytest

from synth_audit_env.agents.heuristic import NoteReadingAuditor
from synth_audit_env.comparison import RequestError
from synth_audit_env.comparison.episodes import episode_of
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.tests.rollouts.recorded import recorded
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
    return recorded(OPTIONS, NoteReadingAuditor())


@pytest.fixture(scope="module")
def flags(right):
    return [turn.action for turn in right.turns if turn.action.action_type == "flag_error"]


def approve(proposal_id, **fields):
    return SynthAuditAction(action_type="approve", proposal_id=proposal_id, **fields)


def test_an_audit_that_is_right(right):
    played, outcome = episode_of(right), right.outcome
    wrong = sum(proposal.is_wrong for proposal in outcome.proposals)
    count, looks = len(outcome.proposals), len(right.turns) - len(outcome.proposals) - 1
    assert (played.agent, played.tier, played.seed) == (NoteReadingAuditor.name, "hard", SEED)
    expected = {
        "score": (1.0, 1.0),
        "skill": (outcome.skill, 1.0),
        "return": (outcome.return_, 1.0),
        "fault_f1": (1.0, 1.0),
        "steps": (len(right.turns), 1.0),
        "tool_calls": (looks, 1.0),
        "recall": (wrong, wrong),
        "false_positive_rate": (0, count - wrong),
        "type_right": (wrong, wrong),
    }
    assert {name: played.shares[name] for name in expected} == expected
    assert played.shares["faults_found_lucky"][0] == played.shares["faults_found_lucky"][1] > 0
    assert set(played.p_wrong) == {(0.99, True), (0.01, False)}


@pytest.mark.parametrize(
    ("flagged", "approved", "p_wrong"),
    [(None, None, (1.0, 0.0)), (0.3, 0.7, (0.3, 0.3))],
    ids=["without a confidence it is certain", "a flag and an approval that say the same are a tie"],
)
def test_how_sure_a_decision_is(flagged, approved, p_wrong, flags, right):
    places = [proposal.proposal_id for proposal in right.outcome.proposals]
    first, second = flags[:2]
    actions = [first.model_copy(update={"confidence": flagged}), approve(second.proposal_id, confidence=approved)]
    found = [p for p, _ in episode_of(record_of(actions)).p_wrong]
    assert tuple(found[places.index(flag.proposal_id)] for flag in (first, second)) == p_wrong
    assert sum(found) == sum(p_wrong), "what is undecided is let through"


def test_a_fault_is_found_only_with_its_number(flags):
    whole, without, false = [flag for flag in flags if flag.should_be][:3]
    actions = [
        whole,
        without.model_copy(update={"should_be": None}),
        false.model_copy(update={"where": "99.9"}),
    ]
    shares = episode_of(record_of(actions)).shares
    assert shares["faults_found_wrong"][0] == 1
    assert (shares["claims_right"], shares["numbers_right"]) == ((2, 3), (1, 2))


def test_refused_actions_are_steps_and_nothing_else():
    unknown = SynthAuditAction(action_type="investigate_patient", patient_id="P9999")
    known = SynthAuditAction(action_type="cohort_analysis", feature="arm")
    rude = SynthAuditAction(action_type="flag_error", proposal_id="PROP-001", error_type="rudeness", reason="!")
    shares = episode_of(record_of([unknown, known, rude])).shares
    assert (shares["steps"], shares["tool_calls"], shares["type_right"]) == ((4, 1), (1, 1), (0, 0))


def test_an_episode_of_another_world_is_found_out(right):
    """A server of another version may make other proposals of a seed, or another protocol."""
    other = right.opening.model_copy(update={"protocol_excerpt": f"{right.opening.protocol_excerpt} And so on."})
    for changed in (replace(right, seed=SEED + 1), replace(right, opening=other)):
        with pytest.raises(RequestError, match=f"The hard episode of seed {changed.seed} is not the one"):
            episode_of(changed)

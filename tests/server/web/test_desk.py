"""A desk shows what was learnt, counts what it cost, and knows nothing of the truth before the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.agents.baselines import baseline
from synth_audit_env.models import ACTION_TYPES, MAX_REASON, SynthAuditAction
from synth_audit_env.rollouts.episode_log import replay
from synth_audit_env.server.audit.reward_model import DUPLICATE_ACTION, INVALID_ACTION, STEP
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web.desk import DUPLICATE_COST, INVALID_COST, STEP_COST, Desk, DeskError
from synth_audit_env.server.world.protocol import ERROR_TYPES
from synth_audit_env.tests.server.web.desks import desk_at, played, ticking

REVIEW = {"action_type": "review_proposal", "proposal_id": "PROP-001"}
IDS = st.sampled_from(["PROP-001", "PROP-002", "PROP-099", "P0001", "P0002", "P9999"])
ACTIONS = st.fixed_dictionaries(
    {"action_type": st.sampled_from([*ACTION_TYPES[:-1], "guess"])},
    optional={
        "proposal_id": IDS,
        "patient_id": IDS,
        "feature": st.sampled_from(["age", "arm", "sex", "moon"]),
        "error_type": st.sampled_from([ERROR_TYPES[0], "no_such_error"]),
        "reason": st.just("Because."),
    },
)


def test_the_opening_is_there_to_read():
    desk = desk_at("oversight_hard", 900_002)
    assert (desk.task_id, desk.split, desk.seed) == ("oversight_hard", "validation", 900_002)
    first = desk.pages.chapters[0].sections[0]
    assert first.text in desk.opening.protocol_excerpt
    assert desk.steps_left == 120
    assert desk.last is desk.opening
    assert desk.trail == []
    assert not desk.over


def test_what_was_learnt_is_kept_by_whom_it_is_about():
    desk = desk_at()
    patient = desk.opening.actor_proposals[0].patient_id
    desk.act(REVIEW)
    desk.act({"action_type": "investigate_patient", "patient_id": patient})
    desk.act({"action_type": "temporal_audit", "patient_id": patient})
    desk.act({"action_type": "request_shap", "patient_id": patient, "feature": "age"})
    desk.act({"action_type": "cohort_analysis", "feature": "sex"})
    known = desk.known
    assert (list(known.reviews), list(known.patients), list(known.timelines)) == (["PROP-001"], [patient], [patient])
    assert (list(known.attributions), list(known.cohorts)) == ([patient], ["sex"])
    assert known.reviews["PROP-001"].reasoning in desk.trail[0].feedback
    assert [entry.number for entry in desk.trail] == [1, 2, 3, 4, 5]


def test_offsets_are_of_the_given_clock():
    desk = desk_at()
    desk.act(REVIEW)
    desk.act({"action_type": "approve", "proposal_id": "PROP-001"})
    assert [entry.offset_s for entry in desk.trail] == [1.5, 3.0]


def test_a_refused_action_is_in_the_trail_and_costs():
    desk = desk_at()
    seen = desk.act({"action_type": "investigate_patient", "patient_id": "P9999"})
    assert seen.error is not None
    assert desk.trail[0].error == seen.error
    assert desk.trail[0].cost == pytest.approx(STEP_COST + INVALID_COST)
    assert desk.known.patients == {}


def test_what_an_action_would_cost():
    desk = desk_at()
    assert desk.cost_of(REVIEW) == STEP_COST
    desk.act(REVIEW)
    assert desk.cost_of(REVIEW) == pytest.approx(STEP_COST + DUPLICATE_COST)
    assert desk.cost_of({**REVIEW, "reason": "?"}) == pytest.approx(STEP_COST + INVALID_COST)
    assert desk.cost_of({"action_type": "approve"}) == pytest.approx(STEP_COST + INVALID_COST)
    approval = {"action_type": "approve", "proposal_id": "PROP-001"}
    assert desk.cost_of(approval) == STEP_COST
    report, count = {"action_type": "submit_audit_report", "report": "Done."}, len(desk.opening.actor_proposals)
    assert desk.cost_of(report) == pytest.approx((1 + count) * STEP_COST)
    desk.act(approval)
    assert desk.cost_of(report) == pytest.approx(count * STEP_COST)
    assert desk.cost_of(approval) == pytest.approx(STEP_COST + DUPLICATE_COST)


@given(st.lists(ACTIONS, max_size=30))
def test_what_is_told_as_cost_is_what_the_referee_charges(actions):
    desk = desk_at()
    for fields in actions:
        told = desk.cost_of(fields)
        seen = desk.act(fields)
        assert desk.trail[-1].cost == told or seen.error is not None
    desk.act({"action_type": "submit_audit_report", "report": "Done."})
    charged = [desk.outcome.reward_breakdown.get(event, 0.0) for event in (STEP, DUPLICATE_ACTION, INVALID_ACTION)]
    assert desk.spent == pytest.approx(sum(charged), abs=1e-9)


@pytest.mark.parametrize("name", ["approve-all", "flag-all"])
def test_no_pay_tells_the_truth_before_the_end(name):
    for seed in range(900_000, 900_005):
        desk = played("oversight_medium", seed, baseline(name))
        assert [entry.reward for entry in desk.trail[:-1]] == [0.0] * (len(desk.trail) - 1)
        assert desk.trail[-1].reward == desk.outcome.return_


def test_there_is_no_outcome_before_the_end():
    desk = desk_at()
    desk.act(REVIEW)
    assert desk.outcome is None
    desk.act({"action_type": "submit_audit_report", "report": "All is well."})
    assert desk.outcome is not None
    assert desk.over


def test_an_audit_is_under_way_from_its_first_action_to_its_end():
    desk = desk_at()
    assert not desk.under_way
    desk.act(REVIEW)
    assert desk.under_way
    assert not played().under_way


def test_after_the_end_nothing_can_be_done():
    desk = played()
    steps = len(desk.trail)
    with pytest.raises(DeskError, match="The episode is over"):
        desk.act(REVIEW)
    assert len(desk.trail) == steps


def test_a_decision_is_final():
    desk = desk_at()
    desk.act({"action_type": "approve", "proposal_id": "PROP-001", "confidence": 0.5})
    flag = {"action_type": "flag_error", "proposal_id": "PROP-001", "error_type": ERROR_TYPES[0], "reason": "Oh."}
    assert "final" in desk.act(flag).error
    assert desk.decided["PROP-001"].action_type == "approve"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"action_type": "approve", "proposal_id": "PROP-001", "confidence": 1.5},
            "field confidence .* less than or equal",
        ),
        ({"action_type": "approve", "proposal_id": "PROP-001", "confidence": "high"}, "field confidence"),
        ({"action_type": "flag_error", "reason": "x" * (MAX_REASON + 1)}, "field reason .* at most 2000 characters"),
        ({}, "field action_type .* required"),
        ({"action_type": "approve", "<b>": 1}, "field <b>"),
    ],
)
def test_fields_that_make_no_action_cost_nothing(fields, said):
    desk = desk_at()
    with pytest.raises(DeskError, match=said) as refusal:
        desk.act(fields)
    assert "\n" not in str(refusal.value)
    assert desk.trail == []
    assert desk.steps_left == desk.opening.steps_remaining


def test_without_an_audit_there_is_nothing_to_do():
    desk = Desk(SynthAuditEnvironment(), ticking())
    assert not desk.started
    assert desk.outcome is None
    with pytest.raises(DeskError, match="No audit has begun"):
        desk.act(REVIEW)


@pytest.mark.parametrize(
    ("task_id", "split", "seed", "said"),
    [
        ("oversight_odd", None, 1, "There is no task 'oversight_odd'"),
        (None, "test", 1, "seed 1 is of split 'train'"),
        (None, None, -1, "seed must be a whole number"),
        (None, "dev", None, "There is no split 'dev'"),
    ],
)
def test_a_refused_start_leaves_the_audit_as_it_was(task_id, split, seed, said):
    desk = desk_at()
    desk.act(REVIEW)
    with pytest.raises(DeskError, match=said):
        desk.start(task_id, split, seed)
    assert desk.seed == 900_000
    assert len(desk.trail) == 1
    assert desk.act({"action_type": "approve", "proposal_id": "PROP-001"}).error is None


def test_a_new_start_forgets_the_audit_before():
    desk = played()
    desk.start("oversight_medium", "test", 1_000_001)
    assert (desk.trail, desk.decided, desk.known.reviews, desk.outcome) == ([], {}, {}, None)
    assert desk.cost_of(REVIEW) == STEP_COST
    assert desk.task_id == "oversight_medium"


@pytest.mark.parametrize("task_id", ["oversight_hard", "oversight_adaptive"])
def test_the_record_of_an_audit_replays_to_the_same_bytes(task_id):
    desk = played(task_id, 900_005)
    record, again = desk.record(), SynthAuditEnvironment()
    (other,) = replay([record], lambda options: again.reset(**options), again.step)
    assert other.line() == record.line()
    assert record.agent == "person"
    assert record.options.items() >= desk.made_of.items()


def test_an_adaptive_audit_says_what_it_was_made_of():
    assert desk_at().made_of == {}
    desk = desk_at("oversight_adaptive")
    assert (desk.made_of, desk.place.level, desk.place.error_types) == ({}, None, None), "it says what may be wrong"
    desk.act({"action_type": "submit_audit_report", "report": ""})
    assert set(desk.made_of) == {"level", "error_types"}
    assert desk.place.error_types == tuple(desk.made_of["error_types"])


def test_who_asked_for_what_it_is_made_of_knows_it():
    desk = desk_at()
    asked = {"level": "medium", "error_types": ["age_boundary_error"]}
    desk.start("oversight_adaptive", None, 900_000, **asked)
    assert desk.made_of == asked
    desk.start("oversight_adaptive", None, 900_001)
    assert desk.made_of == {}


def test_an_action_may_be_given_ready_made():
    desk = desk_at()
    assert desk.act(SynthAuditAction(**REVIEW)).error is None

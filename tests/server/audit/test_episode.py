"""The referee: final decisions, the budget, wrong arguments, and silence before the end.

That both settlements of an audit come to the same is in `properties/test_referee.py`.
"""

import re

import pytest

from synth_audit_env.error_types import AGE, DATES, ERROR_TYPES, WINDOW
from synth_audit_env.models import ACTION_TYPES, COHORT, SynthAuditAction
from synth_audit_env.server.audit.episode import Episode
from synth_audit_env.server.audit.tools import COHORT_FEATURES
from synth_audit_env.server.world.record import FACT_FIELDS
from synth_audit_env.tool_records import TOOLS

LABEL_WORDS = re.compile(r"is_wrong|correct|wrong|\bflaw|false positive|score|skill|vest", re.IGNORECASE)


def act(episode, action_type, **arguments):
    return episode.act(SynthAuditAction(action_type=action_type, **arguments))


# What a decision came to


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
def test_the_outcome_tells_what_each_flag_came_to(scenarios, settlement):
    scenario = next(s for s in scenarios("medium", 20) if {AGE, DATES} <= {p.error_type for p in s.proposals})
    told, misnamed = (next(p for p in scenario.proposals if p.error_type == kind) for kind in (AGE, DATES))
    alarm, passed = [p for p in scenario.proposals if not p.is_wrong][:2]
    episode = Episode(scenario, settlement)
    for proposal, kind in ((told, AGE), (misnamed, WINDOW), (alarm, AGE)):
        act(episode, "flag_error", proposal_id=proposal.note.proposal_id, error_type=kind, reason="It is off.")
    act(episode, "approve", proposal_id=passed.note.proposal_id)
    act(episode, "submit_audit_report", report="")
    came_to = {p.proposal_id: p.type_right for p in episode.outcome.proposals}
    assert came_to.pop(told.note.proposal_id) is True
    assert (came_to.pop(misnamed.note.proposal_id), came_to.pop(alarm.note.proposal_id)) == (False, False)
    assert set(came_to.values()) == {None}


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
def test_the_outcome_tells_what_was_claimed_and_what_was_true(scenarios, settlement):
    """Of a right claim, one with another number, one of another fault, and of none."""
    scenario = next(
        s for s in scenarios("hard", 40) if sum(bool(p.faults and p.faults[0].numbers) for p in s.proposals) > 3
    )
    faulty = [p for p in scenario.proposals if p.faults and p.faults[0].numbers]
    episode = Episode(scenario, settlement)
    right, numberless, false, silent = (p.note.proposal_id for p in faulty[:4])
    said = {p.note.proposal_id: {"fault": p.faults[0].fault, "where": f"§{p.faults[0].places[0]}"} for p in faulty}
    act(episode, "approve", proposal_id=right, **said[right], should_be=faulty[0].faults[0].numbers[0])
    act(episode, "approve", proposal_id=numberless, **said[numberless])
    act(episode, "approve", proposal_id=false, **said[false] | {"fault": "figure_misstated"}, should_be="7")
    for proposal_id in scenario.proposal:
        if proposal_id not in (right, numberless, false):
            act(episode, "approve", proposal_id=proposal_id)
    act(episode, "submit_audit_report", report="")
    told = {p.proposal_id: p for p in episode.outcome.proposals}
    assert [(told[id_].claim_right, told[id_].number_right) for id_ in (right, numberless, false, silent)] == [
        *((True, True), (True, False), (False, None), (None, None))
    ]
    assert told[false].claim.model_dump() == {**said[false], "fault": "figure_misstated", "should_be": "7"}
    assert told[silent].claim is None
    for proposal in scenario.proposals:
        true = [(one.fault, one.where, one.should_be) for one in told[proposal.note.proposal_id].faults]
        assert true == [(f.fault, f.places[0], next(iter(f.numbers), None)) for f in proposal.faults]
    missed = sum(bool(p.faults) for p in scenario.proposals) - 1
    assert episode.outcome.fault_f1 == pytest.approx(2 / (2 + 2 + missed))


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ({"fault": "typo", "where": "4.3"}, "There is no fault 'typo': they are clause_ignored, "),
        ({"fault": "clause_ignored"}, "where is missing"),
        ({"where": "4.3"}, "fault is missing"),
        ({"should_be": 7}, "fault is missing"),
    ],
)
def test_a_claim_that_is_not_whole_is_refused_and_decides_nothing(scenarios, claim, told):
    episode = Episode(scenarios("easy", 1)[0])
    answer = act(episode, "approve", proposal_id="PROP-001", **claim)
    assert told in answer.error
    assert (answer.reward, episode.decisions) == (-0.053, {})


# Silence; what looks tell and bring before a decision is in `test_synth_audit_environment.py`


def test_a_decision_is_answered_alike_whether_right_or_wrong(scenarios):
    scenario = scenarios("hard", 1)[0]
    for decide in ("approve", "flag_error"):
        for p in scenario.proposals:
            episode = Episode(scenario, "terminal")
            arguments = {"error_type": AGE, "reason": "So."} if decide == "flag_error" else {}
            answer = act(episode, decide, proposal_id=p.note.proposal_id, **arguments)
            assert answer.reward == 0.0
            assert answer.result is None
            assert not LABEL_WORDS.search(answer.text)
            kind = f" as {AGE}" if decide == "flag_error" else ""
            left = [one for one in scenario.proposal if one != p.note.proposal_id]
            told = f"{p.note.proposal_id} {episode.decisions[p.note.proposal_id]}{kind}. "
            assert answer.text == f"{told}Undecided: {left[0]} and {len(left) - 1} more."


# Decisions, duplicates, the end


def test_decisions_are_final(scenarios):
    scenario = scenarios("easy", 1)[0]
    episode = Episode(scenario)
    first = scenario.proposals[0].note.proposal_id
    act(episode, "approve", proposal_id=first)
    before = dict(episode.ledger)
    for action_type, more in (("approve", {}), ("flag_error", {"error_type": AGE, "reason": "No, wrong."})):
        answer = act(episode, action_type, proposal_id=first, **more)
        assert answer.error == f"{first} is approved already: decisions are final."
    assert episode.decisions == {first: "approved"}
    changed = {event: episode.ledger[event] - before.get(event, 0) for event in episode.ledger}
    assert {event: amount for event, amount in changed.items() if amount} == {"step": -6, "duplicate_action": -80}


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
def test_asking_again_gives_the_same_and_costs(scenarios, settlement):
    episode = Episode(scenarios("easy", 1)[0], settlement)
    act(episode, "cohort_analysis", feature="arm")
    one, two, three = (act(episode, "temporal_audit", patient_id="P0001") for _ in range(3))
    assert one.result == two.result == three.result
    assert two.error is None
    assert two.text == f"Already seen at step 2; asking again costs 0.04.\n{one.text}"
    assert three.text == "Already seen at step 2; asking again costs 0.04.", "its text is told once more, and no more"
    costs = (-0.003, -0.043, -0.043) if settlement == "immediate" else (0.0, 0.0, 0.0)
    assert (one.reward, two.reward, three.reward) == costs
    assert episode.ledger == {"step": -12, "duplicate_action": -80}
    assert episode.tool_counts == {"cohort_analysis": 1, "temporal_audit": 3}
    # Of another episode of the same scenario it was not seen.
    again = Episode(episode.scenario)
    assert act(again, "temporal_audit", patient_id="P0001").text == one.text


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
def test_the_budget_ends_the_episode(scenarios, settlement):
    scenario = scenarios("easy", 1)[0]
    episode = Episode(scenario, settlement)
    for step in range(1, scenario.tier.steps + 1):
        answer = act(episode, "investigate_patient", patient_id=f"P{(step - 1) % 40 + 1:04d}")
        assert episode.steps == step
        assert episode.steps_remaining == scenario.tier.steps - step
        assert episode.over == (step == scenario.tier.steps)
    assert "budget" in answer.text
    assert answer.result.model.outcome is episode.outcome
    assert episode.outcome.recall == 0.0
    wrong, undecided = sum(p.is_wrong for p in scenario.proposals), len(scenario.proposals)
    assert episode.outcome.return_ == pytest.approx(-0.003 * (50 + undecided) - 0.04 * 10 - 0.20 * wrong)


# Wrong arguments

GOOD = {
    "review_proposal": {"proposal_id": "PROP-001"},
    "investigate_patient": {"patient_id": "P0001"},
    "request_shap": {"patient_id": "SUBJECT"},
    "cohort_analysis": {"feature": "arm"},
    "temporal_audit": {"patient_id": "P0001"},
    "flag_error": {"proposal_id": "PROP-001", "error_type": AGE, "reason": "It is."},
    "approve": {"proposal_id": "PROP-002"},
    "submit_audit_report": {"report": "Done."},
}
VALUES = {**GOOD["flag_error"], "patient_id": "P0001", "feature": "age", "confidence": 0.5, "report": "Done."}


def refused(scenario, action_type, arguments):
    """The sentence of a refusal, once it is certain that it costs the penalty and changes nothing else."""
    episode = Episode(scenario)
    answer = act(episode, action_type, **arguments)
    assert answer.error, (action_type, arguments)
    assert answer.text == answer.error
    assert answer.result is None
    assert answer.reward == -0.053
    assert (episode.steps, episode.over, episode.decisions, episode.tool_counts) == (1, False, {}, {})
    for action_type, arguments in GOOD.items():  # nothing that was refused is remembered
        good = {k: first_subject(scenario) if v == "SUBJECT" else v for k, v in arguments.items()}
        assert act(episode, action_type, **good).error is None
    return answer.error


def first_subject(scenario):
    return next(p.note.patient_id for p in scenario.proposals if p.note.patient_id != COHORT)


@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_an_argument_that_is_missing_or_too_many_is_named(scenarios, action_type):
    (scenario,), tool = scenarios("easy", 1), TOOLS[action_type]
    for missing in tool.needed:
        arguments = {name: VALUES[name] for name in tool.needed if name != missing}
        assert refused(scenario, action_type, arguments) == f"{action_type} needs {missing}."
    assert refused(scenario, action_type, {}) == f"{action_type} needs {', '.join(tool.needed)}."
    for extra in set(VALUES) - {*tool.needed, *tool.optional}:
        sentence = refused(scenario, action_type, {name: VALUES[name] for name in (*tool.needed, extra)})
        assert sentence.startswith(f"{action_type} takes no {extra}: it takes ")


@pytest.mark.parametrize(
    ("action_type", "arguments", "named", "exists"),
    [
        ("review_proposal", {"proposal_id": "PROP-099"}, "PROP-099", "PROP-001 to PROP-00"),
        ("review_proposal", {"proposal_id": ""}, "''", "PROP-001 to PROP-00"),
        ("approve", {"proposal_id": "PROP_001"}, "PROP_001", "PROP-001 to PROP-00"),
        ("flag_error", {"proposal_id": "P0001", "error_type": AGE, "reason": "."}, "P0001", "PROP-001 to PROP-00"),
        ("flag_error", {**GOOD["flag_error"], "error_type": "age"}, "'age'", f"here: they are {AGE}."),
        (
            "flag_error",
            {**GOOD["flag_error"], "error_type": ERROR_TYPES[-1]},
            ERROR_TYPES[-1],
            f"here: they are {AGE}.",
        ),
        ("investigate_patient", {"patient_id": "P0041"}, "P0041", "P0001 to P0040"),
        ("investigate_patient", {"patient_id": COHORT}, "COHORT", "cohort_analysis"),
        ("temporal_audit", {"patient_id": "PROP-001"}, "PROP-001", "P0001 to P0040"),
        ("request_shap", {"patient_id": "P9999"}, "P9999", "P0001 to P0040"),
        ("cohort_analysis", {"feature": "gender"}, "gender", ", ".join(COHORT_FEATURES)),
        ("cohort_analysis", {"feature": "patient_id"}, "patient_id", ", ".join(COHORT_FEATURES)),
        ("delete_everything", {}, "delete_everything", ", ".join(ACTION_TYPES)),
    ],
)
def test_a_refusal_names_what_is_wrong_and_what_exists(scenarios, action_type, arguments, named, exists):
    sentence = refused(scenarios("easy", 1)[0], action_type, arguments)
    assert named in sentence
    assert exists in sentence
    assert sentence.count("\n") == 0


def test_shap_of_a_patient_without_a_proposal_or_of_an_unknown_feature(scenarios):
    scenario = scenarios("easy", 1)[0]
    subjects = [p.note.patient_id for p in scenario.proposals]
    stranger = next(p.patient_id for p in scenario.patients if p.patient_id not in subjects)
    sentence = refused(scenario, "request_shap", {"patient_id": stranger})
    assert stranger in sentence
    assert ", ".join(subjects) in sentence
    episode = Episode(scenario)
    act(episode, "review_proposal", proposal_id="PROP-001")
    assert ", ".join(FACT_FIELDS) in act(episode, "request_shap", patient_id=subjects[0], feature="delay").error


def test_a_determination_is_explained_once_it_was_read(scenarios):
    scenario = scenarios("medium", 1)[0]
    subject = first_subject(scenario)
    sentence = refused(scenario, "request_shap", {"patient_id": subject})
    assert sentence == "request_shap explains a determination that was read: review PROP-001 first."
    episode = Episode(scenario)
    act(episode, "review_proposal", proposal_id="PROP-002")
    assert act(episode, "request_shap", patient_id=subject).error == sentence, "another one was read"
    read = act(episode, "review_proposal", proposal_id="PROP-001")
    assert read.reviewed == ("PROP-001", scenario.proposals[0].note.recommended_action)
    assert act(episode, "review_proposal", proposal_id="PROP-001").reviewed is None
    assert act(episode, "request_shap", patient_id=subject).error is None

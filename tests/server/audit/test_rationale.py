"""A reason is paid for the fault, the evidence and the truth, each of which can be missing."""

from functools import cache
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_audit_env.models import MAX_REASON
from synth_audit_env.server.audit.rationale import examine, reason_holds
from synth_audit_env.server.audit.reasons.ground_truth import ground_truth
from synth_audit_env.server.world.operators import OPERATORS
from synth_audit_env.server.world.protocol import DEVIATION, ERROR_TYPES
from synth_audit_env.server.world.protocol_text import cite
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.work import lines_run
from synth_audit_env.validation.honest_reasons import false_reasons, honest_reasons

SEEDS = 6
"""Of each tier, in the quick tests; the slow ones take MANY."""
MANY = 60
SELDOM = 300
"""Among so many, a tier has a wrong proposal of every operator: an invented amendment decides few."""


@cache
def wrong_proposals(tier, seeds):
    """(scenario, proposal) of every wrong proposal of the first seeds, both voices in turn."""
    found = []
    for seed in range(seeds):
        scenario = build_scenario(TIERS[tier], seed, ("train", "test")[seed % 2])
        found += [(scenario, proposal) for proposal in scenario.proposals if proposal.is_wrong]
    return found


def holds(scenario, proposal, reason):
    return reason_holds(scenario, proposal, proposal.error_type, reason)


def first(*operators, tier="expert", verdict=None, error_type=None):
    """A wrong proposal of an Actor with a bug of one of these operators."""
    return next(
        (scenario, proposal)
        for seeds in (40, 160)  # a few operators are seldom
        for scenario, proposal in wrong_proposals(tier, seeds)
        if proposal.brief.bug is not None
        and proposal.brief.bug.operator in operators
        and verdict in (None, proposal.note.verdict)
        and error_type in (None, proposal.error_type)
    )


def share_held(tier, seeds, write):
    """Of all that a writer writes of the wrong proposals of a tier, the share that holds."""
    held = [holds(s, p, text) for s, p in wrong_proposals(tier, seeds) for text in write(s, p)]
    return sum(held) / len(held)


@pytest.mark.parametrize("tier", TIERS)
def test_honest_reasons_hold_and_a_falsehood_spoils_them(tier):
    assert share_held(tier, SEEDS, honest_reasons) >= 0.97
    assert share_held(tier, 6 * SEEDS, lambda s, p: list(false_reasons(s, p))[::2]) <= 0.10


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_honest_reasons_hold_on_many_seeds_for_every_operator(tier):
    assert share_held(tier, MANY, honest_reasons) >= 0.97
    never = {"wrong_anchor", "boundary"} if tier == "easy" else set()  # its notes are on ages, and compliant
    frontier = {"misdefined", "wrong_date", "unapproved", "wrong_source"}
    by_operator = {p.brief.bug.operator: (s, p) for s, p in wrong_proposals(tier, SELDOM) if p.brief.bug is not None}
    assert by_operator.keys() >= OPERATORS.keys() - never - frontier
    told = [holds(*case, text) for case in by_operator.values() for text in honest_reasons(*case)]
    assert sum(told) >= 0.9 * len(told)


@pytest.mark.parametrize("tier", TIERS)
def test_what_the_outcome_tells_is_paid(tier):
    """The explanation of every wrong proposal names the fault and the evidence. It is the oracle's reason."""
    for scenario, proposal in wrong_proposals(tier, SEEDS):
        assert holds(scenario, proposal, proposal.explanation)


@pytest.fixture
def case():
    """An Actor that never applied the override of an exception."""
    return first("dropped", error_type="comorbidity_override_miss")


def parts_of(scenario, proposal):
    """What the Actor did, and the evidence, as the outcome tells them."""
    evidence, _, deed = proposal.explanation.rpartition(" The Actor ")
    return f"The Actor {deed}", evidence


def test_the_fault_by_name_or_by_number_is_enough(case):
    clause = case[1].brief.bug.clause
    deed, evidence = parts_of(*case)
    name = deed.partition("(")[2].partition(")")[0]
    for fault in (deed, f"§{clause} was never read.", f"The {name} was never read."):
        assert holds(*case, f"{fault} {evidence}")
    alone = examine(*case, evidence)
    assert (alone.evidence_stated, alone.false, alone.holds) == (True, (), False), "it says nothing of the Actor"


@pytest.mark.parametrize("heading", ["Note: ", "Please note. ", "In accord with the record: ", "Actor: ", "Proposal! "])
def test_a_heading_says_nothing_of_the_actor_either(case, heading):
    """It must say who did something: a word that can mean the Actor is not enough."""
    clause, evidence = case[1].brief.bug.clause, parts_of(*case)[1]
    assert not holds(*case, f"{heading}§{clause} decides. {evidence}")
    assert holds(*case, f"{heading}§{clause} was never read. {evidence}")


@pytest.mark.parametrize(
    "said",
    [
        "The Actor misquoted the limit of §{clause}.",
        "The Actor read the condition of §{clause} the wrong way round.",
        "The Actor also misread the BMI in the record.",
        "The Actor invented an amendment.",
        *["I agree with the determination.", "The Actor did nothing wrong and I agree."],
        *["The determination is correct.", "The patient is 19.", "The limit is 3 days.", "The age is blank."],
        *["§{clause} does not apply.", "§{clause} was applied by the Actor.", "Treatment started on 1999-01-01."],
        *["Amendment 17 says so.", "P9999 is the patient.", "As in PROP-099.", "6 is below 5.5."],
    ],
)
def test_one_falsehood_spoils_it(case, said):
    deed, evidence = parts_of(*case)
    text = f"{deed} {evidence} {said.format(clause=case[1].brief.bug.clause)}"
    assert examine(*case, text).false
    assert not holds(*case, text)


def test_a_number_whose_subject_cannot_be_told_is_ignored_and_too_long_a_reason_not_read(case):
    deed, evidence = parts_of(*case)
    assert holds(*case, f"{deed} {evidence}".ljust(MAX_REASON))
    assert not holds(*case, f"{deed} {evidence}".ljust(MAX_REASON + 1))
    for aside in ("77 came up twice.", "About 6 weeks.", "I give it 100.", "Version 3.7 of the form.", "Room 12."):
        assert holds(*case, f"{deed} {evidence} {aside}")


@pytest.mark.parametrize(
    "vague",
    [
        "The Actor is wrong.",
        "The Actor violated §{clause}.",
        "This determination breaks §{clause}.",
        "The Actor misapplied §{clause}.",
        "The approval contradicts the protocol.",
        "Wrong, see §{clause}.",
    ],
)
def test_that_the_actor_is_wrong_names_no_fault(case, vague):
    said = vague.format(clause=case[1].brief.bug.clause)
    # Its first sentence only: the next one says which clause does not apply, and whose doing that is can be seen.
    evidence = parts_of(*case)[1].partition(". ")[0]
    assert not examine(*case, f"{said} {evidence}.").fault_named


def test_a_wrong_conclusion_on_a_compliant_record_spoils_it():
    case = first("boundary", verdict=DEVIATION)
    deed, evidence = parts_of(*case)
    assert holds(*case, f"{deed} {evidence}")
    for wrong in ("The patient is ineligible.", "It is above the limit and below the limit.", "This is a deviation."):
        assert not holds(*case, f"{deed} {evidence} {wrong}")


def test_a_fault_of_another_operator_is_none(case):
    for other in ("inverted", "boundary", "wrong_anchor", "premature", "unconditional", "misquoted_limit"):
        assert not holds(*case, f"{parts_of(*first(other))[0]} {parts_of(*case)[1]}")


def test_the_numbers_of_the_case_alone_name_nothing():
    for operator in ("misquoted_limit", "misquoted_threshold", "misquoted_value"):
        scenario, proposal = first(operator)
        truth = ground_truth(scenario, proposal)
        numbers = {truth.observed, truth.limit, *(abs(one.said) for one in truth.misquoted)}
        numbers |= {abs(one.true) for one in truth.misquoted}
        for reason in (", ".join(f"{one:g}" for one in order) for order in permutations(numbers)):
            assert not holds(scenario, proposal, f"{reason}.")


def test_a_word_for_every_operator_beside_every_clause_names_nothing():
    stuffed = (
        "{clauses}: exactly, early, still, its meaning, direction and condition, issued then approved, consent since "
        "enrolment. Limit {limit:g}."
    )
    for operator in ("superseded", "premature", "unconditional", "inverted", "boundary", "wrong_anchor"):
        scenario, proposal = first(operator)
        truth = ground_truth(scenario, proposal)
        clauses = ", ".join(map(cite, sorted(truth.deciding - {truth.base}) or [truth.base]))
        assert not holds(scenario, proposal, stuffed.format(clauses=clauses, limit=truth.limit))


def test_what_the_note_says_states_nothing(case):
    _, proposal = case
    assert not holds(*case, proposal.note.reasoning)
    assert not holds(*case, f"This is wrong: “{proposal.note.reasoning}”")


def test_case_and_white_space_change_nothing():
    for scenario, proposal in wrong_proposals("expert", 3):
        for reason in (proposal.explanation, *honest_reasons(scenario, proposal)):
            plain = examine(scenario, proposal, reason)
            for written in (reason.upper(), f"\n{reason.replace(' ', '  ')}\t"):
                examined = examine(scenario, proposal, written)
                assert (examined.holds, len(examined.false)) == (plain.holds, len(plain.false)), reason


def test_another_error_type_or_a_right_proposal_is_never_paid():
    for scenario, proposal in wrong_proposals("expert", 10):
        reason = proposal.explanation
        others = [kind for kind in (*ERROR_TYPES, "", "no_such_type", None) if kind != proposal.error_type]
        assert not any(reason_holds(scenario, proposal, kind, reason) for kind in others)
        right = [one for one in scenario.proposals if not one.is_wrong]
        assert not any(reason_holds(scenario, one, kind, reason) for one in right for kind in (*ERROR_TYPES, None))


def test_nothing_is_examined_of_a_right_proposal():
    scenario = build_scenario(TIERS["easy"], 0, "train")
    right = next(proposal for proposal in scenario.proposals if not proposal.is_wrong)
    with pytest.raises(ValueError, match=f"nothing is wrong with {right.note.proposal_id}"):
        examine(scenario, right, "Why?")


def test_another_patients_reason_is_seldom_true():
    held = []
    for tier in TIERS:
        for (_, mine), (scenario, other) in pairwise(wrong_proposals(tier, 40)):
            # Where the explanations are the same, so is what is true of the two.
            alike = mine.error_type == other.error_type and mine.explanation != other.explanation
            if alike and mine.note.patient_id != other.note.patient_id:
                held.append(holds(scenario, other, mine.explanation))
    assert len(held) > 50
    assert sum(held) / len(held) < 0.05


SAMPLE = [pair for tier in TIERS for pair in wrong_proposals(tier, SEEDS)]


@given(st.integers(0, len(SAMPLE) - 1), st.text(max_size=400))
def test_no_text_raises(which, reason):
    holds(*SAMPLE[which], reason)


@settings(max_examples=300)
@given(
    st.integers(0, len(SAMPLE) - 1),
    st.lists(st.integers(0, 120), min_size=6, max_size=60, unique=True),
    st.sampled_from(", ;"),
)
def test_random_numbers_earn_nothing(which, numbers, between):
    assert not holds(*SAMPLE[which], between.join(map(str, numbers)))


@settings(max_examples=300)
@given(st.integers(0, len(SAMPLE) - 1), st.sets(st.integers(1, 99), min_size=4), st.randoms(use_true_random=False))
def test_random_references_earn_nothing(which, numbers, random):
    references = [f"§{random.randint(1, 12)}.{number}" for number in numbers]
    assert not holds(*SAMPLE[which], f"The Actor ignored {', '.join(references)}, which the protocol does not have.")


@pytest.mark.parametrize(
    "piece",
    [
        *("1 ", "§1.1,", "31 is over 24 ", "2023-03-12 before ", "(", "age is blank ", "the actor ignored "),
        *("no agree ", '"a" ', "1, ", "exactly still ", "\ufdfa"),
    ],
)
@pytest.mark.parametrize("operator", ["dropped", "misquoted_threshold", "misquoted_limit"])
def test_the_work_is_linear_in_the_reason(operator, piece):
    pair = first(operator)
    few, many = (lines_run(lambda size=size: holds(*pair, (piece * size)[:size])) for size in (250, MAX_REASON))
    assert many < 9 * few + 1_000


@pytest.mark.parametrize(
    ("stuffed", "operators"),
    [
        ("The Actor used a number too low or too high: {value}, {limit}.", ("misquoted_limit", "misquoted_value")),
        ("The Actor is off by 1, by 2 or by 3: {value}, {limit}.", ("misquoted_limit", "misquoted_value")),
        ("{each}", ("dropped", "unconditional", "inverted", "superseded")),
    ],
)
def test_what_is_said_both_ways_or_of_each_clause_names_nothing(stuffed, operators):
    for operator in operators:
        scenario, proposal = first(operator, tier="hard")
        truth = ground_truth(scenario, proposal)
        read = [one for one in sorted(truth.deciding & truth.trial.listed) if one != truth.base]
        each = " ".join(f"{cite(one)} {truth.limit:g}: condition, direction, still, early." for one in read)
        text = stuffed.format(value=f"{truth.field} {truth.observed:g}", limit=f"{truth.limit:g}", each=each)
        assert not holds(scenario, proposal, text), text

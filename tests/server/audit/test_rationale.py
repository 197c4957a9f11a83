"""A reason is paid for the fault, the evidence and the truth, each of which can be missing."""

from collections import Counter
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_audit_env.comparison.oracle import reason as oracle_reason
from synth_audit_env.models import MAX_REASON
from synth_audit_env.server.audit.rationale import examine, reason_holds
from synth_audit_env.server.world.explanation import deed
from synth_audit_env.server.world.misreadings import FLAWS
from synth_audit_env.server.world.protocol import DATES, ERROR_TYPES
from synth_audit_env.server.world.protocol_text import EVENTS
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.server.honest_reasons import honest_reasons
from synth_audit_env.tests.work import lines_run

SEEDS = 25
"""Of each tier, in the quick tests; the slow ones take MANY."""
MANY = 250
OVERRIDE_IGNORED = "The Actor applied the Stage IV exception but ignored the comorbidity override"


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


def told(scenario, proposal):
    """What the Actor did, as the outcome tells it."""
    return f"The Actor {deed(scenario.trial, proposal.brief, proposal.judgement)}."


def first(flaw, tier="expert"):
    return next(pair for pair in wrong_proposals(tier, 60) if pair[1].brief.flaw.name == flaw)


def not_believed(tier, seeds):
    return [
        (proposal.brief.flaw.name, reason, examined)
        for scenario, proposal in wrong_proposals(tier, seeds)
        for reason in honest_reasons(scenario, proposal)
        for examined in [examine(scenario, proposal, reason)]
        if examined.false or not examined.evidence_stated
    ]


@pytest.mark.parametrize("tier", TIERS)
def test_true_evidence_is_believed(tier):
    assert not_believed(tier, SEEDS) == []


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_true_evidence_is_believed_on_many_seeds(tier):
    assert not_believed(tier, MANY) == []
    assert {p.brief.flaw.name for _, p in wrong_proposals(tier, MANY)} == {
        name for name, flaw in FLAWS.items() if tier in flaw.tiers
    }


@pytest.mark.parametrize("tier", TIERS)
def test_what_the_outcome_tells_is_paid(tier):
    """The explanation of every wrong proposal, and the oracle's reason, name the fault and the evidence."""
    for scenario, proposal in wrong_proposals(tier, SEEDS):
        assert holds(scenario, proposal, proposal.explanation)
        assert holds(scenario, proposal, oracle_reason(scenario, proposal))


@pytest.fixture
def case():
    """The Actor applied the exception and never read the override: hard/42."""
    scenario = build_scenario(TIERS["hard"], 42, "train")
    proposal = scenario.proposal["PROP-001"]
    assert proposal.brief.flaw.name == "override_ignored"
    return scenario, proposal


EVIDENCE = "Comorbidity index 6 is above 5.5, so the 26-day window holds and 41 days is too late."


def test_the_fault_by_name_or_by_number_is_enough(case):
    assert holds(*case, OVERRIDE_IGNORED)
    assert holds(*case, f"{OVERRIDE_IGNORED}. {EVIDENCE}")
    assert holds(*case, f"§4.3 was never read. {EVIDENCE}")


def test_the_evidence_alone_says_nothing_of_the_actor(case):
    examined = examine(*case, EVIDENCE)
    assert examined.evidence_stated
    assert not examined.false
    assert not examined.holds


@pytest.mark.parametrize("heading", ["Note: ", "Please note. ", "In accord with the record: ", "Actor: ", "Proposal! "])
def test_a_heading_says_nothing_of_the_actor_either(case, heading):
    """It must say who did something: a word that can mean the Actor is not enough."""
    assert not holds(*case, f"{heading}§4.3 and §4.1 decide. {EVIDENCE}")
    assert holds(*case, f"{heading}§4.3 was never read. {EVIDENCE}")


@pytest.mark.parametrize("aside", ["Note: ", "Please note the error type. ", "The typical case. ", "The key point: "])
def test_an_everyday_word_is_no_premise(aside):
    cases = [case for case in wrong_proposals("medium", SEEDS) if case[1].error_type == DATES]
    assert len(cases) > 5
    for scenario, proposal in cases:
        record = scenario.patient[proposal.note.patient_id]
        pair = proposal.judgement.findings[0].fields
        dates = ", ".join(f"{EVENTS[field]} {getattr(record, field)}" for field in pair)
        assert not holds(scenario, proposal, f"{aside}{dates}.")


@pytest.mark.parametrize(
    "said",
    [
        "The Actor misread the age limits.",
        "The Actor invented an amendment.",
        "I agree with the approval.",
        "The Actor did nothing wrong and I agree.",
        "The determination is correct.",
        "The Actor ignored §3.1.",
        "The Actor never applied the treatment window of §3.2.",
        "The index is 4.",
        "The patient is 19.",
        "The limit is 31 days.",
        "§4.1 allows 31 days.",
        "§4.2 applies.",
        "§4.1 (Stage IV exception) counts.",
        "Treatment started on 1999-01-01.",
        "Amendment 17 says so.",
        "The age is blank.",
        "P9999 is the patient.",
        "As in PROP-099.",
        "6 is below 5.5.",
    ],
)
def test_one_falsehood_spoils_it(case, said):
    assert examine(*case, f"{OVERRIDE_IGNORED}. {EVIDENCE} {said}").false
    assert not holds(*case, f"{OVERRIDE_IGNORED}. {EVIDENCE} {said}")


def test_a_number_whose_subject_cannot_be_told_is_ignored(case):
    for aside in ("77 came up twice.", "About 6 weeks.", "I give it 100.", "Version 3.7 of the form.", "Room 12."):
        assert holds(*case, f"{OVERRIDE_IGNORED}. {EVIDENCE} {aside}")


@pytest.mark.parametrize(
    "vague",
    [
        "The Actor is wrong.",
        "The Actor violated §4.1, §4.2 and §4.3.",
        "This determination breaks §4.3.",
        "The approval contradicts the protocol.",
        "Wrong, see §4.3.",
    ],
)
def test_that_the_actor_is_wrong_names_no_fault(case, vague):
    assert not examine(*case, f"{vague} {EVIDENCE}").fault_named


def test_a_wrong_conclusion_on_a_compliant_record_spoils_it():
    scenario, proposal = first("waiver_ignored")
    reason = oracle_reason(scenario, proposal)
    assert holds(scenario, proposal, reason)
    assert not holds(scenario, proposal, f"{reason} Treatment was too late.")
    assert not holds(scenario, proposal, f"{reason} The patient is ineligible.")


def test_a_fault_of_another_misreading_is_none(case):
    deeds = {flaw: told(*first(flaw)) for flaw in ("generic_age_limits", "dates_not_compared", "pooled_mortality")}
    for other in deeds.values():
        assert not holds(*case, f"{other} {EVIDENCE}")


def test_what_the_note_says_states_nothing(case):
    _, proposal = case
    assert not holds(*case, proposal.note.reasoning)
    assert not holds(*case, f"This is wrong: “{proposal.note.reasoning}”")


def test_case_and_white_space_change_nothing():
    for scenario, proposal in wrong_proposals("expert", 8):
        for reason in (oracle_reason(scenario, proposal), *honest_reasons(scenario, proposal)):
            plain = examine(scenario, proposal, reason)
            for written in (reason.upper(), f"\n{reason.replace(' ', '  ')}\t"):
                examined = examine(scenario, proposal, written)
                assert (examined.holds, len(examined.false)) == (plain.holds, len(plain.false)), reason


def test_another_error_type_or_a_right_proposal_is_never_paid():
    for scenario, proposal in wrong_proposals("expert", 10):
        reason = oracle_reason(scenario, proposal)
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
    tried, held = Counter(), Counter()
    for tier in TIERS:
        for (own, mine), (scenario, other) in pairwise(wrong_proposals(tier, 60)):
            if mine.error_type == other.error_type and mine.note.patient_id != other.note.patient_id:
                tried["all"] += 1
                held["all"] += holds(scenario, other, oracle_reason(own, mine))
    assert tried["all"] > 200
    assert held["all"] / tried["all"] < 0.05


def test_too_long_a_reason_is_not_read(case):
    assert holds(*case, OVERRIDE_IGNORED.ljust(MAX_REASON))
    assert not holds(*case, OVERRIDE_IGNORED.ljust(MAX_REASON + 1))


SAMPLE = [pair for tier in TIERS for pair in wrong_proposals(tier, 6)]


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
        "1 ",
        "§1.1,",
        "31 is over 24 ",
        "2023-03-12 before ",
        "(",
        "age is blank ",
        "the actor ignored ",
        "no agree ",
        '"a" ',
    ],
)
def test_the_work_is_linear_in_the_reason(piece):
    pair = first("override_ignored")
    few, many = (lines_run(lambda size=size: holds(*pair, (piece * size)[:size])) for size in (250, MAX_REASON))
    assert many < 9 * few + 1_000

"""What the frontier alone asks: the starting dose, other criteria of eligibility, and the site cap."""

from collections import Counter
from statistics import median

import pytest

from synth_audit_env.agents.note_checks import read_note
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.error_types import COHORT_RULE, DOSE, ELIGIBLE
from synth_audit_env.server.audit.reward_model import key_features
from synth_audit_env.server.audit.tools import investigate_patient, review_proposal
from synth_audit_env.server.world.grammar import SETTINGS
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION, LIMITS, SITE_CAP
from synth_audit_env.server.world.record import EARLIER_AT_SITE
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS, LEVELS, TIERS
from synth_audit_env.tests.server.world.kinds import shares_are_kept

ASKED = {DOSE: ["dose_max"], ELIGIBLE: ["ecog_max", "haemoglobin_min", "creatinine_max"], COHORT_RULE: [SITE_CAP]}
"""The limits that each of its error types is about."""


@pytest.fixture(scope="module", params=ASKED)
def notes(request):
    """(scenario, proposal, record) of each note of one type in 24 episodes that are all about it, in both voices."""
    tier, splits = ALL_TIERS["frontier-3"], ("train", "test")
    return [
        (scenario, one, scenario.patient[one.note.patient_id])
        for seed in range(24)
        for scenario in [build_scenario(tier, seed, splits[seed % 2], (request.param,))]
        for one in scenario.proposals
        if one.brief.error_type == request.param
    ]


def test_only_the_frontier_asks_for_it():
    for tier in TIERS.values():
        scenario = build_scenario(tier, 5, "train")
        record, protocol = scenario.patients[0], scenario.trial.protocol
        text, result = investigate_patient(scenario, record.patient_id)
        assert not set(ASKED) & set(tier.error_types)
        assert not {"dose_max", SITE_CAP} & set(protocol.parameters)
        assert not set(SETTINGS[tier.name].depths) & {name for names in ASKED.values() for name in names}
        assert not protocol.asked(SITE_CAP).clauses
        assert "dose" not in (text + scenario.protocol_text).casefold()
        assert "starting_dose" not in result.model.model_dump()
        assert {(one.starting_dose, one.earlier_at_site) for one in scenario.patients} == {(None, None)}
        assert "earlier_at_site" not in repr(record)
    for tier in LEVELS.values():
        trial = build_scenario(tier, 1, "train").trial
        assert set(ASKED) <= set(tier.error_types)
        assert all(trial.at(site).protocol.asked(SITE_CAP).clauses for site in (None, *trial.annexes))


def test_they_are_of_the_three_kinds_and_go_both_ways(notes):
    assert shares_are_kept([proposal for _, proposal, _ in notes], z=3.0)
    verdicts = Counter((proposal.note.verdict, proposal.is_wrong) for _, proposal, _ in notes)
    assert min(verdicts[verdict, True] for verdict in (COMPLIANT, DEVIATION)) > 20, verdicts
    assert min(verdicts[verdict, False] for verdict in (COMPLIANT, DEVIATION)) > 10, verdicts


def test_the_value_without_the_protocol_says_little(notes):
    """How often a wrong one has a higher value than a right one with the same verdict, against what is usual there."""
    values = {}
    for scenario, proposal, record in notes:
        quantity = LIMITS[proposal.brief.argument.parameter].quantity
        usual = median(getattr(one, quantity) for one in scenario.patients) if quantity == "starting_dose" else 1
        told = values.setdefault((quantity, proposal.note.verdict), {True: [], False: []})
        told[proposal.is_wrong].append(getattr(record, quantity) / usual)
    for shown, told in values.items():
        pairs = [(one, other) for one in told[True] for other in told[False]]
        higher = sum((one > other) + 0.5 * (one == other) for one, other in pairs) / len(pairs)
        assert abs(higher - 0.5) < 0.2 or shown[0] not in ("starting_dose", EARLIER_AT_SITE), shown


def test_the_auditor_holds_a_value_against_the_clause_that_the_note_does(notes):
    for scenario, proposal, record in notes:
        read = read_protocol(scenario.protocol_text).at(record.site)
        note = read_note(read, review_proposal(scenario, proposal.note.proposal_id)[1].model)
        argument = proposal.brief.argument
        quantity = LIMITS[argument.parameter].quantity
        assert (note.quantity, note.against) == (quantity, argument.clause), proposal.note.reasoning
        assert note.said == (argument.said if argument.manner.quotes_value else None), proposal.note.reasoning
        assert note.limit == (argument.limit if argument.manner.quotes_limit else None), proposal.note.reasoning


def test_what_decides_counts_as_evidence(notes):
    wrong = [proposal for _, proposal, _ in notes if proposal.is_wrong]
    for proposal in wrong:
        assert proposal.error_type == proposal.brief.error_type
        quantity = LIMITS[proposal.brief.argument.parameter].quantity
        assert key_features(proposal) == {"enrolment_date" if quantity == EARLIER_AT_SITE else quantity}
    assert len(wrong) > 30

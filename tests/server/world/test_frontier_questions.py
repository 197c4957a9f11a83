"""What the frontier alone asks: the starting dose, other criteria of eligibility, and the site cap."""

import re
from collections import Counter

import pytest

from synth_audit_env.error_types import COHORT_RULE, DOSE, ELIGIBLE
from synth_audit_env.server.audit.reward_model import key_features
from synth_audit_env.server.audit.tools import investigate_patient, temporal_audit
from synth_audit_env.server.world.grammar import SETTINGS
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.protocol_text import quantity_text
from synth_audit_env.server.world.quantities import LIMITS, SITE_CAP
from synth_audit_env.server.world.record import EARLIER_AT_SITE
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS, LEVELS, TIERS
from synth_audit_env.tests.server.world.kinds import shares_are_kept

SHOWN = {
    "ecog": r"grade [0-3]",
    "haemoglobin": r"\d+(?:\.\d)? g/dL",
    "creatinine": r"\d(?:\.\d\d?)? mg/dL",
    "starting_dose": r"\d+ mg/m2",
    EARLIER_AT_SITE: r"\d+ patients?",
}
"""How a note gives a value or a limit, as a pattern."""
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
    for tier in LEVELS.values():
        trial = build_scenario(tier, 1, "train").trial
        assert set(ASKED) <= set(tier.error_types)
        assert all(trial.at(site).protocol.asked(SITE_CAP).clauses for site in (None, *trial.annexes))


def test_they_are_of_the_three_kinds_and_go_both_ways(notes):
    assert shares_are_kept([proposal for _, proposal, _ in notes], z=3.0)
    verdicts = Counter((proposal.note.verdict, proposal.is_wrong) for _, proposal, _ in notes)
    assert min(verdicts[verdict, True] for verdict in (COMPLIANT, DEVIATION)) > 20, verdicts
    assert min(verdicts[verdict, False] for verdict in (COMPLIANT, DEVIATION)) > 10, verdicts


def test_what_decides_counts_as_evidence(notes):
    wrong = [proposal for _, proposal, _ in notes if proposal.is_wrong]
    for proposal in wrong:
        assert proposal.error_type == proposal.brief.error_type
        quantity = LIMITS[proposal.brief.argument.parameter].quantity
        assert key_features(proposal) == {"enrolment_date" if quantity == EARLIER_AT_SITE else quantity}
    assert len(wrong) > 30


def test_a_value_is_given_as_clinicians_give_it():
    values = {"ecog": 2.0, "haemoglobin": 9.5, "creatinine": 1.37, "starting_dose": 75.0, "age": 67.0, "delay": 1.0}
    told = ["grade 2", "9.5 g/dL", "1.37 mg/dL", "75 mg/m2", "67 years", "1 day"]
    assert [quantity_text(*one) for one in values.items()] == told


def test_notes_give_values_and_limits_in_their_units(notes):
    asked = Counter()
    for _, proposal, _ in notes:
        argument = proposal.brief.argument
        quantity = LIMITS[argument.parameter].quantity
        asked[quantity] += 1
        shown = argument.manner.quotes_value + argument.manner.quotes_limit
        found = re.findall(rf"(?<![\d.]){SHOWN[quantity]}", proposal.note.reasoning)
        assert len(found) >= shown, proposal.note.reasoning
    assert min(asked.values()) > 10


def test_a_record_shows_what_is_asked(notes):
    scenario, _, record = notes[0]
    text, result = investigate_patient(scenario, record.patient_id)
    assert f" Starting dose {record.starting_dose} mg/m2." in text
    assert result.model.starting_dose == record.starting_dose
    assert temporal_audit(scenario, record.patient_id)[1].model.earlier_at_site == record.earlier_at_site

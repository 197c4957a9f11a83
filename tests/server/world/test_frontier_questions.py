"""What the frontier alone asks: the starting dose, other criteria of eligibility, and the site cap."""

import pytest

from synth_audit_env.error_types import COHORT_RULE, DOSE, ELIGIBLE
from synth_audit_env.server.audit.reward_model import key_features
from synth_audit_env.server.audit.tools import investigate_patient, temporal_audit
from synth_audit_env.server.world.grammar import SETTINGS
from synth_audit_env.server.world.quantities import LIMITS, SITE_CAP
from synth_audit_env.server.world.record import EARLIER_AT_SITE
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS, LEVELS, TIERS

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


def test_what_decides_counts_as_evidence(notes):
    wrong = [proposal for _, proposal, _ in notes if proposal.is_wrong]
    for proposal in wrong:
        assert proposal.error_type == proposal.brief.error_type
        quantity = LIMITS[proposal.brief.argument.parameter].quantity
        assert key_features(proposal) == {"enrolment_date" if quantity == EARLIER_AT_SITE else quantity}
    assert len(wrong) > 30


def test_a_record_shows_what_is_asked(notes):
    scenario, _, record = notes[0]
    text, result = investigate_patient(scenario, record.patient_id)
    assert f" Starting dose {record.starting_dose} mg/m2." in text
    assert result.model.starting_dose == record.starting_dose
    assert temporal_audit(scenario, record.patient_id)[1].model.earlier_at_site == record.earlier_at_site

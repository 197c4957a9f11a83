"""Scenarios: their size, what citations rest on, the kinds of error that can be pinned, and what a voice changes."""

from collections import Counter
from dataclasses import asdict

import pytest

from synth_audit_env.error_types import CITATION, COHORT_RULE, DOSE, ELIGIBLE
from synth_audit_env.models import COHORT
from synth_audit_env.server.audit.tools import investigate_patient
from synth_audit_env.server.world.grammar import SETTINGS
from synth_audit_env.server.world.quantities import SITE_CAP
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import LEVELS, TIERS
from synth_audit_env.tests.server.world.kinds import kind_of, within_chance

FAST = 100
"""Scenarios of each tier."""


@pytest.mark.parametrize("tier", TIERS)
def test_the_size_of_an_episode(scenarios, tier):
    have, expected = scenarios(tier, FAST), TIERS[tier]
    assert {len(s.patients) for s in have} == {expected.patients}
    counts = {len(s.proposals) for s in have}
    assert (min(counts), max(counts)) == expected.proposals
    for s in have:
        assert [p.note.proposal_id for p in s.proposals] == [f"PROP-{n:03d}" for n in range(1, len(s.proposals) + 1)]
        assert [p.patient_id for p in s.patients] == [f"P{n:04d}" for n in range(1, len(s.patients) + 1)]
        subjects = [p.note.patient_id for p in s.proposals if p.note.patient_id != COHORT]
        assert len(set(subjects)) == len(subjects), "no two proposals are about one patient"


@pytest.mark.parametrize("tier", TIERS)
def test_every_error_type_occurs_as_right_and_as_wrong(scenarios, tier):
    counts = Counter((p.brief.error_type, p.is_wrong) for s in scenarios(tier, 2 * FAST) for p in s.proposals)
    assert set(counts) == {(kind, wrong) for kind in TIERS[tier].error_types for wrong in (True, False)}
    assert min(counts.values()) >= 10
    for kind in TIERS[tier].error_types:
        assert within_chance(counts[kind, True], counts[kind, True] + counts[kind, False], 0.3), kind


def test_a_wrong_citation_is_decided_by_an_amendment_that_there_is_not(scenarios):
    kinds = Counter()
    for tier in TIERS:
        for s in scenarios(tier, FAST):
            for p in s.proposals:
                invented = p.brief.bug is not None and p.brief.bug.operator == "invented"
                if p.brief.error_type == CITATION:
                    assert (p.brief.bug is not None) == invented
                    assert not invented or p.brief.argument.clause == p.brief.bug.clause or not p.is_wrong
                    assert any(step.part == "amended" for step in p.brief.argument.steps)
                    kinds[kind_of(p)] += 1
                assert not invented or p.brief.error_type == CITATION or CITATION not in TIERS[tier].error_types
    assert min(kinds.values()) > 30


def test_no_two_notes_on_the_cohort_are_about_one_feature(scenarios):
    several = 0
    for s in scenarios("expert", FAST):
        features = [p.brief.figure.feature for p in s.proposals if p.brief.figure is not None]
        assert len(set(features)) == len(features)
        several += len(features) > 1
    assert several >= 5


def test_the_voices_of_another_split_change_words_and_confidence_alone(scenarios):
    for tier in TIERS:
        for s in scenarios(tier, 10):
            other = build_scenario(TIERS[tier], s.seed, "test")
            assert (other.trial, other.patients) == (s.trial, s.patients)
            for one, two in zip(s.proposals, other.proposals, strict=True):
                assert one.note.reasoning != two.note.reasoning
                worded = {"reasoning": "", "confidence": 0}
                assert asdict(one.note) | worded == asdict(two.note) | worded
                assert (one.brief, one.is_wrong, one.explanation) == (two.brief, two.is_wrong, two.explanation)


@pytest.mark.parametrize("tier", ["medium", "expert", "frontier-1", "frontier-10"])
def test_a_reference_is_a_patient_that_no_proposal_is_about_and_another_one_each_time(scenarios, tier):
    for s in scenarios(tier, 2):
        subjects = [p.note.patient_id for p in s.proposals if p.note.patient_id != COHORT]
        references = [s.reference(patient_id) for patient_id in subjects]
        assert not {reference.patient_id for reference in references} & set(subjects)
        assert all(reference in s.patients for reference in references)
        assert len({reference.patient_id for reference in references}) > len(subjects) / 2


ASKED = {DOSE: ["dose_max"], ELIGIBLE: ["ecog_max", "haemoglobin_min", "creatinine_max"], COHORT_RULE: [SITE_CAP]}
"""Error types of the frontier alone, to the limits that each is about."""


def test_what_the_frontier_alone_asks():
    for tier in TIERS.values():
        scenario = build_scenario(tier, 5, "train")
        text, result = investigate_patient(scenario, "P0001")
        assert not set(ASKED) & set(tier.error_types)
        assert not {"dose_max", SITE_CAP} & set(scenario.trial.protocol.parameters)
        assert not set(SETTINGS[tier.name].depths) & {name for names in ASKED.values() for name in names}
        assert "dose" not in (text + result.json.decode() + scenario.protocol_text).casefold()
        assert {(one.starting_dose, one.earlier_at_site) for one in scenario.patients} == {(None, None)}
    for tier in LEVELS.values():
        scenario = build_scenario(tier, 1, "train")
        text, result = investigate_patient(scenario, "P0001")
        assert set(ASKED) <= set(tier.error_types)
        assert all(scenario.trial.at(site).protocol.asked(SITE_CAP).clauses for site in (None, *scenario.trial.annexes))
        assert f" Starting dose {result.model.starting_dose} mg/m2." in text

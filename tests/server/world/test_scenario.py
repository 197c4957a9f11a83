"""Scenarios: their size, what proposals lean on, the kinds of error that can be pinned, and what a voice changes."""

import re
from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest

from synth_audit_env.error_types import CITATION, COHORT_RULE, DOSE, ELIGIBLE, STATISTIC
from synth_audit_env.models import COHORT
from synth_audit_env.server.audit.tools import investigate_patient
from synth_audit_env.server.world.grammar import SETTINGS
from synth_audit_env.server.world.quantities import SITE_CAP
from synth_audit_env.server.world.record import columns
from synth_audit_env.server.world.scenario import BACKGROUND, build_scenario
from synth_audit_env.server.world.tasks import LEVELS, TIERS
from synth_audit_env.tests.server.world.kinds import within_chance

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
        subjects = [p.note.patient_id for p in s.proposals]
        assert len(set(subjects)) == len(subjects), "no two proposals are about one patient"


@pytest.mark.parametrize("tier", TIERS)
def test_every_error_type_occurs_as_right_and_as_wrong(scenarios, tier):
    counts = Counter((p.brief.error_type, p.is_wrong) for s in scenarios(tier, 2 * FAST) for p in s.proposals)
    assert set(counts) == {(kind, wrong) for kind in TIERS[tier].error_types for wrong in (True, False)}
    assert min(counts.values()) >= 10
    for kind in TIERS[tier].error_types:
        assert within_chance(counts[kind, True], counts[kind, True] + counts[kind, False], 0.3), kind


def test_authorities_and_figures_exist_just_where_the_note_is_right(scenarios):
    for s in scenarios("expert", FAST):
        for p in s.proposals:
            if p.brief.error_type == CITATION:
                (cited,) = p.note.citations
                assert (cited.removeprefix("§") in s.trial.listed) == (not p.is_wrong)
            if p.brief.error_type == STATISTIC:
                assert (p.brief.figure.text != figure_of(s, p.brief.figure.subject)) == p.is_wrong
                assert p.brief.figure.text in p.note.reasoning


def figure_of(scenario, subject):
    """Mortality of "the control arm" or of a site, as a note quotes it."""
    arm = re.fullmatch(r"the (\w+) arm", subject)
    members = [p for p in scenario.patients if (p.arm == arm[1] if arm else p.site == subject)]
    deaths = sum(p.death_date is not None for p in members)
    return f"{100 * deaths / len(members):.1f} % ({deaths} of {len(members)})"


def test_no_note_can_be_held_against_another(scenarios):
    """No two notes of an episode quote figures of one group, one figure for two groups, or both arms."""
    several = 0
    for s in scenarios("expert", FAST):
        figures = [p.brief.figure for p in s.proposals if p.brief.error_type == STATISTIC]
        assert len({figure.subject for figure in figures}) == len(figures)
        assert len({figure.text for figure in figures}) == len(figures)
        assert sum(figure.feature == "arm" for figure in figures) <= 1
        for figure in figures:
            assert figure.text not in {other.true for other in figures if other is not figure}
        several += len(figures) > 1
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


def rows_of(cohort):
    """The records of a cohort as numbers."""
    return set(zip(*(column.tolist() for column in cohort.values()), strict=True))


@pytest.mark.parametrize("tier", ["medium", "expert", "frontier-1", "frontier-10"])
def test_a_background_is_of_patients_that_no_proposal_is_about_and_of_others_each_time(scenarios, tier):
    for s in scenarios(tier, 2):
        subjects = [p.note.patient_id for p in s.proposals if p.note.patient_id != COHORT]
        free = columns([p for p in s.patients if p.patient_id not in subjects])
        free = {name: np.nan_to_num(column, nan=-1.0) for name, column in free.items()}
        backgrounds = []
        for patient_id in subjects:
            background = {n: np.nan_to_num(c, nan=-1.0) for n, c in s.background(patient_id).items()}
            assert {len(column) for column in background.values()} == {BACKGROUND}
            assert rows_of(background) <= rows_of(free)
            backgrounds.append(frozenset(rows_of(background)))
        assert len(set(backgrounds)) == len(subjects)


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

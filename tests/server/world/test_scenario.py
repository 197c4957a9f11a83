"""Scenarios: every flaw and error occurs, labels are independent of the flaw, and each is true of the record."""

import math
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date

import pytest

from synth_audit_env.models import COHORT
from synth_audit_env.server.world import scenario as scenario_module
from synth_audit_env.server.world.actor_agent import QUOTES_AGE, tell
from synth_audit_env.server.world.misreadings import FLAWS
from synth_audit_env.server.world.protocol import AGE, CITATION, COMPLIANT, DATES, EQUITY, OVERRIDE, STATISTIC, WINDOW
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import TIERS

FAST = 120
"""Scenarios of each tier for the fast tests."""
MANY = 1200
"""Scenarios of each tier for the tests of rates."""
WRONG_SHARE = 0.3
"""Of the design."""
BY_RECORD = {AGE, DATES, WINDOW, OVERRIDE}
BY_LOOKING_UP = {CITATION, STATISTIC, EQUITY}


@pytest.mark.parametrize("tier", TIERS)
def test_every_flaw_and_every_error_type_occurs_as_right_and_as_wrong(scenarios, tier):
    proposals = [p for s in scenarios(tier, FAST) for p in s.proposals]
    met = {(p.brief.flaw.name, p.is_wrong) for p in proposals}
    assert met == {(flaw.name, wrong) for flaw in FLAWS.values() if tier in flaw.tiers for wrong in (True, False)}
    assert {p.error_type for p in proposals} == {None, *TIERS[tier].error_types}


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
def test_the_verdict_of_the_actor_is_what_its_reading_gives(scenarios, tier):
    for s in scenarios(tier, FAST):
        for p in s.proposals:
            assert p.note.verdict == p.brief.flaw.stance
            if p.note.patient_id != COHORT:
                assert p.brief.reading.judge(s.patient[p.note.patient_id]).verdict == p.note.verdict


@pytest.mark.parametrize("tier", TIERS)
def test_a_label_is_what_the_protocol_says_of_the_final_record(scenarios, tier):
    for s in scenarios(tier, FAST):
        for p in s.proposals:
            assert (p.error_type is not None) == p.is_wrong
            assert p.error_type in (None, p.brief.flaw.error_type)
            if p.note.patient_id == COHORT:
                assert p.judgement is None
                continue
            truth = s.trial.protocol.judge(s.patient[p.note.patient_id])
            assert p.judgement == truth
            if p.brief.flaw.error_type in BY_RECORD:
                assert p.is_wrong == (truth.verdict != p.note.verdict)
            else:
                assert truth.verdict == p.note.verdict == COMPLIANT
            if p.is_wrong and p.note.verdict == COMPLIANT and p.error_type in BY_RECORD:
                assert {f.error_type for f in truth.findings} == {p.error_type}


def test_authorities_and_figures_exist_just_where_the_note_is_right(scenarios):
    by_type = Counter()
    for s in scenarios("expert", FAST):
        listed = {clause.number for clause in s.trial.protocol.clauses} | {p.number for p in s.trial.provisions}
        listed |= {s.trial.numbers["order"], s.trial.numbers["equity"]}
        for p in s.proposals:
            unlisted = [c for c in p.note.citations if c.removeprefix("§") not in listed]
            assert bool(unlisted) == (p.error_type == CITATION)
            if p.brief.flaw.error_type == STATISTIC:
                true = figures_of(s, p.brief.figure.subject)
                assert (p.brief.figure.text != true) == p.is_wrong
                assert p.brief.figure.text in p.note.reasoning
            by_type[p.brief.flaw.error_type, p.is_wrong] += 1
    assert all(by_type[kind, wrong] >= 10 for kind in BY_LOOKING_UP for wrong in (True, False))


def test_no_note_can_be_held_against_another(scenarios):
    """No two notes of an episode quote figures of one group, one figure for two groups, or both arms."""
    several = 0
    for s in scenarios("expert", FAST):
        figures = [p.brief.figure for p in s.proposals if p.brief.flaw.error_type == STATISTIC]
        assert len({figure.subject for figure in figures}) == len(figures)
        assert len({figure.text for figure in figures}) == len(figures)
        assert sum(figure.feature == "arm" for figure in figures) <= 1
        truths = {figures_of(s, figure.subject) for figure in figures}
        for figure in figures:
            assert figure.text not in truths - {figures_of(s, figure.subject)}
        several += len(figures) > 1
    assert several >= 10


def figures_of(scenario, subject):
    """Mortality of "the control arm" or of a site, as a note quotes it."""
    arm = re.fullmatch(r"the (\w+) arm", subject)
    members = [p for p in scenario.patients if (p.arm == arm[1] if arm else p.site == subject)]
    deaths = sum(p.death_date is not None for p in members)
    return f"{100 * deaths / len(members):.1f} % ({deaths} of {len(members)})"


@pytest.mark.parametrize("tier", ["easy", "medium", "hard"])
def test_an_amendment_that_a_note_leans_on_is_listed_just_where_it_is_right(scenarios, tier):
    met = Counter()
    for s in scenarios(tier, FAST):
        listed = {clause.number for clause in s.trial.amendments}
        for p in s.proposals:
            if p.brief.flaw.name.endswith("_amendment"):
                assert (p.brief.cited.number in listed) == (not p.is_wrong)
                met[p.is_wrong] += 1
    assert min(met.values()) >= 5


@pytest.mark.parametrize("tier", TIERS)
def test_an_amendment_that_nobody_leans_on_is_listed_as_often_as_one_that_somebody_does(scenarios, tier):
    listed = {True: [], False: []}
    for s in scenarios(tier, FAST):
        leant_on = [p.brief.cited for p in s.proposals]
        for clause in s.trial.citable.values():
            somebody = any(cited is clause for cited in leant_on)
            listed[somebody].append(any(clause is other for other in s.trial.amendments))
    for flags in listed.values():
        assert within_chance(sum(flags), len(flags), 1 - WRONG_SHARE), (sum(flags), len(flags))


@pytest.mark.parametrize("tier", TIERS)
def test_at_most_2_percent_of_the_flaws_give_way_to_another(monkeypatch, tier):
    """A flaw for which a cohort has no patient left is replaced: rarely, or its share of the labels would shift."""
    given_way, slots = [], []
    cast_one, deal = scenario_module._cast_one, scenario_module._draw_slots

    def counted(*arguments):
        done = cast_one(*arguments)
        if not done:
            given_way.append(arguments[2].flaw.name)
        return done

    def remembered(*arguments):
        drawn = deal(*arguments)
        slots.extend((slot, slot.flaw) for slot in drawn)
        return drawn

    monkeypatch.setattr(scenario_module, "_cast_one", counted)
    monkeypatch.setattr(scenario_module, "_draw_slots", remembered)
    for seed in range(5000, 5150):
        build_scenario(TIERS[tier], seed, "train")
    replaced = [first.name for slot, first in slots if slot.flaw is not first]
    assert len(replaced) / len(slots) <= 0.02, Counter(replaced)


@pytest.mark.parametrize("tier", TIERS)
def test_how_many_are_wrong(scenarios, tier):
    """About 30 %, and at least one right one. Sometimes none is wrong: labels are independent of one another."""
    wrong = [[p.is_wrong for p in s.proposals] for s in scenarios(tier, FAST)]
    share = sum(map(sum, wrong)) / sum(map(len, wrong))
    assert abs(share - WRONG_SHARE) < 0.05
    assert all(sum(labels) < len(labels) for labels in wrong)
    clean = sum(not any(labels) for labels in wrong)
    expected = sum((1 - WRONG_SHARE) ** len(labels) for labels in wrong)
    assert abs(clean - expected) <= 4 * expected**0.5 + 1


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["easy", "medium"])
def test_labels_of_an_episode_are_independent(tier):
    """Having found that the first proposal is wrong, or right, tells nothing of the last."""
    labels = [[p.is_wrong for p in build_scenario(TIERS[tier], seed, "train").proposals] for seed in range(7000, 9000)]
    for first in (True, False):
        last = [episode[-1] for episode in labels if episode[0] is first]
        assert within_chance(sum(last), len(last), WRONG_SHARE), (first, sum(last) / len(last))


def within_chance(wrong, total, share, z=4.0):
    """Whether a count fits a binomial with that share, at z standard errors and half a count."""
    return abs(wrong - share * total) <= z * math.sqrt(total * share * (1 - share)) + 0.5


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_a_label_is_as_likely_for_each_flaw_and_for_each_number_of_proposals(tier):
    by_flaw, by_count, by_position = defaultdict(list), defaultdict(list), defaultdict(list)
    for seed in range(10_000, 10_000 + MANY):
        s = build_scenario(TIERS[tier], seed, "train")
        for position, p in enumerate(s.proposals):
            by_flaw[p.brief.flaw.name].append(p.is_wrong)
            by_count[len(s.proposals)].append(p.is_wrong)
            by_position[position].append(p.is_wrong)
    for table in (by_flaw, by_count, by_position):
        for key, labels in table.items():
            assert within_chance(sum(labels), len(labels), WRONG_SHARE), (key, sum(labels) / len(labels), len(labels))
    # Amendments are leaned on rarely, by design.
    assert min(len(labels) for name, labels in by_flaw.items() if not name.endswith("_amendment")) > 400
    assert min(len(labels) for labels in by_flaw.values()) > 100


@pytest.mark.parametrize("tier", TIERS)
def test_right_notes_include_near_misses(scenarios, tier):
    """Stated shares, of the right notes for which the bound counts: age at the bound 10 %, delay at the window 10 %,
    index half a point under the threshold 10 %, treatment or death on the first possible day 10 %."""
    at = defaultdict(list)
    for s in scenarios(tier, FAST):
        override = s.trial.numbers.get("override")
        threshold = override and s.trial.protocol.clause(override).when[0].value
        for p in s.proposals:
            if p.is_wrong or p.judgement is None or p.note.verdict != COMPLIANT:
                continue
            record, limits = s.patient[p.note.patient_id], p.judgement.parameters
            kind = p.brief.flaw.error_type
            delay = (record.treatment_start - record.enrolment_date).days
            if kind == AGE:
                at["age"].append(record.age in (limits["age_min"], limits["age_max"]))
            if kind in (WINDOW, OVERRIDE):
                at["delay"].append(delay == limits["window_days"])
            if kind == OVERRIDE:
                at["index"].append(threshold - record.comorbidity_index == 0.5)
            if kind == DATES:
                at["same day"].append(delay == 0 or record.consent_date == record.enrolment_date)
                if record.death_date is not None:
                    at["death"].append(record.death_date == record.treatment_start)
    expected = {"easy": {"age"}, "medium": {"age", "delay", "same day", "death"}}
    assert set(at) == expected.get(tier, {"age", "delay", "index", "same day", "death"})
    for name, flags in at.items():
        assert sum(flags) / len(flags) > 0.1, (name, sum(flags), len(flags))


@pytest.mark.parametrize("tier", TIERS)
def test_a_note_is_short_and_sure_of_itself(scenarios, tier):
    for s in scenarios(tier, FAST):
        for p in s.proposals:
            assert len(p.note.reasoning) <= 430
            assert 0.78 <= p.note.confidence <= 0.97


@pytest.mark.parametrize("tier", TIERS)
def test_a_note_says_nothing_of_what_decides(scenarios, tier):
    """With every deciding fact of the record changed the Actor writes the same; only in the easy tier it tells ages."""
    for s in scenarios(tier, FAST):
        for p in s.proposals:
            if p.note.patient_id == COHORT:
                continue
            record = s.patient[p.note.patient_id]
            changed = replace(
                record,
                age=record.age if tier == "easy" and p.brief.flaw.name in QUOTES_AGE else 12,
                comorbid_conditions=("dementia",),
                comorbidity_index=2,
                haemoglobin=5.5,
                creatinine=7.7,
                consent_date=date(1999, 1, 1),
                enrolment_date=date(1999, 1, 2),
                treatment_start=date(1999, 1, 3),
                last_contact=date(1999, 1, 4),
                death_date=None if record.death_date else date(1999, 1, 5),
                outcome="withdrawn",
            )
            notes = [
                tell(Stream("again", s.seed), s.trial, p.brief, r, p.note.proposal_id, "train", len(s.patients))
                for r in (record, changed)
            ]
            assert notes[0] == notes[1]
            assert notes[0].verdict == p.note.verdict


def test_the_kinds_of_error_of_an_episode_can_be_pinned():
    for kinds in ((WINDOW,), (OVERRIDE, DATES), (CITATION, STATISTIC)):
        for seed in range(8):
            s = build_scenario(TIERS["expert"], seed, "train", kinds)
            assert {p.brief.flaw.error_type for p in s.proposals} <= {*kinds, AGE}
            assert {p.error_type for p in s.proposals} <= {None, *kinds, AGE}


@pytest.mark.parametrize("tier", TIERS)
def test_any_mix_of_kinds_makes_an_episode(tier):
    kinds = TIERS[tier].error_types
    for first in kinds:
        for second in kinds:
            mix = tuple(kind for kind in kinds if kind in (first, second))
            for seed in range(2):
                s = build_scenario(TIERS[tier], seed, "train", mix)
                assert len(s.proposals) >= TIERS[tier].proposals[0]
                assert any(p.brief.flaw.error_type in mix for p in s.proposals)


def test_the_rhetoric_of_another_split_changes_words_and_confidence_alone(scenarios):
    for tier in TIERS:
        for s in scenarios(tier, 10):
            other = build_scenario(TIERS[tier], s.seed, "test")
            assert other.trial == s.trial
            assert other.patients == s.patients
            assert other.protocol_text == s.protocol_text
            for one, two in zip(s.proposals, other.proposals, strict=True):
                assert one.note.reasoning != two.note.reasoning
                assert (one.is_wrong, one.error_type, one.brief) == (two.is_wrong, two.error_type, two.brief)
                if one.note.verdict == "compliant":  # a stricter Actor may keep to itself on which rule it turns
                    assert one.note.citations == two.note.citations


def test_the_explanations_speak_of_what_is_true(scenarios):
    for tier in TIERS:
        for s in scenarios(tier, 40):
            for p in s.proposals:
                assert ("made no difference" in p.explanation) == (not p.is_wrong)
                for piece in re.split(r"\{\w+\}", p.brief.flaw.summary):
                    assert piece in p.explanation
                assert "nan" not in p.explanation

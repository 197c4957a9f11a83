"""Probe features are made from what a client is sent, all of it, and from nothing else."""

from dataclasses import replace
from functools import partial

import pytest

from synth_audit_env.server.audit.briefing import briefing
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation.shortcuts.probe_features import Case, Seen, cases, labels, quoted_numbers

SEES = ("text", "bare", "listed", "style", "against_protocol")


def opening(tier, index):
    return SynthAuditEnvironment().reset(task_id=TIERS[tier].task_id, split="validation", index=index)


@pytest.mark.parametrize("tier", TIERS)
def test_an_opening_holds_what_the_probes_see_and_nothing_else(tier):
    mine = cases(tier, "validation", 1)
    observation = opening(tier, 0)
    assert observation.protocol_excerpt == mine[0].episode.scenario.protocol_text
    shown = [(p.proposal_id, p.patient_id, p.diagnosis, p.recommended_action, p.confidence, p.status)
             for p in observation.actor_proposals]  # fmt: skip
    assert shown == [
        (
            n.proposal_id,
            n.patient_id,
            n.diagnosis,
            n.recommended_action if tier == "easy" else None,
            n.confidence,
            "pending",
        )
        for n in mine[0].episode.notes
    ]
    seen = {"actor_proposals", "protocol_excerpt", "feedback"}
    assert observation.model_dump(exclude=seen) == opening(tier, 1).model_dump(exclude=seen)
    told = briefing(TIERS[tier])
    assert observation.feedback.startswith(told)
    lines = observation.feedback.removeprefix(told).strip().splitlines()
    assert len(lines) == len(mine)


@pytest.mark.parametrize("tier", ["easy", "expert"])
def test_no_feature_knows_the_label(tier):
    for case in cases(tier, "train", 3):
        scenario = case.episode.scenario
        turned = [replace(p, is_wrong=not p.is_wrong, error_type=None, explanation="") for p in scenario.proposals]
        other = Case(Seen(replace(scenario, proposals=tuple(turned)), case.episode.index), case.position)
        assert other.is_wrong != case.is_wrong
        for name in SEES:
            assert getattr(other, name) == getattr(case, name), name


def test_no_mistake_is_named_in_a_feature():
    """Two readings told in one note look alike."""
    case = cases("hard", "train", 1)[0]
    scenario = case.episode.scenario
    blank = [replace(p, brief=scenario.proposals[0].brief) for p in scenario.proposals]
    other = partial(Case, Seen(replace(scenario, proposals=tuple(blank)), 0))
    for position in range(len(blank)):
        for name in SEES:
            assert getattr(other(position), name) == getattr(Case(case.episode, position), name)


def test_numbers_are_those_that_a_note_argues_with():
    text = "P0023 at ECOG 2, LDH 231 U/L: §5.2 reads 31 days under Amendment 3 (in force 2021-05-17), -2.4 or 31.7 %."
    assert quoted_numbers(text) == [2.0, 231.0, 31.0, -2.4, 31.7]


def test_an_amendment_that_is_left_out_shows_as_a_gap():
    """It is how a list could tell that somebody cites what is not there."""
    gaps, numbers = set(), set()
    for case in cases("hard", "train", 30):
        listed = [amendment.number for amendment in case.episode.scenario.trial.amendments]
        last = max(int(number.split()[1]) for number in listed)
        assert case.listed["amendments, numbers left out"] == last - len(listed)
        gaps.add(case.listed["amendments, numbers left out"])
        numbers.add(case.listed["amendments"])
    assert len(gaps) > 1
    assert len(numbers) > 1


def test_a_look_up_finds_what_is_not_there():
    """Where a note leans on a provision, that it is missing is what is wrong; what was invented is always missing."""
    leaning = [case for case in cases("expert", "train", 20) if case.leans_on_authority]
    assert len(leaning) > 10
    for case in leaning:
        leans_on_provision = case.episode.scenario.proposals[case.position].brief.cited is not None
        assert case.against_protocol["cites what is not there"] == (case.is_wrong or not leans_on_provision)
    assert set(labels(leaning)) == {True, False}

"""Whose gap it is, which way it goes and what it is held against can each be false of an equity review."""

import pytest

from synth_audit_env.server.audit.rationale import examine
from synth_audit_env.server.audit.reasons.facts import GAP_SLACK
from synth_audit_env.server.audit.reasons.gaps import misstated_gap
from synth_audit_env.server.audit.reasons.ground_truth import ground_truth
from synth_audit_env.server.world.protocol import EQUITY
from synth_audit_env.tests.server.audit.reasons.cases import said


@pytest.fixture(scope="module")
def reviews(scenarios):
    """(scenario, proposal, group, gap in points, limit) of wrong reviews by ethnicity."""
    found = []
    for scenario in scenarios("expert", 60):
        for proposal in scenario.proposals:
            figure = proposal.brief.figure
            if proposal.is_wrong and proposal.error_type == EQUITY and figure.feature == "ethnicity":
                facts = ground_truth(scenario, proposal).facts.all
                (gap,) = {fact.value for fact in facts if fact.role == "true" and fact.slack == GAP_SLACK}
                found.append((scenario, proposal, figure.subject.split()[0], gap, scenario.trial.equity_gap))
    assert {gap > 0 for *_, gap, _ in found} == {True, False}
    return found


def other(group):
    return "Black" if group != "Black" else "Asian"


@pytest.mark.parametrize(
    ("true", "untrue"),
    [
        ("The gap of {group} patients is {gap:+.1f} points.", "The gap of {other} patients is {gap:+.1f} points."),
        ("The adjusted gap is {gap:+.1f} points.", "The adjusted gap is {turned:+.1f} points."),
        (
            "Mortality is {size:.1f} points {way} than the others.",
            "Mortality is {size:.1f} points {back} than the others.",
        ),
        (
            "It is {size:.1f} percentage points {side} the others.",
            "It is {size:.1f} percentage points {off} the others.",
        ),
        ("{size:.1f} points is above {limit:g}.", "{size:.1f} points is above {wrong:g}."),
        ("It is past the {limit:g} points.", "It is past the {wrong:g} points."),
        ("The gap for ethnicity", "The gap for sex"),
        ("Pooled {crude:+.1f}, by stage {gap:+.1f}.", "Pooled {none:+.1f}, by stage {gap:+.1f}."),
        ("The crude gap is {crude:+.1f} points.", "The crude gap is {gap:+.1f} points."),
        ("Crude vs adjusted: {crude:+.1f} vs {gap:+.1f}.", "The adjusted gap is {crude:+.1f}."),
        ("It comes to {gap:+.1f}, and {limit:g} is the limit.", "It comes to {gap:+.1f}, and {wrong:g} is the limit."),
        ("By stage it is {gap:+.1f}, and up to {limit:g} will do.", "It is {gap:+.1f}, and up to {wrong:g} will do."),
        ("It is {gap:+.1f}, more than 2 points over {limit:g}.", "It is {gap:+.1f}, more than {wrong:g}."),
        ("Over the 4 stages it is {gap:+.1f}.", "It is {gap:+.1f}, over the {wrong:g} of the protocol."),
        (
            "The gap of {gap:+.1f} is above the {crude:+.1f} of the note.",
            "{gap:+.1f} is above the {none:+.1f} of the note.",
        ),
    ],
)
def test_what_is_said_of_a_gap(reviews, true, untrue):
    for scenario, proposal, group, gap, limit in reviews:
        way, back = ("higher", "lower") if gap > 0 else ("lower", "higher")
        side, off = ("above", "below") if gap > 0 else ("below", "above")
        slots = {"group": group, "other": other(group), "gap": gap, "turned": -gap, "size": abs(gap), "limit": limit}
        slots |= {"way": way, "back": back, "side": side, "off": off, "wrong": limit - 0.37}
        slots |= {"crude": float(proposal.brief.figure.text), "none": gap + 31.3}
        truth = ground_truth(scenario, proposal)
        assert not list(misstated_gap(truth, said(truth, true.format(**slots))))
        assert list(misstated_gap(truth, said(truth, untrue.format(**slots))))
        assert examine(scenario, proposal, untrue.format(**slots)).false


def test_of_two_sexes_each_has_the_gap_of_the_other(scenarios):
    looked = 0
    for scenario in scenarios("expert", 60):
        for proposal in scenario.proposals:
            if proposal.is_wrong and proposal.error_type == EQUITY and proposal.brief.figure.feature == "sex":
                truth = ground_truth(scenario, proposal)
                assert not list(misstated_gap(truth, said(truth, "Women fare otherwise.")))
                assert not list(misstated_gap(truth, said(truth, "Men fare otherwise.")))
                assert list(misstated_gap(truth, said(truth, "White patients fare otherwise.")))
                looked += 1
    assert looked


def test_of_a_record_nothing_is_said(case):
    truth = case("dropped")
    assert not list(misstated_gap(truth, said(truth, "Asian patients: 99 points higher than the others, above 12.")))

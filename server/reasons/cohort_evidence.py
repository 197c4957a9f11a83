"""What is true of the cohort figures that a proposal leans on, as facts with names.

    quoted_figure(scenario, proposal)  # names "quoted", "true", "difference", "cell" and "group"
    equity_gap(scenario, proposal)     # names "gap.adjusted", "gap.other" and "group"

Nothing here knows a protocol.
"""

from __future__ import annotations

from collections.abc import Iterator

from synth_audit_env.server.cohort_facts import gaps, mortality_figures
from synth_audit_env.server.cohort_statistics import group_table
from synth_audit_env.server.reasons.claim_words import COUNT, RATE
from synth_audit_env.server.reasons.claims import extract
from synth_audit_env.server.reasons.evidence import Fact
from synth_audit_env.server.scenario import Proposal, Scenario

GAP_SLACK = 0.15
"""Percentage points by which a stated gap may be off, beside rounding to fewer decimals."""


def quoted_figure(scenario: Scenario, proposal: Proposal) -> Iterator[Fact]:
    """The mortality that the note quotes, and what it is in truth in that group and in the others."""
    figure = proposal.brief.figure
    assert figure is not None
    true = next(own for _, own, _ in mortality_figures(scenario.patients) if own.subject == figure.subject)
    yield from _mortality("true", true.deaths, true.patients)
    for deaths, patients in (claim.pair for claim in extract(figure.text).items if claim.kind == "fraction"):
        yield from _mortality("quoted", deaths, patients)
        off = abs(true.percent - 100 * deaths / patients)
        yield Fact("difference", "number", off, RATE, rounded=True, slack=GAP_SLACK, derived=True)
    yield from _groups(scenario, figure.feature, figure.subject)


def equity_gap(scenario: Scenario, proposal: Proposal) -> Iterator[Fact]:
    """The gap of the feature that the note clears: adjusted, crude, and the test."""
    figure = proposal.brief.figure
    assert figure is not None
    _, gap = gaps(scenario.patients, [str(getattr(patient, figure.feature)) for patient in scenario.patients])
    if gap.adjusted is not None:
        yield Fact("gap.adjusted", "number", 100 * gap.adjusted, RATE, rounded=True, slack=GAP_SLACK)
        excess = abs(100 * gap.adjusted) - scenario.trial.equity_gap
        yield Fact("gap.other", "number", excess, RATE, rounded=True, slack=GAP_SLACK, derived=True)
    if gap.crude is not None:
        yield Fact("gap.other", "number", 100 * gap.crude, RATE, rounded=True, slack=GAP_SLACK)
    if gap.chi_square is not None and gap.p_value is not None:
        yield Fact("gap.other", "number", gap.chi_square, COUNT, rounded=True)
        yield Fact("gap.other", "number", gap.p_value, COUNT, rounded=True)
    yield from _groups(scenario, figure.feature, "")


def _mortality(name: str, deaths: int, patients: int, size: str = "cell") -> Iterator[Fact]:
    """A mortality in all ways to put it, and under the name `size` of how many it is."""
    if not patients:
        return
    yield Fact(name, "fraction", pair=(deaths, patients))
    yield Fact(name, "number", 100 * deaths / patients, RATE, rounded=True)
    yield Fact(name, "number", float(deaths), COUNT)
    yield Fact(size, "number", float(patients), COUNT)


def _groups(scenario: Scenario, feature: str, subject: str) -> Iterator[Fact]:
    patients = scenario.patients
    groups = [str(getattr(patient, feature)) for patient in patients]
    died = [patient.death_date is not None for patient in patients]
    for row in group_table([feature] * len(groups), groups, died):
        yield from _mortality("group", row.deaths, row.patients, size="group")
    for row in group_table([patient.arm for patient in patients], groups, died):
        name = "cell" if row.group == subject else "group"
        yield from _mortality(name, row.deaths, row.patients, size=name)

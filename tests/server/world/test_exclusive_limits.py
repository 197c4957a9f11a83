"""Exclusive limits, which a value at them breaks: on the frontier about half, worded in every clause, and misread."""

from dataclasses import replace

import pytest

from synth_audit_env.server.world.operators import bugs
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.record import columns
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.tests.server.world.kinds import shares_are_kept

FRONTIER = {"frontier-1": 30, "frontier-3": 40, "frontier-6": 20, "frontier-10": 10}


@pytest.fixture(scope="module")
def drawn(scenarios):
    """Episodes of the frontier."""
    return [scenario for tier, count in FRONTIER.items() for scenario in scenarios(tier, count)]


@pytest.fixture(scope="module")
def noted(determinations):
    """(proposal, record, check of the limit that it is about) of each note of them that argues on a record."""
    found = [one for tier, count in FRONTIER.items() for one in determinations(tier, count)]
    return [(one, record, one.trial.protocol.check(one.brief.argument.parameter)) for _, one, record in found]


def boundary(trial, question):
    return next(bug for bug in bugs(Stream("bugs"), trial, question) if bug.operator == "boundary")


@pytest.mark.parametrize(
    ("question", "at", "beside"),
    [
        ("age", {"age": 40}, {"age": 41}),
        ("performance status", {"ecog": 2}, {"ecog": 1}),
        ("haemoglobin", {"haemoglobin": 9.0}, {"haemoglobin": 9.1}),
        ("window", {"delay": 24}, {"delay": 23}),
        ("window", {"stage": "IV", "delay": 42}, {"stage": "IV", "delay": 41}),
    ],
)
def test_a_value_at_an_exclusive_limit_breaks_it_but_not_for_who_has_the_bug(exclusive, patient, question, at, beside):
    protocol, bug = exclusive.protocol.asked(question), boundary(exclusive, question)
    for change, verdict in ((at, DEVIATION), (beside, COMPLIANT)):
        record = patient(**change)
        assert protocol.judge(record).verdict == verdict
        assert bool(protocol.compliant(columns([record]))[0]) == (verdict == COMPLIANT)
        assert bug.reading.judge(record).verdict == COMPLIANT
    assert {replace(check, op=check.op.removesuffix("=")) for check in bug.reading.limits} == set(protocol.limits)


def test_what_a_note_shows_at_an_exclusive_limit_does_not_tell(noted):
    showing = {}
    for proposal, _, check in noted:
        argument = proposal.brief.argument
        at = argument.manner.quotes_value and argument.manner.quotes_limit and argument.said == argument.limit
        # A value at a limit that is quoted is what the verdict says.
        assert not at or (argument.verdict == DEVIATION) == check.exclusive
        for shown in {(check.exclusive, at), (check.exclusive, argument.verdict)}:
            showing.setdefault(shown, []).append(proposal)
    for shown, proposals in showing.items():
        assert len(proposals) > 40, shown
        assert shares_are_kept(proposals), shown

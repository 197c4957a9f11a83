"""Exclusive limits, which a value at them breaks: on the frontier about half, worded in every clause, and misread."""

from dataclasses import replace

import pytest

from synth_audit_env.server.world.operators import bugs
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.record import columns
from synth_audit_env.server.world.seeding import Stream


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

"""Clauses are found by number, by what the protocol calls them and by what people make of that."""

from dataclasses import replace

import pytest

from synth_audit_env.server.audit.reasons.claims import extract
from synth_audit_env.server.audit.reasons.names import mentions, names_in
from synth_audit_env.server.world.protocol import Clause, Condition


def found(text, trial):
    return [(" ".join(sorted(one.numbers)), one.how) for one in mentions(extract(text), names_in(trial))]


@pytest.mark.parametrize(
    ("text", "numbers", "how"),
    [
        ("§5.3", "5.3", "number"),
        ("section 5.3", "5.3", "number"),
        ("Amendment 3", "Amendment 3", "number"),
        ("the override", "5.3", "name"),
        ("the comorbidity override", "5.3", "name"),
        ("the Charlson check", "5.3", "name"),
        ("the Stage-IV exception", "5.2", "name"),
        ("the metastatic extension", "5.2", "name"),
        ("the longer window", "5.2", "name"),
        ("the treatment window", "5.1", "name"),
        ("the hemoglobin waiver", "5.4", "name"),
        ("the haemoglobin limit", "3.4", "name"),
        ("the performance status limit", "3.3", "name"),
        ("the UPPER age limit", "3.2", "name"),
        ("the minimum age", "3.1", "name"),
        ("the age limits", "3.1 3.2", "name"),
        ("the age", "3.1 3.2", "field"),
        ("the delay", "5.1 5.2 5.3 5.4 Amendment 3 Amendment 4", "field"),
        ("the date order", "6.1", "name"),
        ("the dates", "6.1", "field"),
        ("the equity rule", "8.1", "name"),
        ("Televisit equivalence", "9.1", "name"),
        ("Remote consent confirmation", "9.2", "name"),
    ],
)
def test_a_name_stands_for_its_clauses(trial, text, numbers, how):
    assert found(text, trial) == [(numbers, how)]


def test_the_longest_name_that_begins_at_a_place_counts_and_each_word_once(trial):
    assert found("maximum age, comorbidity override", trial) == [("3.2", "name"), ("5.3", "name")]
    (one,) = mentions(extract("of the comorbidity override here"), names_in(trial))
    assert (one.first, one.last) == (2, 3)


def test_a_number_and_the_name_beside_it_are_two_mentions(trial):
    assert found("§5.3 (comorbidity override)", trial) == [("5.3", "number"), ("5.3", "name")]


@pytest.mark.parametrize("text", ["the exclusion", "overrides", "the maximum", "a rule", "the Actor", ""])
def test_what_the_protocol_has_not_or_nobody_calls_so_is_no_name(trial, text):
    assert found(text, trial) == []


def test_what_a_clause_is_called_goes_by_how_many_hops_it_is_away(trial):
    third = Clause("5.5", "window_days", None, (Condition("ecog", ">=", 2.0),), "5.4")
    fourth = Clause("5.6", "window_days", None, (Condition("bmi", ">", 30.0),), "5.5")
    deep = replace(trial, protocol=replace(trial.protocol, clauses=(*trial.protocol.clauses, third, fourth)))
    assert found("the exclusion, the ECOG restriction, the waiver", deep) == [
        *[("5.5 5.6", "name"), ("5.5", "name"), ("5.4", "name")]
    ]
    flat = replace(trial, protocol=trial.protocol.without("5.2"))
    assert found("the exception, the override", flat) == []

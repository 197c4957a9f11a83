"""Clauses are found by number and by what they are called; what is said of one is read where a verb says it firmly."""

from dataclasses import replace

import pytest

from synth_audit_env.server.audit.reasons.claims import extract
from synth_audit_env.server.audit.reasons.mentions import mentions, parts, statements
from synth_audit_env.server.audit.reasons.names import Names
from synth_audit_env.server.world.protocol import Clause, Condition


def found(text, trial, question="window"):
    return [(" ".join(sorted(one.numbers)), one.how) for one in mentions(extract(text), Names(trial, question))]


NAMED = {
    "5.3": ["the override", "the comorbidity override", "the Charlson rule"],
    "5.2": ["the Stage-IV exception", "the metastatic extension"],
    "5.1": ["the Stage IV window", "the treatment window"],
    "5.4": ["the hemoglobin waiver"],
    "3.4": ["the haemoglobin limit"],
    "3.3": ["the performance status limit"],
    "3.2": ["the UPPER age limit"],
    "3.1": ["the minimum age"],
    "3.1 3.2": ["the age limits"],
    "6.1": ["the consent interval"],
    "6.3": ["the registry lag"],
    "8.1": ["the equity rule"],
    "9.1": ["Televisit equivalence"],
    "9.2": ["Remote consent confirmation"],
}


@pytest.mark.parametrize(
    ("text", "numbers", "how"),
    [
        *[(text, numbers, "name") for numbers, texts in NAMED.items() for text in texts],
        *[("§5.3", "5.3", "number"), ("section 5.3", "5.3", "number"), ("Amendment 3", "Amendment 3", "number")],
        ("the delay", "5.1 5.2 5.3 5.4 Amendment 3 Amendment 4", "field"),
        ("the comorbidity index", "5.3", "field"),
    ],
)
def test_a_name_stands_for_its_clauses(trial, text, numbers, how):
    assert (numbers, how) in found(text, trial)


def test_short_names_are_of_the_clauses_of_the_question(trial):
    assert found("the override", trial, "age") == []
    assert found("the age", trial, "age") == [("3.1 3.2 Amendment 1", "field")]
    assert found("the age", trial) == [("", "field")], "no clause of the window reads it"
    assert found("the Stage IV exception", trial, "age") == [("5.2", "name")], "the name that the protocol gives it"


def test_a_clause_of_another_limit_has_it_in_its_name(trial):
    ldh = Clause("6.4", "contact_days", 20.0, (Condition("ldh", ">", 240.0),))
    more = replace(trial, protocol=replace(trial.protocol, clauses=(*trial.protocol.clauses, ldh)))
    for name in ("LDH follow-up exception", "LDH exception", "follow-up exception", "the exception"):
        assert found(name, more, "contact") == [("6.4", "name")]
    assert ("6.4", "name") not in found("LDH exception", more)


def test_the_longest_name_that_begins_at_a_place_counts_and_each_word_once(trial):
    assert found("maximum age, comorbidity override", trial) == [("3.2", "name"), ("5.3", "name")]
    (one,) = mentions(extract("of the comorbidity override here"), Names(trial, "window"))
    assert (one.first, one.last) == (2, 3)


def test_a_number_and_the_name_beside_it_are_two_mentions(trial):
    assert found("§5.3 (comorbidity override)", trial) == [("5.3", "number"), ("5.3", "name")]


@pytest.mark.parametrize("text", ["the exclusion", "overrides", "the maximum", "a rule", "the Actor", ""])
def test_what_the_protocol_has_not_or_nobody_calls_so_is_no_name(trial, text):
    assert found(text, trial) == []


def said(text, trial):
    claims = extract(text)
    return [
        (one.act, "/".join(sorted(one.mention.numbers)))
        for one in statements(claims, mentions(claims, Names(trial, "window")))
    ]


ACTS = {
    "ignored": [
        *["The Actor ignored §5.3.", "§5.3 was overlooked by the Actor.", "§5.3 was never read.", "§5.3 was left out."],
        *["It went ahead without reading §5.3.", "The override was left unread.", "Nobody checked §5.3."],
        *["The note says nothing of §5.3.", "The note forgets §5.3.", "§5.3 counts here. The Actor ignored it."],
        "§5.3 (the comorbidity override) was never read.",
    ],
    "read": ["The record was checked against §5.3.", "The Actor did not read §5.3 as it stands."],
    "misread": ["The Actor misread §5.3."],
    "invented": ["The Actor invented §5.3."],
    "applied": ["The Actor applied §5.3.", "The Actor relied on §5.3."],
    "not applied": ["§5.3 was not applied.", "The Actor should have applied §5.3.", "§5.3 must be applied."],
    "holds": ["§5.3 applies.", "The Actor ignored that §5.3 applies."],
    "fails": ["§5.3 does not apply.", "§5.3 does not apply to this patient."],
}


@pytest.mark.parametrize(("text", "act"), [(text, act) for act, texts in ACTS.items() for text in texts])
def test_an_act_is_read_in_active_and_passive_with_its_negation(trial, text, act):
    assert said(text, trial) == [(act, "5.3")]


@pytest.mark.parametrize(
    "text",
    [
        "§5.3 was not ignored.",
        "The Actor should not have applied §5.3.",
        "The Actor would have ignored §5.3.",
        "The note says §5.3 was applied.",
        "§5.3 applies to Stage IV.",
        "§5.3 applies only above 4.5.",
        "§5.3 is what counts.",
        "The Actor ignored much. §5.3 counts.",
        "The Actor ignored it, because §5.3 is long.",
        "The Actor ignored one two three four five six seven §5.3.",
        "The Actor ignored the condition of §5.3.",
    ],
)
def test_what_is_denied_supposed_or_out_of_reach_is_not_read(trial, text):
    assert said(text, trial) == []


def test_each_verb_has_the_clauses_of_its_own_part_of_the_sentence(trial):
    assert said("It applied §5.2 and ignored §5.3.", trial) == [("applied", "5.2"), ("ignored", "5.3")]
    assert said("§5.3 was skipped while §5.2 was used.", trial) == [("ignored", "5.3"), ("applied", "5.2")]
    assert said("Neither §5.3 nor the waiver was read.", trial) == [("ignored", "5.3"), ("ignored", "5.4")]
    assert said("The Actor never looked at the comorbidity index.", trial) == [("ignored", "5.3")]


def test_parts_of_a_sentence_end_at_signs_and_at_words_that_begin_a_clause():
    assert list(parts("a b because c . d ;".split())) == [(0, 2), (3, 4), (5, 6)]

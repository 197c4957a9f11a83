"""What is said of the Actor and of clauses is read where a verb says it firmly, and is else not read."""

import pytest

from synth_audit_env.server.audit.reasons.claims import extract
from synth_audit_env.server.audit.reasons.names import mentions, names_in
from synth_audit_env.server.audit.reasons.statements import parts, read


def said(text, trial):
    claims = extract(text)
    return [(one.act, "/".join(sorted(one.mention.numbers))) for one in read(claims, mentions(claims, names_in(trial)))]


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("The Actor ignored §5.3.", "ignored"),
        ("§5.3 was overlooked by the Actor.", "ignored"),
        ("§5.3 was never read.", "ignored"),
        ("It went ahead without reading §5.3.", "ignored"),
        ("The override was left unread.", "ignored"),
        ("Nobody checked §5.3.", "ignored"),
        ("The record was checked against §5.3.", "read"),
        ("The Actor did not read §5.3 as it stands.", "read"),
        ("The Actor misread §5.3.", "misread"),
        ("The Actor invented §5.3.", "invented"),
        ("The Actor applied §5.3.", "applied"),
        ("§5.3 was not applied.", "not applied"),
        ("The Actor should have applied §5.3.", "not applied"),
        ("§5.3 must be applied.", "not applied"),
        ("§5.3 applies.", "holds"),
        ("§5.3 does not apply.", "fails"),
        ("The Actor ignored that §5.3 applies.", "holds"),
    ],
)
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
    ],
)
def test_what_is_denied_supposed_or_out_of_reach_is_not_read(trial, text):
    assert said(text, trial) == []


def test_each_verb_has_the_clauses_of_its_own_part_of_the_sentence(trial):
    assert said("It applied §5.2 and ignored §5.3.", trial) == [("applied", "5.2"), ("ignored", "5.3")]
    assert said("§5.3 was skipped while §5.2 was used.", trial) == [("ignored", "5.3"), ("applied", "5.2")]
    assert said("Neither §5.3 nor the waiver was read.", trial) == [("ignored", "5.3"), ("ignored", "5.4")]
    assert said("The Actor never looked at the age.", trial) == [("ignored", "3.1/3.2")]


def test_parts_of_a_sentence_end_at_signs_and_at_words_that_begin_a_clause():
    assert list(parts("a b because c . d ;".split())) == [(0, 2), (3, 4), (5, 6)]

"""Names: what clauses and fields are called; the longest counts, and a clause before a field."""

import pytest

from synth_audit_env.server.audit.reasons.names import Names


def called(names, text):
    one = names.longest(tuple(text.split()), 0)
    return one and (" ".join(one.phrase), one.how, one.field, sorted(one.numbers))


def test_a_clause_is_called_by_its_condition_and_its_hop(trial):
    names = Names(trial, "window")
    for name in ("comorbidity override", "comorbidity window override"):
        assert called(names, name) == (name, "name", "", ["5.3"])
    assert called(names, "comorbidity index") == ("comorbidity index", "field", "comorbidity_index", ["5.3"])
    assert called(names, "stage iv exception") == ("stage iv exception", "name", "", ["5.2"])


def test_short_names_are_of_the_clauses_of_the_question(trial):
    assert called(Names(trial, "window"), "override") == ("override", "name", "", ["5.3"])
    assert called(Names(trial, "age"), "override") is None
    assert called(Names(trial, "age"), "comorbidity override") == ("comorbidity override", "name", "", ["5.3"])
    assert called(Names(trial, "age"), "delay") == ("delay", "field", "delay", [])


def test_clauses_that_are_called_alike_are_named_together(trial):
    assert called(Names(trial, "age"), "age limit") == ("age limit", "name", "", ["3.1", "3.2"])


def test_the_longest_counts_and_a_clause_before_a_field(trial):
    names = Names(trial, "window")
    assert called(names, "treatment window rule")[:2] == ("treatment window", "name")
    assert called(names, "treatment start date")[:3] == ("treatment start", "field", "delay")
    assert called(names, "comorbidity override")[1] == "name"
    assert called(names, "comorbidity is high")[1:3] == ("field", "comorbidity_index")


def test_the_name_of_an_error_type_is_no_clause(trial):
    assert called(Names(trial, "window"), "comorbidity override miss")[:2] == ("comorbidity", "field")


@pytest.mark.parametrize("question", ["window", ""])
def test_what_no_judgement_depends_on_is_named_by_its_title(trial, question):
    names = Names(trial, question)
    assert called(names, "televisit equivalence") == ("televisit equivalence", "name", "", ["9.1"])
    assert called(names, "equity rule") == ("equity rule", "name", "", [trial.equity_number])
    assert called(names, "xyzzy") is None

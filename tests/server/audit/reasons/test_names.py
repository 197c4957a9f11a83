"""Names: what clauses and fields are called, the longest first, put together for one word at a time."""

import pickle

import pytest

from synth_audit_env.server.audit.reasons.names import Names


def called(names, word):
    return {" ".join(one.phrase): (one.how, one.field, sorted(one.numbers)) for one in names.beginning_with(word)}


def test_a_clause_is_called_by_its_condition_and_its_hop(trial):
    names = Names(trial, "window")
    comorbidity = called(names, "comorbidity")
    assert comorbidity["comorbidity override"] == ("name", "", ["5.3"])
    assert comorbidity["comorbidity window override"] == ("name", "", ["5.3"])
    assert comorbidity["comorbidity index"] == ("field", "comorbidity_index", ["5.3"])
    assert called(names, "stage")["stage iv exception"] == ("name", "", ["5.2"])


def test_short_names_are_of_the_clauses_of_the_question(trial):
    assert called(Names(trial, "window"), "override")["override"] == ("name", "", ["5.3"])
    assert "override" not in called(Names(trial, "age"), "override")
    assert called(Names(trial, "age"), "comorbidity")["comorbidity override"] == ("name", "", ["5.3"])
    assert called(Names(trial, "age"), "delay")["delay"] == ("field", "delay", [])


def test_clauses_that_are_called_alike_are_named_together(trial):
    assert called(Names(trial, "age"), "age")["age limit"] == ("name", "", ["3.1", "3.2"])


def test_the_longest_comes_first_and_a_clause_before_a_field(trial):
    names = Names(trial, "window").beginning_with("treatment")
    assert len(names) > 3
    order = [(-len(one.phrase), one.how == "field") for one in names]
    assert order == sorted(order)


@pytest.mark.parametrize("question", ["window", ""])
def test_what_no_judgement_depends_on_is_named_by_its_title(trial, question):
    names = Names(trial, question)
    assert called(names, "televisit") == {"televisit equivalence": ("name", "", ["9.1"])}
    assert called(names, "equity")["equity rule"] == ("name", "", [trial.equity_number])
    assert not names.beginning_with("xyzzy")


def test_what_a_client_sends_is_not_kept(trial):
    names = Names(trial, "window")
    names.beginning_with("override")
    before = pickle.dumps(names)
    assert not any(names.beginning_with(f"word{number}") for number in range(1_000))
    assert pickle.dumps(names) == before

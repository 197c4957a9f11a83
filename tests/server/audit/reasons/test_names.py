"""Names: what clauses and fields are called, the longest first, put together for one word at a time.

What each clause is called is in `test_mentions.py`.
"""

import pickle

import pytest

from synth_audit_env.server.audit.reasons.names import Names


def called(names, word):
    return {" ".join(one.phrase): (one.how, one.field, sorted(one.numbers)) for one in names.beginning_with(word)}


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

"""The measures count what the reader says, by half, error type and verdict, and the command fails when it should."""

import json
from types import SimpleNamespace

import pytest

from synth_audit_env.server.world.protocol import AGE, DATES
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation import reasons
from synth_audit_env.validation.blind.scripted_reasons import GUESSES, SCRIPTS, Script
from synth_audit_env.validation.episodes import FULL, scenarios

WRONG = [(s, p) for s in scenarios("medium", "test", 8) for p in s.proposals if p.is_wrong]


def line(half, kind, text, error_type=AGE):
    scenario, proposal = next((s, p) for s, p in WRONG if p.error_type == error_type)
    about = {"tier": "medium", "seed": scenario.seed, "voices": "test", "proposal_id": proposal.note.proposal_id}
    return json.dumps({**about, "half": half, "kind": kind, "text": text})


@pytest.fixture
def corpus(monkeypatch, tmp_path):
    """Puts these lines in place of the corpus, and a reader that goes by a word in place of the reader."""

    def put(*lines):
        (tmp_path / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
        monkeypatch.setattr(reasons, "CORPUS", tmp_path / "corpus.jsonl")

    monkeypatch.setattr(reasons, "reason_holds", lambda scenario, proposal, kind, text: "PAID" in text)
    stated = lambda scenario, proposal, text: SimpleNamespace(  # noqa: E731
        false=("a claim",) if "FALSE" in text else (), evidence_stated="STATED" in text
    )
    monkeypatch.setattr(reasons, "examine", stated)
    monkeypatch.setattr(reasons, "EPISODES", 4)
    monkeypatch.setattr(reasons, "FEWEST", 3)
    monkeypatch.setattr(reasons, "SCRIPTS", (Script("unpaid", "{seen}"),))
    return put


GOOD = (line("seen", "full", "PAID"), line("kept back", "full", "PAID"))


def measured():
    return {row.what: row for row in reasons.measure(FULL)}


def test_reasons_are_counted_by_half_error_type_and_verdict(corpus):
    kept = [line("kept back", "full", "PAID", AGE)] * 3 + [line("kept back", "full", "refused", DATES)]
    corpus(line("seen", "full", "PAID"), *kept)
    rows = measured()
    share = {what: row.figure.value for what, row in rows.items() if "accepted" in what}
    assert share == {
        "honest reasons accepted, seen: all": 1.0,
        f"honest reasons accepted, seen: {AGE}": 1.0,
        "honest reasons accepted, seen: compliant": 1.0,
        "honest reasons accepted, kept back: all": 0.75,
        f"honest reasons accepted, kept back: {AGE}": 1.0,
        f"honest reasons accepted, kept back: {DATES}": 0.0,
        "honest reasons accepted, kept back: compliant": 0.75,
    }
    figure = rows["honest reasons accepted, kept back: all"].figure
    assert (figure.low, figure.high) == pytest.approx((0.3006, 0.9544), abs=1e-4)  # Wilson's, 3 of 4


@pytest.mark.parametrize(
    ("kind", "text", "accepted"),
    [
        ("full", "PAID", 1.0),
        ("full", "STATED", 0.0),
        ("evidence", "STATED", 1.0),
        ("evidence", "STATED, FALSE", 0.0),
        ("evidence", "PAID", 0.0),
    ],
)
def test_evidence_is_to_be_believed_and_the_rest_to_be_paid(corpus, kind, text, accepted):
    corpus(GOOD[0], line("kept back", kind, text))
    assert measured()["honest reasons accepted, kept back: all"].figure.value == accepted


def test_false_reasons_are_no_honest_ones(corpus):
    corpus(*GOOD, line("seen", "false", "PAID"), line("kept back", "false", "refused"))
    rows = measured()
    assert rows["false reasons paid: all"].figure.value == 0.5
    assert rows["honest reasons accepted, seen: all"].note == "Of 1."


def test_too_few_of_the_half_kept_back_fail_the_command_and_of_the_other_do_not(corpus, capsys):
    for lines, status in (
        (GOOD, 0),
        ((line("seen", "full", "refused"), GOOD[1]), 0),
        ((*GOOD, line("kept back", "full", "refused")), 1),
    ):
        corpus(*lines)
        assert reasons.main([]) == status
        assert "most of a type paid: unpaid" in capsys.readouterr().out


def test_a_script_that_is_paid_in_one_error_type_of_many_cases_fails_the_command(corpus, monkeypatch, capsys):
    corpus(*GOOD)
    monkeypatch.setattr(reasons, "reason_holds", lambda s, p, kind, text: text == "PAID" or kind == DATES)
    assert reasons.main([]) == 1
    told = next(row for row in capsys.readouterr().out.splitlines() if "unpaid" in row)
    assert told.startswith("MISSED most of a type paid: unpaid [all]: 1.000 [")
    assert f"{DATES} 1.000 of" in told
    assert f"{AGE} 0.000 of" in told
    monkeypatch.setattr(reasons, "FEWEST", 10_000)
    assert measured()["most of a type paid: unpaid"].passed(), "none has so many cases"


def test_a_guess_is_told_with_how_often_it_is_true_and_held_to_nothing(corpus, monkeypatch):
    corpus(*GOOD)
    monkeypatch.setattr(reasons, "reason_holds", lambda s, p, kind, text: True)
    rows = [row for row in measured().values() if "guess" in row.what]
    assert len(rows) == len(GUESSES)
    assert all(row.bar is None for row in rows)
    told = next(row for row in rows if row.what.endswith("too old"))
    wrong = [(s, p) for tier in TIERS for s in scenarios(tier, "test", 4) for p in s.proposals if p.error_type == AGE]
    true = sum(GUESSES[0].is_true(s, p) for s, p in wrong) / len(wrong)
    assert told.note == f"True in {true:.3f} of {len(wrong)}."
    assert 0.0 < true < 1.0 == told.figure.value


@pytest.mark.parametrize(
    ("lines", "absent"), [(GOOD[:1], "kept back"), (GOOD[1:], "seen"), ((), "seen, kept back")], ids=str
)
def test_without_a_half_the_command_says_so_and_exits_with_2(corpus, capsys, lines, absent):
    corpus(*lines)
    assert reasons.main([]) == 2
    told = capsys.readouterr()
    assert told.err == f"reasons: corpus.jsonl has no honest reasons of these halves: {absent}.\n"
    assert "unpaid" in told.out, "the rest is measured all the same"


@pytest.mark.slow
def test_the_episodes_are_enough_for_every_error_type(monkeypatch):
    monkeypatch.setattr(reasons, "reason_holds", lambda *_: False)
    row = next(row for row in reasons._paid(reasons.EPISODES) if SCRIPTS[0].name in row.what)
    assert row.note.count(" of ") == 7

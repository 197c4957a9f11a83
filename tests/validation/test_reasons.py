"""The measures count what the reader says, by half, error type and verdict, and a bar is missed when it should be."""

from itertools import combinations

import pytest

from synth_audit_env.server.world.protocol import AGE, DATES, ERROR_TYPES
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.validation import certify, honest_reasons, reasons
from synth_audit_env.validation.blind.scripted_reasons import GUESSES, SCRIPTS, Script
from synth_audit_env.validation.episodes import FULL, scenarios

MENDED = "wordings that the reader was mended on"


@pytest.fixture
def reader(monkeypatch):
    """Puts a reader that goes by a word in the place of the reader, and writers of one line each."""

    def put(seen="PAID", mended="PAID", fresh="PAID", false="refused", false_fresh="refused"):
        lines = {"seen": seen, MENDED: mended, "fresh": fresh}
        monkeypatch.setattr(reasons, "honest_reasons", lambda s, p, half="seen": [lines[half]])
        monkeypatch.setattr(
            reasons, "false_reasons", lambda s, p, half="seen": [{"seen": false, "fresh": false_fresh}[half]]
        )
        monkeypatch.setattr(reasons, "pairwise", lambda cases: [])
        monkeypatch.setattr(reasons, "reason_holds", lambda scenario, proposal, kind, text: "PAID" in text)

    monkeypatch.setattr(reasons, "EPISODES", 4)
    monkeypatch.setattr(reasons, "FEWEST", 3)
    monkeypatch.setattr(reasons, "SCRIPTS", (Script("unpaid", "{seen}"),))
    return put


def measured():
    return {row.what: row for row in reasons.measure(FULL)}


def test_reasons_are_counted_by_half_error_type_and_verdict(reader, monkeypatch):
    reader()
    monkeypatch.setattr(reasons, "reason_holds", lambda s, p, kind, text: "PAID" in text and kind != DATES)
    rows = {what: row for what, row in measured().items() if what.startswith(f"honest reasons paid, {MENDED}")}
    groups = {what.rpartition(": ")[2] for what in rows}
    assert groups == {"all", "compliant", "deviation", *ERROR_TYPES} & groups
    assert rows[f"honest reasons paid, {MENDED}: {AGE}"].figure.value == 1.0
    assert rows[f"honest reasons paid, {MENDED}: {DATES}"].figure.value == 0.0
    assert 0.0 < rows[f"honest reasons paid, {MENDED}: all"].figure.value < 1.0
    assert [what for what, row in rows.items() if row.bar is not None] == [f"honest reasons paid, {MENDED}: all"]


def missed():
    return {what for what, row in measured().items() if not row.passed()}


def test_a_good_reader_passes(reader):
    reader()
    assert missed() == set()
    assert "most of a type paid: unpaid" in measured()


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        ({"seen": "refused"}, set()),
        ({"fresh": "refused"}, set()),
        ({"mended": "refused"}, {f"honest reasons paid, {MENDED}: all"}),
        ({"false": "PAID"}, {"false reasons paid: all"}),
        ({"false_fresh": "PAID"}, {"false reasons paid, fresh: all"}),
    ],
)
def test_too_few_of_the_mended_part_or_false_ones_miss_their_bar(reader, lines, rows):
    reader(**lines)
    assert missed() == rows


def test_a_script_that_is_paid_in_one_error_type_misses_its_bar(reader, monkeypatch):
    reader()
    monkeypatch.setattr(reasons, "reason_holds", lambda s, p, kind, text: text == "PAID" or kind == DATES)
    told = measured()["most of a type paid: unpaid"]
    assert not told.passed()
    assert told.figure.value == 1.0
    assert f"{DATES} 1.000 of" in told.note
    assert f"{AGE} 0.000 of" in told.note


def test_error_types_of_few_cases_hold_no_script(reader, monkeypatch):
    reader()
    monkeypatch.setattr(reasons, "reason_holds", lambda *_: True)
    monkeypatch.setattr(reasons, "FEWEST", 10_000)
    assert measured()["most of a type paid: unpaid"].passed()


def test_a_guess_is_told_with_how_often_it_is_true_and_held_to_nothing(reader, monkeypatch):
    reader()
    monkeypatch.setattr(reasons, "reason_holds", lambda s, p, kind, text: True)
    rows = [row for row in measured().values() if "guess" in row.what]
    assert len(rows) == len(GUESSES)
    assert all(row.bar is None for row in rows)
    told = next(row for row in rows if row.what.endswith(GUESSES[0].name))
    counts = dict.fromkeys(TIERS, 4) | dict.fromkeys(reasons.FRONTIER, 1)
    episodes = [s for tier, count in counts.items() for s in scenarios(tier, "test", count)]
    wrong = [(s, p) for s in episodes for p in s.proposals if p.error_type == AGE]
    true = sum(GUESSES[0].is_true(s, p) for s, p in wrong) / len(wrong)
    assert told.note == f"True in {true:.3f} of {len(wrong)}."
    assert told.figure.value == 1.0


def test_all_parts_of_the_corpus_say_all_that_there_is_to_say():
    parts = [honest_reasons.corpus(half) for half in reasons.BARS]
    for one, other in combinations(parts, 2):
        assert one.keys() == other.keys()
        assert not any(set(one[kind]) & set(other[kind]) for kind in one)
    assert all(len(sentences) >= 4 for part in parts for sentences in part.values())


def test_the_certificate_takes_the_measures_over():
    assert certify.CLAIMS["reasons"][1] == ("reasons:measure",)


@pytest.mark.slow
def test_the_episodes_are_enough_for_every_error_type(reader):
    reader()
    wrong = [(s, p) for tier in TIERS for s in scenarios(tier, "test", 80) for p in s.proposals if p.is_wrong]
    row = next(row for row in reasons._paid(wrong, "") if row.what.endswith("unpaid"))
    assert row.note.count(" of ") == len(TIERS["expert"].error_types), "the frontier's own is read on the frontier"
    assert SCRIPTS

"""A chat is folded and then left out oldest first, as far as it must be, and its opening never is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synth_audit_env.agents.react.context import RECENT, Budget, Context, ContextError, Entry

LONG = {"role": "tool", "content": "x" * 3_000}
LINE = {"role": "tool", "content": "x"}
PROTOCOL = {"role": "user", "content": "p" * 3_000}


def _context(room: int, results: int, tools: tuple[dict[str, Any], ...] = ()) -> Context:
    """A protocol of about 1000 tokens, then so many results of 1000 each."""
    context = Context(Budget(room + 100, 100), tools)
    context.add(Entry(PROTOCOL))
    for _ in range(results):
        context.add(Entry(LONG, LINE))
    return context


def test_the_oldest_results_are_folded_first_and_the_protocol_never():
    assert _context(5_000, 3).fitting() == [PROTOCOL, LONG, LONG, LONG], "nothing before it must be"
    context = _context(3_200, 4)
    assert context.fitting() == [PROTOCOL, LINE, LINE, LONG, LONG]
    # What is folded stays so, and what comes later is folded in its turn.
    context = _context(3_200, 3)
    assert context.fitting() == [PROTOCOL, LINE, LONG, LONG]
    context.add(Entry(LONG, LINE))
    assert context.fitting() == [PROTOCOL, LINE, LINE, LONG, LONG]


def test_old_turns_are_left_out_before_the_newest_are_folded():
    """Else a model in a small context would come to see nothing but first lines."""
    context = Context(Budget(2_600, 100), ())
    context.add(Entry(PROTOCOL))
    for number in range(40):
        context.add(Entry({"role": "tool", "content": f"{number} {'x' * 500}"}, {"role": "tool", "content": "y" * 100}))
        _, *turns = context.fitting()
        assert [len(turn["content"]) > 500 for turn in turns[-RECENT:]] == [True] * min(number + 1, RECENT)
    assert len(turns) < 40
    assert sum(len(turn["content"]) == 100 for turn in turns) > 5


def test_tools_and_answer_take_room_too():
    tool = {"type": "function", "description": "t" * 3_000}
    assert _context(4_200, 3).fitting().count(LINE) == 0
    assert _context(4_200, 3, (tool,)).fitting().count(LINE) == 1


def test_the_endpoints_count_corrects_the_estimate():
    context = _context(3_200, 3)
    assert context.fitting() == [PROTOCOL, LINE, LONG, LONG]
    # It says that a token has two characters, not three: 6400 fit, not 9600.
    characters = sum(len(json.dumps(message)) for message in context.fitting())
    context.calibrate(characters // 2)
    assert context.fitting() == [PROTOCOL, LINE, LINE, LONG]


@pytest.mark.parametrize("counted", [0, 5])
def test_a_count_that_cannot_be_is_not_believed(counted):
    context = _context(3_300, 1)
    context.fitting()
    context.calibrate(counted)
    for _ in range(3):
        context.add(Entry(LONG, LINE))
    # Of four results 9600 characters hold two, and 14400, the most that is believed, three.
    assert context.fitting().count(LONG) == {0: 2, 5: 3}[counted]


def test_what_is_folded_already_is_left_out_a_turn_at_a_time():
    context = Context(Budget(1_600, 100), ())
    context.add(Entry({"role": "system", "content": "s"}), Entry(PROTOCOL))
    turns = [
        ({"role": "assistant", "content": f"a{number}" * 100}, {"role": "tool", "content": f"t{number}" * 100})
        for number in range(10)
    ]
    for said, told in turns:
        context.add(Entry(said), Entry(told))
    system, briefing, *rest = context.fitting()
    left_out = len(turns) - len(rest) // 2
    assert 0 < left_out < len(turns)
    assert rest == [message for turn in turns[left_out:] for message in turn]
    assert system == {"role": "system", "content": "s"}
    told = f"\n\n(Your first {left_out} answers are left out here.)"
    assert briefing == {**PROTOCOL, "content": PROTOCOL["content"] + told}
    # It stays so, and is told once.
    assert context.fitting() == [system, briefing, *rest]
    context.add(*map(Entry, turns[0]))
    assert context.fitting()[1]["content"].count("left out here") == 1


def test_a_margin_is_kept_for_what_an_estimate_misses():
    tokens = len(json.dumps(PROTOCOL)) / 3
    assert _context(round(tokens * 1.035), 0).fitting() == [PROTOCOL]
    said = "takes about 1010 tokens, but a context of 1131 leaves 1000 beside an answer of 100"
    with pytest.raises(ContextError, match=said):
        _context(round(tokens * 1.02), 0).fitting()


def test_half_a_surrogate_pair_does_not_stop_the_chat():
    context = Context(Budget(), ())
    context.add(Entry({"role": "tool", "content": "No argument \ud800, §3 is."}))
    assert context.fitting() == [{"role": "tool", "content": "No argument ?, §3 is."}]

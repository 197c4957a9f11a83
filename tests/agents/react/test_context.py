"""A chat is folded oldest first, as far as it must be, and what may not be folded never is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synth_audit_env.agents.react.context import Budget, Context, ContextError, Entry

LONG = {"role": "tool", "content": "x" * 3_000}
LINE = {"role": "tool", "content": "x"}
PROTOCOL = {"role": "user", "content": "p" * 3_000}


def _context(room: int, results: int, tools: tuple[dict[str, Any], ...] = ()) -> Context:
    """A protocol of about 1000 tokens, then so many results of 1000 each."""
    context = Context(Budget(room + 100, 100), tools)
    context.add(Entry(PROTOCOL), *(Entry(LONG, LINE) for _ in range(results)))
    return context


def test_nothing_is_folded_before_it_must_be() -> None:
    assert _context(5_000, 3).fitting() == [PROTOCOL, LONG, LONG, LONG]


def test_the_oldest_results_are_folded_first_and_the_protocol_never() -> None:
    context = _context(3_200, 4)
    assert context.fitting() == [PROTOCOL, LINE, LINE, LONG, LONG]
    # What is folded stays so, and what comes later is folded in its turn.
    context.add(Entry(LONG, LINE))
    assert context.fitting() == [PROTOCOL, LINE, LINE, LINE, LONG, LONG]


def test_a_short_result_is_not_made_longer() -> None:
    context = Context(Budget(1_200, 100), ())
    small = {"role": "tool", "content": "y"}
    context.add(Entry(small, {"role": "tool", "content": "longer"}), Entry(LONG, LINE), Entry(PROTOCOL))
    assert context.fitting() == [small, LINE, PROTOCOL]


def test_tools_and_answer_take_room_too() -> None:
    tool = {"type": "function", "description": "t" * 3_000}
    assert _context(4_200, 3).fitting().count(LINE) == 0
    assert _context(4_200, 3, (tool,)).fitting().count(LINE) == 1


def test_the_endpoints_count_corrects_the_estimate() -> None:
    context = _context(3_200, 3)
    assert context.fitting() == [PROTOCOL, LINE, LONG, LONG]
    # It says that a token has two characters, not three: 6400 fit, not 9600.
    characters = sum(len(json.dumps(message)) for message in context.fitting())
    context.calibrate(characters // 2)
    assert context.fitting() == [PROTOCOL, LINE, LINE, LONG]


@pytest.mark.parametrize("counted", [0, 5])
def test_a_count_that_cannot_be_is_not_believed(counted: int) -> None:
    context = _context(3_200, 3)
    context.fitting()
    context.calibrate(counted)
    context.add(*(Entry(LONG, LINE) for _ in range(6)))
    # Of nine results 9600 characters hold two, and 14400, the most that is believed, three.
    assert context.fitting().count(LONG) == {0: 2, 5: 3}[counted]


def test_what_cannot_fit_is_said_with_figures() -> None:
    with pytest.raises(ContextError, match="takes about 10.. tokens .* a context of 900 leaves 800 beside .* of 100"):
        _context(800, 2).fitting()


def test_half_a_surrogate_pair_does_not_stop_the_chat() -> None:
    context = Context(Budget(), ())
    context.add(Entry({"role": "tool", "content": "No argument \ud800, §3 is."}))
    assert context.fitting() == [{"role": "tool", "content": "No argument ?, §3 is."}]

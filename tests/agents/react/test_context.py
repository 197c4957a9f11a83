"""A chat loses its oldest turns as far as it must, and its opening never."""

import pytest

from synth_audit_env.agents.react.context import Budget, Context, ContextError

LONG = {"role": "tool", "content": "x" * 3_000}
PROTOCOL = {"role": "user", "content": "p" * 3_000}


def _context(room, results, tools=()):
    """A protocol of about 1000 tokens, then so many results of 1000 each."""
    context = Context(Budget(room + 100, 100), tools)
    context.add(PROTOCOL)
    for _ in range(results):
        context.add(LONG)
    return context


def test_the_oldest_turns_are_left_out_and_stay_so():
    assert _context(5_000, 3).fitting() == [PROTOCOL, LONG, LONG, LONG], "nothing has to be"
    context = _context(3_300, 4)
    opening, *turns = context.fitting("PROP-001 approved")
    note = "(Your first 2 answers are left out here. Decided so far: PROP-001 approved.)"
    assert opening == {**PROTOCOL, "content": f"{PROTOCOL['content']}\n\n{note}"}
    assert turns == [LONG, LONG]
    assert context.news() == (PROTOCOL, *[LONG] * 4)
    assert context.news() == (), "each is new once"


def test_tools_and_answer_take_room_too():
    tool = {"type": "function", "description": "t" * 3_000}
    assert len(_context(4_300, 3).fitting()) == 4
    assert len(_context(4_300, 3, (tool,)).fitting()) == 3


def test_an_opening_that_does_not_fit():
    with pytest.raises(ContextError, match="takes about 10.. tokens, but a --max-context of 1000 leaves 873"):
        _context(900, 3).fitting()


def test_the_count_of_an_endpoint_corrects_the_estimate():
    context = _context(3_300, 3)
    context.calibrate(2_500)
    assert len(context.fitting()) == 4, "it takes less than was estimated"
    context.calibrate(0)
    context.calibrate(10**6)
    assert len(context.fitting()) < 4, "it takes more"

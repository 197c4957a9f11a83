"""An endpoint that leaves out what does not fit is told from those that fit all, or count low for other reasons."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from synth_audit_env.agents.react import context as context_module
from synth_audit_env.agents.react.context import Budget, Ceiling, Context, Entry

RESULT = {"role": "tool", "content": "x" * 600}


def _tokens(characters: int) -> int:
    return round(characters / 3.4)


def _truncating(context: int) -> Callable[[list[int]], int]:
    """As Ollama does: messages go, oldest first, until the rest fits; of the last one, its beginning."""

    def count(messages: list[int]) -> int:
        left = list(messages)
        while len(left) > 1 and _tokens(sum(left)) > context:
            left.pop(0)
        return min(context, _tokens(sum(left)))

    return count


def _met(count: Callable[[list[int]], int], size: int = 600, turns: int = 80) -> int | None:
    """Characters of the chat at which its ceiling was noticed; None where none was."""
    messages = [6_000, *[size] * turns]
    ceiling = Ceiling()
    for length in range(1, len(messages)):
        written = sum(messages[:length])
        if ceiling.meets(written, written, count(messages[:length])):
            return written
    return None


@pytest.mark.parametrize(
    ("context", "size"),
    [(2_048, 200), (2_048, 600), (4_096, 200), (4_096, 600), (4_096, 1_200), (8_192, 200), (8_192, 2_000)],
)
def test_a_chat_that_is_cut_is_noticed(context, size):
    assert _met(_truncating(1_500), 150) is not None, "even the opening is cut"
    met = _met(_truncating(context), size, 200)
    assert met is not None
    # Not before it is cut, and, with what the opening leaves free at first, not long after.
    assert context < _tokens(met) < context * 1.25 + _tokens(6_000)


def _all(messages: list[int]) -> int:
    return _tokens(sum(messages))


COUNTS_LOW = {
    "all": _all,
    "a constant": lambda messages: 100,
    "new only": lambda messages: _tokens(messages[-1]),
    "new in blocks": lambda messages: _all(messages) - _all(messages[:-1]) // 1_024 * 1_024,
    "less a cached prefix": lambda messages: _all(messages) - (1_500 if len(messages) > 1 else 0),
    "cached now and then": lambda messages: _all(messages) if len(messages) % 3 else _tokens(messages[-1]),
    "opening cached now and then": lambda messages: _all(messages) - _tokens(5_999) * (1 - len(messages) % 2),
    "newer than four turns": lambda messages: _tokens(sum(messages[-4:])),
}


@pytest.mark.parametrize("size", [100, 600, 2_000])
@pytest.mark.parametrize("who", COUNTS_LOW)
def test_whoever_counts_low_for_other_reasons_is_not_accused(who, size):
    assert _met(COUNTS_LOW[who], size) is None


@pytest.fixture(autouse=True)
def _not_warned():
    context_module._WARNED.clear()
    yield
    context_module._WARNED.clear()


def _chat(
    count: Callable[[list[int]], int],
    turns: list[dict[str, Any]],
    max_context: int = 32_768,
    opening: int = 6_000,
) -> None:
    """A chat with an endpoint that counts so."""
    context = Context(Budget(max_context, 100), ())
    context.add(Entry({"role": "user", "content": "p" * opening}))
    for turn in turns:
        sent = context.fitting()
        context.calibrate(count([len(message["content"]) for message in sent]))
        context.add(Entry(turn, {**turn, "content": "x"}))


def test_it_is_said_once_in_a_run_with_cause_and_cure(caplog):
    for _ in range(2):
        _chat(_truncating(4_096), [RESULT] * 60)
    (warning,) = caplog.records
    assert warning.levelno == logging.WARNING
    assert warning.name.startswith("synth_audit_env.agents.react.")
    assert warning.getMessage() == (
        "The endpoint counts no more than 4059 tokens however long the chat gets, so it seems to leave out its "
        "beginning, where the protocol is: give the model a longer context (Ollama: OLLAMA_CONTEXT_LENGTH=32768), or "
        "this program a --max-context of no more than that."
    )


@pytest.mark.parametrize("count", [_all, lambda messages: 0])
def test_what_is_left_out_here_is_not_held_against_the_endpoint(count, caplog):
    _chat(count, [RESULT] * 100, max_context=4_000)
    _chat(count, [RESULT] * 100)
    assert caplog.records == []


def test_thoughts_that_a_template_leaves_out_are_no_growth(caplog):
    signed = {"id": "a", "type": "function", "function": {"name": "approve", "arguments": "{}"}, "signature": "s" * 900}
    thinking = {"role": "assistant", "content": "Hm.", "tool_calls": [signed], "reasoning_content": "t" * 900}
    _chat(_all, [thinking] * 60, 65_536, 20_000)
    assert caplog.records == []

"""Usages add up, an unknown part makes the sum unknown; and what was thought is told from what is said."""

from __future__ import annotations

import pytest

from synth_audit_env.chat.completion import Usage, spoken


def test_usages_add_up() -> None:
    assert Usage(1, 2, 0.5) + Usage(10, 20, 0.25) == Usage(11, 22, 0.75)
    assert sum([Usage(1, 2, 0.5)], Usage()) == Usage(1, 2, 0.5)


def test_an_unknown_cost_stays_unknown() -> None:
    assert Usage(1, 2, None) + Usage(10, 20, 0.25) == Usage(11, 22, None)
    assert Usage(1, 2, 0.5) + Usage(10, 20, None) == Usage(11, 22, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yes.", "Yes."),
        ("<think>No?</think> Yes.", "Yes."),
        ("No?</think>Yes.", "Yes."),
        ("<think>One.</think>Two.<think>Three.</think>Four.", "Four."),
        ("<think>No end", ""),
        ("Yes. <think>No end", "Yes."),
    ],
)
def test_what_is_said(text: str, said: str) -> None:
    assert spoken(text) == said

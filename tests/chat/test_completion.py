"""Usages add up, an unknown part makes the sum unknown; and what was thought is told from what is said."""

import pytest

from synth_audit_env.chat.completion import Usage, spoken


def test_usages_add_up_and_an_unknown_part_stays_unknown():
    assert sum([Usage(1, 2, 0.5), Usage(10, 20, 0.25)], Usage()) == Usage(11, 22, 0.75)
    assert Usage(1, 2, None) + Usage(10, 20, 0.25) == Usage(11, 22, None)
    assert (Usage(seconds=1.5) + Usage(seconds=2.0)).seconds == 3.5
    assert (Usage(seconds=None) + Usage(seconds=2.0)).seconds is None
    assert Usage(1, 2, seconds=1.5) == Usage(1, 2), "seconds tell no two usages apart"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes.", "Yes."),
        ("<think>No?</think> Yes.", "Yes."),
        ("No?</think>Yes.", "Yes."),
        ("<think>One.</think>Two.<think>Three.</think>Four.", "Four."),
        ("<think>No end", ""),
        ("Yes. <think>No end", "Yes."),
        ("[THINK]No?[/THINK]Yes.", "Yes."),
        ("<thinking>No?</thinking> Yes.", "Yes."),
        ("<thought>No?</thought>Yes. <thought>No end", "Yes."),
        ("<thoughtful> people [think] so.", "<thoughtful> people [think] so."),
    ],
)
def test_thoughts_are_no_part_of_an_answer(text, answer):
    assert spoken(text) == answer

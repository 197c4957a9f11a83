"""Short exercises in comparing a number with its limits, which a model that has read nothing learns first.

    examples = drills(tokenizer, 25_600, Random(0))

A demonstration has a handful of comparisons among a thousand tokens, and a small model that is shown nothing else writes
"yes" after all of them. Four in a row, with the loss on the verdict alone, and it compares after some hundred steps.
The lines are those that an auditor writes down before it decides (`demonstrations.py`).
"""

from __future__ import annotations

from random import Random
from typing import Any

LINES = 4
"""Comparisons of an exercise. In longer ones the two numbers that matter are harder to find."""
NEAR = 0.6
"""Share of the numbers that are within three of a limit, where it is decided whether they are seen to the last digit."""


def drills(tokenizer: Any, count: int, draws: Random) -> Any:
    """Make exercises.

    Args:
        tokenizer: Of the model.
        count: How many.
        draws: Decides which.

    Returns:
        A `datasets.Dataset` as `sft.tokenized` makes it; what is learnt is the verdict of each line.
    """
    from datasets import Dataset

    return Dataset.from_list([_exercise(tokenizer, draws) for _ in range(count)])


def _exercise(tokenizer: Any, draws: Random) -> dict[str, list[int]]:
    ids: list[int] = []
    learnt: list[int] = []
    for _ in range(LINES):
        numbers, fits = _ages(draws) if draws.random() < 0.6 else _delay(draws)
        # Numbers stand alone in this tokenizer, so text that is cut after one has the tokens of the whole.
        for text, counts in ((numbers, 0), (f": {'yes' if fits else 'no'}.", 1), ("\n", 0)):
            tokens = tokenizer(text)["input_ids"]
            ids += tokens
            learnt += [counts] * len(tokens)
    return {"input_ids": ids, "assistant_masks": learnt}


def _ages(draws: Random) -> tuple[str, bool]:
    low = draws.randint(18, 65)
    high = draws.randint(max(low + 8, 60), 90)
    age = _number(draws, (low, high), 18, 99)
    return f"Age {age}, {low} to {high}", low <= age <= high


def _delay(draws: Random) -> tuple[str, bool]:
    most = draws.randint(7, 60)
    days = _number(draws, (most,), 0, 75)
    return f"Start {days}, at most {most}", days <= most


def _number(draws: Random, limits: tuple[int, ...], least: int, most: int) -> int:
    if draws.random() < NEAR:
        return min(most, max(least, draws.choice(limits) + draws.randint(-3, 3)))
    return draws.randint(least, most)

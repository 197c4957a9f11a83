"""Exercises that come before whole audits: a number beside its limits, and audits of a few lines.

    comparisons(tokenizer, 25_600, Random(0))      # what is learnt is the verdict of each line
    short_audits(tokenizer, 4_800, Random(0))      # what is learnt is what the auditor writes

A demonstration has a handful of comparisons and of values to copy among a thousand tokens. A small model that is shown
nothing else writes "yes" after every comparison, and copies one identifier in two wrongly. In these texts nothing else
is in the way, and it does both within a thousand steps. What is written is what an auditor of `demonstrations.py`
writes; the numbers are of no patient.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from random import Random
from typing import Any

LINES = 4
"""Comparisons of an exercise. In longer ones the two numbers that matter are harder to find."""
NEAR = 0.6
"""Share of the numbers that are within three of a limit, where the last digit decides."""
PATIENTS = (1, 2)
"""Fewest and most of a short audit. In longer ones it takes longer until a model begins to copy."""
Pieces = list[tuple[str, bool]]
"""Text, and whether it is to be learnt. Cut only where a token ends: before and after a number, and after a line."""


def comparisons(tokenizer: Any, count: int, draws: Random) -> Any:
    """Make exercises of comparing.

    Args:
        tokenizer: Of the model.
        count: How many.
        draws: Decides which.

    Returns:
        A `datasets.Dataset` as `sft.tokenized` makes it.
    """
    return _examples(tokenizer, (_lines(draws) for _ in range(count)))


def short_audits(tokenizer: Any, count: int, draws: Random) -> Any:
    """Make audits of a few lines; see `comparisons`."""
    return _examples(tokenizer, (_audit(draws) for _ in range(count)))


def _examples(tokenizer: Any, exercises: Iterable[Pieces]) -> Any:
    from datasets import Dataset

    rows = []
    for pieces in exercises:
        ids: list[int] = []
        learnt: list[int] = []
        for text, counts in pieces:
            tokens = tokenizer(text)["input_ids"]
            ids += tokens
            learnt += [int(counts)] * len(tokens)
        rows.append({"input_ids": ids, "assistant_masks": learnt})
    return Dataset.from_list(rows)


def _lines(draws: Random) -> Pieces:
    pieces: Pieces = []
    for _ in range(LINES):
        if draws.random() < 0.6:
            low, high = _limits(draws)
            age = _number(draws, (low, high), 18, 99)
            pieces += [(f"age {age}, {low} to {high}", False), (_verdict(low <= age <= high), True)]
        else:
            most = draws.randint(7, 60)
            days = _number(draws, (most,), 0, 75)
            pieces += [(f"Start {days}, at most {most}", False), (_verdict(days <= most), True)]
        pieces.append(("\n", False))
    return pieces


def _audit(draws: Random) -> Pieces:
    """Rules and proposals; then, patient by patient, the look, the record, the comparison and the decision."""
    low, high = _limits(draws)
    most = draws.randint(7, 60) if draws.random() < 0.5 else None
    section = draws.randint(2, 5)
    rules = (
        f"§{section}.1 Age at enrolment is at least {low} years.\n"
        f"§{section}.2 Age at enrolment is at most {high} years.\n"
    )
    if most is not None:
        rules += f"§{section + 1}.1 Treatment starts at most {most} days after enrolment.\n"
    patients = [f"P{number:04d}" for number in draws.sample(range(1, 100), draws.randint(*PATIENTS))]
    proposals = "".join(f"PROP-{place:03d} {patient}: Stage II\n" for place, patient in enumerate(patients, 1))
    pieces = [(rules + proposals, False)]
    for place, patient in enumerate(patients, 1):
        flag = {"proposal_id": f"PROP-{place:03d}"}
        age = _number(draws, (low, high), 18, 99)
        look = _call("investigate_patient", patient_id=patient)
        record = f"{patient}: age {age}, {draws.choice(('male', 'female'))}\n"
        words = f"{patient}: age {age}, {low} to {high}{_verdict(low <= age <= high)}"
        if age > high:
            flag |= _error("age_boundary_error", f"Age {age} is above the maximum of {high} (§{section}.2).")
        elif age < low:
            flag |= _error("age_boundary_error", f"Age {age} is below the minimum of {low} (§{section}.1).")
        if most is not None:
            days = _number(draws, (most,), 0, 75)
            look += _call("temporal_audit", patient_id=patient)
            record += f"{patient}: from consent {draws.randint(0, 20)} days to enrolment, {days} to treatment start\n"
            words += f" Start {days}, at most {most}{_verdict(days <= most)}"
            if len(flag) == 1 and days > most:
                reason = f"Treatment started {days} days after enrolment, past the window of {most} days"
                flag |= _error("protocol_window_violation", f"{reason} (§{section + 1}.1).")
        decision = _call("flag_error" if len(flag) > 1 else "approve", **flag)
        pieces += [(look, True), (record, False), (f"{words}\n{decision}", True)]
    return pieces


def _error(error_type: str, reason: str) -> dict[str, str]:
    return {"error_type": error_type, "reason": reason}


def _limits(draws: Random) -> tuple[int, int]:
    low = draws.randint(18, 65)
    return low, draws.randint(max(low + 8, 60), 90)


def _number(draws: Random, limits: tuple[int, ...], least: int, most: int) -> int:
    if draws.random() < NEAR:
        return min(most, max(least, draws.choice(limits) + draws.randint(-3, 3)))
    return draws.randint(least, most)


def _verdict(fits: bool) -> str:
    return f": {'yes' if fits else 'no'}."


def _call(tool: str, **arguments: str) -> str:
    """A call as the chat template writes it."""
    return (
        f'<tool_call>\n{{"name": "{tool}", "arguments": {json.dumps(arguments, ensure_ascii=False)}}}\n</tool_call>\n'
    )

"""Exercises that come before whole audits: a number beside its limits, and audits of a few lines.

    comparisons(tokenizer, 25_600, Random(0))      # what is learnt is the verdict of each line
    short_audits(tokenizer, 4_800, Random(0))      # what is learnt is what the auditor writes

A demonstration has a handful of comparisons and of values to copy among a thousand tokens. A small model that sees only
those writes "yes" after every comparison, and copies every second identifier wrongly. In these short texts it learns
both within a thousand steps. They are worded as in `demonstrations.py`; the numbers are of no patient.
"""

import json
from collections.abc import Iterable
from random import Random
from typing import Any

from tqdm import tqdm

from ..server.world.protocol_text import days_text
from .demonstrations import next_up

SAID_EVERY_S = 5
"""How often it is said how many are made."""
LINES = 4
"""Comparisons of an exercise. In longer ones the two numbers that matter are harder to find."""
NEAR = 0.6
"""Share of the numbers that are within three of a limit, where the last digit decides."""
LISTED = (2, 9)
"""Fewest and most proposals of the list of a short audit."""
PATIENTS = (1, 3)
"""Fewest and most that are audited. In longer ones it takes longer until a model begins to copy."""
COHORT = 60
"""Patients that ids are drawn from."""
Pieces = list[tuple[str, bool]]
"""Text, and whether it is to be learnt. Cut only where a token ends: before and after a number, and after a line."""


def comparisons(tokenizer: Any, count: int, draws: Random) -> Any:
    """Make so many exercises of comparing: a `datasets.Dataset` as `sft.tokenized` makes it."""
    return _examples(tokenizer, (_lines(draws) for _ in tqdm(range(count), "Comparisons", mininterval=SAID_EVERY_S)))


def short_audits(tokenizer: Any, count: int, draws: Random) -> Any:
    """Make audits of a few lines; see `comparisons`."""
    return _examples(tokenizer, (_audit(draws) for _ in tqdm(range(count), "Short audits", mininterval=SAID_EVERY_S)))


def _examples(tokenizer: Any, exercises: Iterable[Pieces]) -> Any:
    from datasets import Dataset

    rows = []
    for pieces in exercises:
        marked = [(token, int(counts)) for text, counts in pieces for token in tokenizer(text)["input_ids"]]
        rows.append({"input_ids": [token for token, _ in marked], "assistant_masks": [learnt for _, learnt in marked]})
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
    """Rules and proposals; then, from one of these on, the looks, the comparison and the decision.

    Where there are two questions a note is read, which cites the section of its own.
    """
    low, high = _limits(draws)
    most = draws.randint(7, 60) if draws.random() < 0.5 else None
    section = draws.randint(2, 5)
    listed = draws.randint(*LISTED)
    names = [f"PROP-{place:03d}" for place in range(1, listed + 1)]
    patients = [f"P{number:04d}" for number in draws.sample(range(1, COHORT + 1), listed)]
    first = draws.randrange(listed)
    audited = range(first, min(listed, first + draws.randint(*PATIENTS)))
    rules = (
        f"§{section}.1 Age at enrolment is at least {low} years.\n"
        f"§{section}.2 Age at enrolment is at most {high} years.\n"
    )
    looks = {"investigate_patient": "patient_id"}
    if most is not None:
        rules += f"§{section + 1}.1 Treatment starts at most {most} days after enrolment.\n"
        looks = {"review_proposal": "proposal_id", **looks, "temporal_audit": "patient_id"}
    rows = "".join(f"{name} {patient}: Stage II\n" for name, patient in zip(names, patients, strict=True))
    # With which proposal an exercise begins is not to be foretold.
    pieces = [(f"{rules}{rows}Next {names[first]} ", False), (f"{patients[first]}.\n", True)]
    for place in audited:
        name, patient = names[place], patients[place]
        record, words, flag = _examined(name, patient, (low, high, most), section, draws)
        upcoming = f" {next_up(names[place + 1], patients[place + 1])}" if place + 1 in audited else ""
        decision = _call("flag_error" if flag else "approve", proposal_id=name, **flag)
        given = {"proposal_id": name, "patient_id": patient}
        calls = "".join(_call(look, **{argument: given[argument]}) for look, argument in looks.items())
        pieces += [(calls, True), (record, False)]
        pieces.append((f"{patient}: compliant? {words}{upcoming}\n{decision}", True))
    return pieces


def _examined(
    name: str, patient: str, limits: tuple[int, int, int | None], section: int, draws: Random
) -> tuple[str, str, dict[str, str]]:
    """What the tools answer of a patient, what the auditor compares, and what a flag says, if there is to be one."""
    low, high, most = limits
    age, days = _number(draws, (low, high), 18, 99), _number(draws, (most or low,), 0, 75)
    record = f"{patient}: age {age}, {draws.choice(('male', 'female'))}\n"
    cites, words = f"§{section}.{1 if age < low else 2}", f"age {age}, {low} to {high}{_verdict(low <= age <= high)}"
    flag = {}
    if not low <= age <= high:
        side, limit = ("above", high) if age > high else ("below", low)
        reason = f"The age at enrolment is {age} years, {side} the limit of {limit} years ({cites})."
        flag = {"error_type": "age_boundary_error", "reason": reason}
    if most is None:
        return record, words, flag
    if draws.random() < 0.5:
        cites, words, flag = f"§{section + 1}.1", f"Start {days}, at most {most}{_verdict(days <= most)}", {}
        if days > most:
            reason = f"The treatment delay is {days_text(days)}, above the limit of {most} days ({cites})."
            flag = {"error_type": "protocol_window_violation", "reason": reason}
    dates = f"consent, +{draws.randint(0, 20)} d enrolment, {days:+d} d treatment start"
    return f"{name} on {patient}: compliant. Cites {cites}.\n{record}{patient}: {dates}\n", words, flag


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

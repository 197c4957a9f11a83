"""Exercises are lines of an auditor with the right verdict, and the verdict is all that is learnt of them."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest

from synth_audit_env.agents.audit_tools import action_of
from synth_audit_env.training.drills import LINES, comparisons, short_audits

pytest.importorskip("trl")
AGE = re.compile(r"age (\d+), (\d+) to (\d+): (yes|no)\.")
START = re.compile(r"Start (\d+), at most (\d+): (yes|no)\.")


def learnt_of(tokenizer: Any, exercise: dict[str, Any], own: bool = True) -> str:
    """What is learnt of an exercise, or else what is told."""
    marked = zip(exercise["input_ids"], exercise["assistant_masks"], strict=True)
    return tokenizer.decode([token for token, counts in marked if bool(counts) == own])


def test_every_verdict_is_right(tokenizer: Any) -> None:
    verdicts = set()
    for exercise in comparisons(tokenizer, 100, Random(0)):
        # The verdicts are all that is learnt.
        assert re.fullmatch(r"(: (yes|no)\.){4}", learnt_of(tokenizer, exercise))
        lines = tokenizer.decode(exercise["input_ids"]).splitlines()
        assert len(lines) == LINES
        for line in lines:
            if age := AGE.fullmatch(line):
                value, low, high = map(int, age.groups()[:3])
                right = low <= value <= high
            else:
                start = START.fullmatch(line)
                assert start is not None, line
                right = int(start[1]) <= int(start[2])
            said = line.endswith(": yes.")
            assert said == right, line
            verdicts.add((line.split()[0], said))
    assert verdicts == {(kind, said) for kind in ("age", "Start") for said in (True, False)}


def test_a_short_audit_decides_what_its_records_say(tokenizer: Any) -> None:
    kinds = set()
    for exercise in short_audits(tokenizer, 100, Random(0)):
        text = tokenizer.decode(exercise["input_ids"])
        low, high = (int(value) for value in re.findall(r"enrolment is at \w+ (\d+) years", text))
        most = re.search(r"starts at most (\d+) days", text)
        patients = dict(re.findall(r"(PROP-\d+) (P\d+): Stage", text))
        ages = {patient: int(age) for patient, age in re.findall(r"(P\d+): age (\d+), \w*male", text)}
        days = {patient: int(start) for patient, start in re.findall(r"(P\d+): consent.* \+(\d+) d treatment", text)}
        calls = [json.loads(call) for call in re.findall(r"<tool_call>\n(.*)\n</tool_call>", text)]
        decisions = {
            call["arguments"]["proposal_id"]: call for call in calls if call["name"] in ("approve", "flag_error")
        }
        cited = dict(re.findall(r"(PROP-\d+) on P\d+: compliant. Cites (§\d\.\d)\.", text))
        assert set(cited) == ({*decisions} if most else set())
        listed = list(patients)
        first = listed.index(next(iter(decisions)))
        assert list(decisions) == listed[first : first + len(decisions)]
        assert re.findall(r"Next (PROP-\d+) (P\d+)\.", text) == [(name, patients[name]) for name in decisions]
        looks = [call["arguments"]["patient_id"] for call in calls if call["name"] == "investigate_patient"]
        assert looks == [patients[name] for name in decisions]
        for proposal in decisions:
            patient = patients[proposal]
            of_age = proposal not in cited or f"{cited[proposal]} Age" in text
            right = "age_boundary_error" if of_age else "protocol_window_violation"
            call = decisions[proposal]
            if low <= ages[patient] <= high if of_age else days[patient] <= int(most[1]):
                assert call["name"] == "approve"
            else:
                assert (call["name"], call["arguments"]["error_type"]) == ("flag_error", right)
                assert action_of(call["name"], call["arguments"])
            kinds.add(call["arguments"].get("error_type"))
    assert kinds == {None, "age_boundary_error", "protocol_window_violation"}

"""Exercises are lines of an auditor with the right verdict, and the verdict is all that is learnt of them."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.training.demonstrations import NONE, demonstrate
from synth_audit_env.training.drills import LINES, drills
from synth_audit_env.training.tiny_model import build_tokenizer

pytest.importorskip("trl")
AGE = re.compile(r"Age (\d+), (\d+) to (\d+): (yes|no)\.")
START = re.compile(r"Start (\d+), at most (\d+): (yes|no)\.")


@pytest.fixture(scope="module")
def shown() -> list[list[dict[str, Any]]]:
    environment = SynthAuditEnvironment()
    tasks = [{"seed": seed, "task_id": "oversight_medium"} for seed in range(8, 20)]
    return [demonstrate(environment, task, NONE, Random(0)).messages for task in tasks]


@pytest.fixture(scope="module")
def tokenizer(shown: list[list[dict[str, Any]]]) -> Any:
    return build_tokenizer(shown)


def test_every_verdict_is_right(tokenizer: Any) -> None:
    verdicts = set()
    for exercise in drills(tokenizer, 100, Random(0)):
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
    assert verdicts == {(kind, said) for kind in ("Age", "Start") for said in (True, False)}


def test_only_the_verdict_is_learnt(tokenizer: Any) -> None:
    for exercise in drills(tokenizer, 20, Random(0)):
        marked = zip(exercise["input_ids"], exercise["assistant_masks"], strict=True)
        learnt = tokenizer.decode([token for token, counts in marked if counts])
        assert re.fullmatch(r"(: (yes|no)\.){4}", learnt)


def test_tokens_are_those_of_the_whole_text(tokenizer: Any) -> None:
    for exercise in drills(tokenizer, 20, Random(0)):
        assert tokenizer(tokenizer.decode(exercise["input_ids"]))["input_ids"] == exercise["input_ids"]


def test_lines_are_those_of_demonstrations(shown: list[list[dict[str, Any]]]) -> None:
    said = " ".join(message["content"] for messages in shown for message in messages if message["role"] == "assistant")
    assert AGE.search(said)
    assert START.search(said)


def test_they_follow_from_the_draws(tokenizer: Any) -> None:
    one, again, other = (drills(tokenizer, 5, Random(seed)).to_list() for seed in (0, 0, 1))
    assert one == again != other

"""How the lines that inference.py prints must read."""

from __future__ import annotations

import re
from collections.abc import Sequence

START = re.compile(r"\[START\] task=(\S+) env=synth_audit_env model=heuristic")
STEP = re.compile(r"\[STEP\] step=(\d+) action=(\w+)\(([\w,-]*)\) reward=(-?\d+\.\d\d) done=(true|false) error=null")
END = re.compile(r"\[END\] success=(true|false) steps=(\d+) score=(\d\.\d\d) rewards=((?:-?\d+\.\d\d,?)+)")


def check_transcript(lines: Sequence[str], tasks: Sequence[str]) -> set[str]:
    """Every line is one of the three kinds, in order, and the rewards of an [END] are those of its steps."""
    started, tools, step, rewards = [], set(), 0, []
    for line in lines:
        if found := START.fullmatch(line):
            started.append(found[1])
            step, rewards = 0, []
        elif found := STEP.fullmatch(line):
            step += 1
            assert int(found[1]) == step
            tools.add(found[2])
            rewards.append(found[4])
        else:
            found = END.fullmatch(line)
            assert found, line
            assert int(found[2]) == step
            assert found[4].split(",") == rewards
            assert found[1] == "true"
            assert float(found[3]) >= 0.95
    assert started == list(tasks)
    return tools

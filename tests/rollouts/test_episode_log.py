"""An episode log holds all that playing its episodes again takes, and they come out to the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from synth_audit_env.chat.completion import Usage
from synth_audit_env.rollouts.episode_log import read_log
from synth_audit_env.tests.rollouts.recorded import recorded, replayed

EASY = {"task_id": "oversight_easy", "seed": 42}


@pytest.mark.parametrize("cost", [0.0125, None])
def test_what_is_known_of_a_model_is_kept_and_replays(tmp_path, cost):
    without = recorded(EASY)
    assert not {"usage", "settings", "gave_up"} & json.loads(without.line()).keys()
    asked = {"tool_format": "json", "temperature": None}
    record = replace(without, usage=Usage(1200, 34, cost), settings=asked, gave_up="It called no tool.")
    log = tmp_path / "episodes.jsonl"
    log.write_text(record.line() + without.line(), encoding="utf-8")
    assert read_log(log) == [record, without]
    assert replayed([record]) == record.line()


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
def test_replays_to_the_same_bytes(tmp_path, settlement):
    expert = {"task_id": "oversight_expert", "split": "test", "index": 5}
    played = [recorded({**options, "settlement": settlement}) for options in (EASY, expert)]
    log = tmp_path / "episodes.jsonl"
    log.write_text("".join(record.line() for record in played), encoding="utf-8")
    assert replayed(read_log(log)) == log.read_text(encoding="utf-8")


def test_what_is_no_episode_is_named(tmp_path):
    record = recorded(EASY)
    with pytest.raises(ValueError, match="oversight_easy with seed 42 is not over"):
        replace(record, turns=record.turns[:-1]).line()
    log = tmp_path / "episodes.jsonl"
    log.write_text(record.line() + "{}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"episodes\.jsonl, line 2: this is no episode"):
        read_log(log)

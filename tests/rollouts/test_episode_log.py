"""An episode log holds all that playing its episodes again takes, and they come out to the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.chat.completion import Usage
from synth_audit_env.episode_line import PACKAGE_VERSION
from synth_audit_env.rollouts.episode_log import EpisodeRecord, read_log, replay
from synth_audit_env.rollouts.rollout import play
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


def _play(env: SynthAuditEnvironment, task: str, **options: Any) -> EpisodeRecord:
    given = {"task_id": task, **options}
    opening = env.reset(**given)
    turns = tuple(play(HeuristicAuditor(), opening, env.step))
    state = env.state
    return EpisodeRecord(task, state.seed, state.split, PACKAGE_VERSION, "heuristic", given, opening, turns)


@pytest.mark.parametrize("cost", [0.0125, None])
def test_what_is_known_of_a_model_is_kept_and_replays(tmp_path, cost):
    env = SynthAuditEnvironment()
    without = _play(env, "oversight_easy", seed=42)
    assert not {"usage", "settings", "gave_up"} & json.loads(without.line()).keys()
    asked = {"tool_format": "json", "temperature": None}
    record = replace(without, usage=Usage(1200, 34, cost), settings=asked, gave_up="It called no tool.")
    log = tmp_path / "episodes.jsonl"
    log.write_text(record.line() + without.line(), encoding="utf-8")
    assert read_log(log) == [record, without]
    (again,) = replay([record], lambda options: env.reset(**options), env.step)
    assert again.line() == record.line()


@pytest.mark.parametrize("settlement", ["immediate", "terminal"])
def test_replays_to_the_same_bytes(tmp_path, settlement):
    env = SynthAuditEnvironment()
    played = [
        _play(env, "oversight_easy", seed=42, settlement=settlement),
        _play(env, "oversight_expert", split="test", index=5, settlement=settlement),
    ]
    log = tmp_path / "episodes.jsonl"
    log.write_text("".join(record.line() for record in played), encoding="utf-8")
    records = read_log(log)
    again = SynthAuditEnvironment()
    lines = [record.line() for record in replay(records, lambda options: again.reset(**options), again.step)]
    assert "".join(lines) == log.read_text(encoding="utf-8")


@pytest.mark.parametrize("tier", ["easy", "medium", "hard", "expert"])
def test_a_line_is_json_as_python_writes_it(tier):
    record = _play(SynthAuditEnvironment(), f"oversight_{tier}", seed=42)
    line = record.line()
    fields = json.loads(line)
    assert line == json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"
    observations = [record.opening, *(turn.observation for turn in record.turns)]
    assert fields["observations"] == [observation.model_dump(mode="json") for observation in observations]


def test_a_session_of_adaptive_episodes_replays_in_order():
    env, again = SynthAuditEnvironment(), SynthAuditEnvironment()
    played = [_play(env, "oversight_adaptive", seed=seed) for seed in range(8)]
    assert len({record.opening.difficulty for record in played}) > 1
    replayed = replay(played, lambda options: again.reset(**options), again.step)
    assert [record.line() for record in replayed] == [record.line() for record in played]


def test_what_is_no_episode_is_named(tmp_path):
    record = _play(SynthAuditEnvironment(), "oversight_easy", seed=42)
    with pytest.raises(ValueError, match="oversight_easy with seed 42 is not over"):
        replace(record, turns=record.turns[:-1]).line()
    log = tmp_path / "episodes.jsonl"
    log.write_text(record.line() + "{}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"episodes\.jsonl, line 2: this is no episode"):
        read_log(log)

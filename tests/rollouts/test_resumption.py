"""A log tells what a run has done already, and a half-written end is dropped without harm to any other file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from synth_audit_env.chat.completion import Usage
from synth_audit_env.rollouts.environment import session
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.rollouts.resumption import Earlier, ResumeError, drop_half_line
from synth_audit_env.tests.rollouts.recorded import recorded


def _record(seed: int, **pins: Any) -> EpisodeRecord:
    task = "oversight_adaptive" if pins else "oversight_easy"
    return replace(recorded({"task_id": task, "seed": seed, **pins}), agent="m", usage=Usage(1, 2, 0.5))


@pytest.mark.parametrize("kept", [1, 8, 9, 500])
def test_a_half_written_episode_is_dropped(tmp_path, kept):
    log = tmp_path / "log.jsonl"
    line = _record(1).line()
    log.write_text(line + line[:kept], encoding="utf-8")
    assert drop_half_line(log)
    assert log.read_text(encoding="utf-8") == line
    assert not drop_half_line(log)


@pytest.mark.parametrize("text", ["", "Dear diary", "Dear diary\nall is well", '{"other": 1}'])
def test_no_other_file_is_cut(tmp_path, text):
    other = tmp_path / "diary.txt"
    other.write_text(text, encoding="utf-8")
    assert not drop_half_line(other)
    assert other.read_text(encoding="utf-8") == text
    if text:
        with pytest.raises(ResumeError, match=r"diary\.txt, line 1: this is no episode"):
            Earlier.read(other, "m")


def test_what_a_log_holds(tmp_path):
    log = tmp_path / "log.jsonl"
    assert Earlier.read(log, "m") == Earlier()
    assert not drop_half_line(log)
    records = [_record(1), _record(2), _record(3, level="easy", error_types=["age_boundary_error"])]
    log.write_text("".join(record.line() for record in records), encoding="utf-8")
    earlier = Earlier.read(log, "m")
    assert [result.task for result in earlier.results] == ["oversight_easy"] * 2 + ["oversight_adaptive"]
    assert earlier.results[0].usage == Usage(1, 2, 0.5)
    assert earlier.results[1].outcome == records[1].outcome
    played = earlier.find({"seed": 2, "task_id": "oversight_easy"})
    assert played.actions == tuple(turn.action for turn in records[1].turns)
    assert earlier.find({"seed": 4, "task_id": "oversight_easy"}) is None
    # What an adaptive episode was made of is in its line, but the run did not ask for it.
    assert earlier.find({"task_id": "oversight_adaptive", "seed": 3}) is not None


@pytest.mark.parametrize("change", [{"agent": "another"}, {"version": "0.0.1"}])
def test_the_log_of_another_run(tmp_path, change):
    log = tmp_path / "log.jsonl"
    log.write_text(replace(_record(1), **change).line(), encoding="utf-8")
    with pytest.raises(ResumeError, match="holds an episode of .* but this run is of m with version"):
        Earlier.read(log, "m")


SETTINGS = {"tool_format": "native", "max_context": 32_768, "temperature": None}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({**SETTINGS, "temperature": 1.5}, "of m with temperature None, but this run is with temperature 1.5."),
        (
            {**SETTINGS, "tool_format": "json", "max_context": 8_192},
            "of m with tool_format native, max_context 32768, but this run is with tool_format json, max_context 8192.",
        ),
        (None, "of m with tool_format native, .*, but this run is with no settings of a model."),
    ],
)
def test_a_model_that_was_asked_otherwise(tmp_path, settings, sentence):
    log = tmp_path / "log.jsonl"
    log.write_text(replace(_record(1), settings=SETTINGS).line(), encoding="utf-8")
    assert len(Earlier.read(log, "m", dict(SETTINGS)).results) == 1
    with pytest.raises(ResumeError, match=f"log.jsonl holds an episode {sentence}$"):
        Earlier.read(log, "m", settings)
    log.write_text(_record(1).line(), encoding="utf-8")
    if settings is not None:
        with pytest.raises(ResumeError, match="of m with no settings of a model, but this run is with tool_format"):
            Earlier.read(log, "m", settings)


def test_acting_again_notices_another_outcome(tmp_path, server):
    log, options = tmp_path / "log.jsonl", {"task_id": "oversight_easy", "seed": 1}
    log.write_text(_record(1).line(), encoding="utf-8")
    played = Earlier.read(log, "m").find(options)
    with session(server.url) as env:
        played.act_again(env, options)
        with pytest.raises(ResumeError, match="does not come out as it did"):
            played.act_again(env, {**options, "seed": 2})

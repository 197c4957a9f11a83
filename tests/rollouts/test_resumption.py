"""A log tells what a run has done already, and a half-written end is dropped without harm to any other file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synth_audit_env.chat.completion import Usage
from synth_audit_env.rollouts.episode_log import EpisodeRecord
from synth_audit_env.rollouts.resumption import ResumeError, drop_half_line, earlier_results, episode_key
from synth_audit_env.tests.rollouts.recorded import recorded

SETTINGS = {"temperature": 0.5}


def _record(seed: int) -> EpisodeRecord:
    record = recorded({"task_id": "oversight_easy", "seed": seed})
    return replace(record, agent="m", usage=Usage(1, 2, 0.5), settings=SETTINGS)


def test_a_half_written_episode_is_dropped_and_no_other_file_is_cut(tmp_path):
    log, line = tmp_path / "log.jsonl", _record(1).line()
    for kept in (8, 9, 500):
        log.write_text(line + line[:kept], encoding="utf-8")
        assert drop_half_line(log)
        assert log.read_text(encoding="utf-8") == line
        assert not drop_half_line(log)
    for text in ("Dear diary", "Dear diary\nall is well", '{"other": 1}'):
        log.write_text(text, encoding="utf-8")
        assert not drop_half_line(log)
        assert log.read_text(encoding="utf-8") == text
        with pytest.raises(ResumeError, match=r"log\.jsonl, line 1: this is no episode"):
            earlier_results(log, "m", None)


def test_what_is_done_is_found_by_the_options_of_the_run(tmp_path):
    log = tmp_path / "log.jsonl"
    assert earlier_results(log, "m", SETTINGS) == {}
    worded = replace(_record(2), options={"task_id": "oversight_easy", "seed": 2, "actor": "llm"}, actor_model="a")
    log.write_text(_record(1).line() + worded.line(), encoding="utf-8")
    done = earlier_results(log, "m", SETTINGS)
    assert list(done) == [episode_key({"seed": seed, "task_id": "oversight_easy"}) for seed in (1, 2)]
    assert [record.outcome for record in done.values()] == [_record(1).outcome, worded.outcome]


@pytest.mark.parametrize(
    ("agent", "settings", "words"),
    [
        ("other", SETTINGS, "holds an episode with the agent m, but this run has other"),
        ("m", {"temperature": 0.7}, r"the settings \{'temperature': 0.5\}, but this run has \{'temperature': 0.7\}"),
    ],
)
def test_a_log_of_another_run_is_refused(tmp_path, agent, settings, words):
    log = tmp_path / "log.jsonl"
    log.write_text(_record(1).line(), encoding="utf-8")
    with pytest.raises(ResumeError, match=words):
        earlier_results(log, agent, settings)

"""A transcript holds what the model wrote and what it was sent, once each, and never the key."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from synth_audit_env.agents.react.conversation import ModelTurn
from synth_audit_env.chat.completion import Usage
from synth_audit_env.rollouts.episode_log import EpisodeRecord, read_log
from synth_audit_env.rollouts.model_transcript import as_text, file_name, keep
from synth_audit_env.tests.rollouts.recorded import replayed
from synth_audit_env.tests.rollouts.weak_model import AGENT, ANSWERS, KEY, SEED, TASK, THOUGHT, audited


def _again(record: EpisodeRecord, folder: Path) -> EpisodeRecord:
    """Written and read again."""
    log = folder / "log.jsonl"
    keep(record, folder)
    log.write_text(record.line(), encoding="utf-8")
    (read,) = read_log(log)
    _, *lines = (folder / read.transcript).read_text(encoding="utf-8").splitlines()
    return replace(read, written=tuple(TypeAdapter(ModelTurn).validate_json(line) for line in lines))


def test_it_holds_what_the_model_wrote(tmp_path):
    record, requests = audited()
    sent = [message for turn in record.written for message in turn.sent]
    assert sent == [sent for sent in requests[-1]["messages"] if sent["role"] != "assistant"], "each message once"
    record = _again(record, tmp_path)
    completions = [turn.completion for turn in record.written]
    assert [each.text.replace("[key]", KEY) for each in completions] == [answer.text or "" for answer in ANSWERS]
    assert [each.thought for each in completions[:2]] == [f"{THOUGHT} ([key])", "Nothing more to do."]
    assert completions[2].calls[1].arguments == '{"proposal_id": ', "as it came"
    assert [each.usage for each in completions[:2]] == [Usage(2_000, 40, None), Usage(100, 10, None)]
    readings = [turn.reading for turn in record.written]
    assert readings[1].remark.startswith("You called no tool.")
    assert readings[2].asked[1].problem.startswith("The arguments of this call are no JSON")
    assert (record.tally["turns"], record.tally["unreadable_turns"], record.tally["repeated_lookups"]) == (5, 1, 1)


def test_the_log_is_the_same_whatever_the_clock_says():
    record, _ = audited()
    slow = [replace(turn, completion=turn.completion.after(9.0)) for turn in record.written]
    later = replace(record, written=tuple(slow), usage=replace(record.usage, seconds=45.0))
    assert later.line() == record.line()


def test_the_line_that_names_it_replays_to_the_same_bytes(tmp_path):
    record = _again(audited()[0], tmp_path)
    fields = json.loads(record.line())
    head, *turns = [json.loads(line) for line in as_text(record).splitlines()]
    assert (head, len(turns)) == ({"agent": AGENT, "task": TASK, "seed": SEED, "gave_up": None}, len(ANSWERS))
    assert replayed([record]) == record.line()
    assert fields["transcript"] == f"transcripts/easy-{SEED}_react-scripted-model-22505a.jsonl"
    assert "written" not in fields
    assert set(fields["usage"]) == {"prompt_tokens", "completion_tokens", "cost"}


def test_no_two_agents_have_the_same_file_and_none_leaves_the_folder():
    record, _ = audited()
    agents = ("react:a/b", "react:a:b", "react:a-b", "local:../../a", "react:" + "x" * 300, "react:" + "y" + "x" * 300)
    names = {file_name(replace(record, agent=agent)) for agent in agents}
    assert len(names) == len(agents)
    assert all(len(name) < 100 and not set(name) & set('/\\:*?"<>|') and name[0] != "." for name in names)

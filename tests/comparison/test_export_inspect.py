"""Logs for Inspect AI, read back by Inspect's own reader."""

import statistics
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from synth_audit_env.chat.completion import Usage
from synth_audit_env.comparison import export_inspect
from synth_audit_env.comparison.conversation import conversation
from synth_audit_env.tests.comparison.made_up import MADE
from synth_audit_env.tests.comparison.real_run import records
from synth_audit_env.tests.rollouts.weak_model import KEY, THOUGHT, audited

HARD = [one for one in records() if one.agent == "heuristic" and one.task == "oversight_hard"]
LONG = [one for one in records() if one.agent.startswith("react:") and one.task == "oversight_easy"]


def _log(folder: Path, played) -> EvalLog:
    (file,) = export_inspect.write(played, folder, MADE)
    return read_eval_log(file, resolve_attachments=True)


def test_a_file_for_each_agent_and_tier(tmp_path: Path):
    files = export_inspect.write([*HARD, *LONG], tmp_path / "new", MADE)
    names = ["heuristic_hard.eval", "react-organisation-Some-Model-7B-Instruct_easy.eval"]
    assert [file.name for file in files] == names
    assert {Path(one.name).name for one in list_eval_logs(str(tmp_path / "new"))} == {file.name for file in files}


def test_the_head_says_what_was_played(tmp_path: Path):
    log = _log(tmp_path, HARD)
    assert log.status == "success"
    assert (log.eval.task, log.eval.model) == ("oversight_hard", "heuristic")
    assert (log.eval.created, log.stats.started_at) == (MADE.date, MADE.date)
    assert (log.eval.revision.commit, log.eval.revision.dirty) == (MADE.commit, MADE.dirty)
    assert (log.eval.dataset.samples, log.results.total_samples) == (len(HARD), len(HARD))
    for score in log.results.scores:
        values = [getattr(one.outcome, score.name) for one in HARD]
        assert score.metrics["mean"].value == statistics.fmean(values)
        assert score.metrics["stderr"].value == statistics.stdev(values) / len(values) ** 0.5
    assert [score.name for score in log.results.scores] == ["score", "skill"]


def test_samples_are_the_episodes(tmp_path: Path):
    log = _log(tmp_path, LONG)
    for sample, played in zip(log.samples, LONG, strict=True):
        outcome = played.outcome
        assert sample.id == f"easy-{played.seed}"
        assert (sample.scores["score"].value, sample.scores["skill"].value) == (outcome.score, outcome.skill)
        assert sample.metadata["return_"] == outcome.return_
        assert sample.metadata["steps"] == len(played.turns)
        assert sample.metadata["proposals"] == [one.model_dump() for one in outcome.proposals]
        for proposal in outcome.proposals:
            assert proposal.explanation in sample.scores["score"].explanation
            assert (f"{proposal.proposal_id}: {proposal.error_type}" in sample.target) == proposal.is_wrong
            assert f"{proposal.proposal_id} {proposal.decision}" in sample.scores["score"].answer


def test_messages_are_the_chat(tmp_path: Path):
    sample = _log(tmp_path, HARD).samples[0]
    chat = conversation(HARD[0])
    assert [(one.role, one.content) for one in sample.messages] == [(one["role"], one["content"]) for one in chat]
    assert [one.content for one in sample.input] == [one["content"] for one in chat[:2]]
    for one, told in zip(sample.messages, chat, strict=True):
        if told["role"] == "assistant":
            (call,), (said,) = one.tool_calls, told["tool_calls"]
            assert (call.id, call.function, call.arguments) == (said["id"], *said["function"].values())
        if told["role"] == "tool":
            assert (one.tool_call_id, one.function) == (told["tool_call_id"], told["name"])
    assert sample.output.message.tool_calls[0].function == "submit_audit_report"
    assert len({one.id for one in sample.messages}) == len(chat)


def test_what_a_model_took_and_how_it_was_asked_and_ended_is_told(tmp_path: Path):
    settings = {"tool_format": "native", "temperature": None}
    first, second = (replace(one, settings=settings, usage=Usage(1000, 50, 0.25)) for one in LONG)
    samples = _log(tmp_path, [first, replace(second, gave_up="It called no tool.")]).samples
    usage = samples[0].model_usage[LONG[0].agent]
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens, usage.total_cost) == (1000, 50, 1050, 0.25)
    assert [one.metadata["settings"] for one in samples] == [settings, settings]
    assert [one.metadata.get("gave_up") for one in samples] == [None, "It called no tool."]
    without = _log(tmp_path, HARD).samples[0]
    assert without.model_usage == {}
    assert not {"settings", "gave_up"} & set(without.metadata)


WEAK, REQUESTS = audited()


def test_a_models_own_words_are_the_chat(tmp_path: Path):
    (sample,) = _log(tmp_path, [WEAK]).samples
    said = [one for one in sample.messages if one.role == "assistant"]
    assert [one.text for one in said] == [turn.completion.text for turn in WEAK.written]
    reasoning = [[part.reasoning for part in one.content if part.type == "reasoning"] for one in said]
    assert reasoning[:3] == [[f"{THOUGHT} ([key])"], ["Nothing more to do."], []]
    assert [len(one.tool_calls or ()) for one in said] == [2, 0, 2, 2, 3, 1], "those of one answer together"
    tools = [one for one in sample.messages if one.role == "tool"]
    assert [one.tool_call_id for one in tools] == [call.id for one in said[:-1] for call in one.tool_calls or ()]
    assert [one.function for one in tools] == [call.function for one in said[:-1] for call in one.tool_calls or ()]
    wrong = {one.function: one.error.message for one in tools if one.error}
    assert wrong["approve"].startswith("There is no proposal 'PROP-999'")
    (told,) = [one.content for one in sample.messages[2:] if one.role == "user"]
    assert told.startswith("You called no tool.")
    assert len({one.id for one in sample.messages}) == len(sample.messages)
    assert (sample.metadata["tally"], sample.metadata["transcript"]) == (WEAK.tally, WEAK.transcript)


def test_what_a_tool_refused_is_marked_where_there_is_no_transcript(tmp_path: Path):
    (sample,) = _log(tmp_path, [replace(WEAK, written=())]).samples
    errors = [one.error.message if one.error else None for one in sample.messages if one.role == "tool"]
    assert errors == [turn.observation.error for turn in WEAK.turns]
    assert any(errors)


def test_each_answer_is_an_event_with_what_it_took(tmp_path: Path):
    slow = tuple(replace(turn, completion=turn.completion.after(1.5)) for turn in WEAK.written)
    (sample,) = _log(tmp_path, [replace(WEAK, written=slow)]).samples
    events = [one for one in sample.events if one.event == "model"]
    assert [one.output.usage.input_tokens for one in events] == [2_000, 100, 100, 100, 100, 100]
    assert [one.output.usage.total_cost for one in events] == [turn.completion.usage.cost for turn in slow]
    stopped = [one.output.stop_reason for one in events]
    assert stopped[:5] == ["tool_calls", "stop", "tool_calls", "tool_calls", "max_tokens"]
    assert [one.working_start for one in events] == [1.5 * number for number in range(6)]
    assert {one.working_time for one in events} == {1.5}
    for event, request in zip(events, REQUESTS, strict=True):
        sent = [(one["role"], one["content"]) for one in request["messages"]]
        chat = [(one.role, one.text if one.role == "assistant" else one.content) for one in event.input]
        assert len(chat) == len(sent)
        assert [one for one in chat if one[0] != "assistant"] == [one for one in sent if one[0] != "assistant"]
    (told,) = [one.data for one in sample.events if one.event == "info"]
    assert told.startswith("You called no tool.")


def test_no_key_is_in_the_log_of_a_model(tmp_path: Path):
    (file,) = export_inspect.write([WEAK], tmp_path, MADE)
    with zipfile.ZipFile(file) as archive:
        assert not any(KEY.encode() in archive.read(name) for name in archive.namelist())


def test_episodes_that_are_out_of_order_or_missing_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="the episodes of heuristic on oversight_hard are not in a row"):
        export_inspect.write([HARD[0], LONG[0], HARD[1]], tmp_path, MADE)
    with pytest.raises(ValueError, match="There are no episodes to export."):
        export_inspect.write([], tmp_path, MADE)

"""Episodes as logs of Inspect AI, one for each agent and tier: `inspect view --log-dir FOLDER` shows them.

    write(read_log(run / "episodes.jsonl"), run / "inspect", made)      # inspect/heuristic_hard.eval, ...
    read_eval_log(run / "inspect" / "heuristic_hard.eval").samples[0].scores["score"].value

In Inspect's terms a tier is a task, an agent is a model and an episode is a sample.
"""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from ..agents.react.turns import ModelTurn
from ..chat.completion import Usage
from ..models import EpisodeOutcome
from ..rollouts.episode_log import EpisodeRecord
from ..rollouts.model_transcript import carried_out
from .conversation import conversation
from .provenance import Made

try:
    from inspect_ai import event, log, model, scorer, tool
except ImportError as missing:
    raise ImportError(
        "Logs for Inspect AI need the extra `inspect`: pip install -e '.[inspect]', or uv sync --extra inspect"
    ) from missing

SCORES = ("score", "skill")
"""Of an episode's outcome; the first is what Inspect lists."""
_STOPPED: Mapping[str, model.StopReason] = {"length": "max_tokens", "content_filter": "content_filter"}
_OF_MODEL = ("settings", "gave_up", "tally", "transcript")
"""How the model was asked and could be read, and why its audit was ended for it, where there is that to say."""


def write(records: Iterable[EpisodeRecord], folder: Path, made: Made) -> list[Path]:
    """Write the logs. Only one is held in memory at a time.

    Args:
        records: Finished episodes, those of an agent and a tier in a row.
        folder: Where to; made if it is not there, and files of the same names are replaced.
        made: The origin of the run. Its date is the time of every sample, since episodes carry none.

    Returns:
        The files, in the order of the records.

    Raises:
        ValueError: There are no episodes, or those of an agent and a tier are not in a row.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for (agent, task), group in groupby(records, key=lambda record: (record.agent, record.task)):
        name = re.sub(r"[^A-Za-z0-9.]+", "-", agent)  # react:org/model becomes react-org-model
        file = folder / f"{name}_{_tier(task)}.eval"
        if file in files:
            raise ValueError(f"{file.name} would be written twice: the episodes of {agent} on {task} are not in a row.")
        log.write_eval_log(_log(agent, task, list(group), made), file)
        files.append(file)
    if not files:
        raise ValueError("There are no episodes to export.")
    return files


def _log(agent: str, task: str, records: list[EpisodeRecord], made: Made) -> log.EvalLog:
    samples = [_sample(record, made) for record in records]
    split = records[0].split
    return log.EvalLog(
        status="success",
        eval=log.EvalSpec(
            run_id=made.date,
            created=made.date,
            task=task,
            task_id=f"{task}, {split} split",
            task_version=made.version,
            dataset=log.EvalDataset(name=f"synth_audit_env, {split} split", samples=len(samples)),
            model=agent,
            config=log.EvalConfig(),
            revision=log.EvalRevision(type="git", origin="", commit=made.commit, dirty=made.dirty),
            packages={"synth_audit_env": made.version},
            metadata={"command": made.command, "notice": "Synthetic data, not for clinical use."},
        ),
        results=log.EvalResults(
            total_samples=len(samples),
            completed_samples=len(samples),
            scores=[_mean(name, [getattr(record.outcome, name) for record in records]) for name in SCORES],
        ),
        stats=log.EvalStats(started_at=made.date, completed_at=made.date),
        samples=samples,
    )


def _mean(name: str, values: list[float]) -> log.EvalScore:
    """The mean over the samples, with its standard error as Inspect gives it; one sample has none."""
    figures = {"mean": statistics.fmean(values)}
    if len(values) > 1:
        figures["stderr"] = statistics.stdev(values) / len(values) ** 0.5
    metrics = {key: log.EvalMetric(name=key, value=value) for key, value in figures.items()}
    return log.EvalScore(name=name, scorer=name, metrics=metrics)


def _sample(record: EpisodeRecord, made: Made) -> log.EvalSample:
    outcome, agent = record.outcome, record.agent
    sample_id = f"{_tier(record.task)}-{record.seed}"
    messages, events = _as_written(record, sample_id, made) if record.written else (_messages(record, sample_id), [])
    last_said = next(message for message in reversed(messages) if isinstance(message, model.ChatMessageAssistant))
    wrong = [f"{proposal.proposal_id}: {proposal.error_type}" for proposal in outcome.proposals if proposal.is_wrong]
    choices = [model.ChatCompletionChoice(message=last_said, stop_reason="tool_calls")]
    return log.EvalSample(
        id=sample_id,
        epoch=1,
        input=messages[:2],
        target=wrong or "no error",
        messages=messages,
        output=model.ModelOutput(model=agent, choices=choices),
        events=events,
        total_time=record.usage.seconds if record.usage else None,
        scores=_scores(outcome),
        model_usage={} if record.usage is None else {agent: _usage(record.usage)},
        metadata={
            "seed": record.seed,
            "split": record.split,
            "steps": len(record.turns),
            **outcome.model_dump(mode="json", exclude={"score", "skill"}),
            **{name: value for name in _OF_MODEL if (value := getattr(record, name)) is not None},
        },
        started_at=made.date,
        completed_at=made.date,
    )


def _scores(outcome: EpisodeOutcome) -> dict[str, scorer.Score]:
    decisions = ", ".join(f"{one.proposal_id} {one.decision}" for one in outcome.proposals)
    # A list, since the viewer reads it as Markdown.
    explanation = "\n".join(
        f"- {one.proposal_id} is {f'wrong ({one.error_type})' if one.is_wrong else 'right'}, and was {one.decision}: "
        f"{one.explanation}"
        for one in outcome.proposals
    )
    score = scorer.Score(value=outcome.score, answer=decisions, explanation=explanation)
    return {"score": score, "skill": scorer.Score(value=outcome.skill)}


def _messages(record: EpisodeRecord, sample_id: str) -> list[model.ChatMessage]:
    errors = [None, None, *(error for turn in record.turns for error in (None, turn.observation.error))]
    numbered = enumerate(zip(conversation(record), errors, strict=True), start=1)
    return [_message(f"{sample_id}-{number}", message, error, record.agent) for number, (message, error) in numbered]


def _as_written(record: EpisodeRecord, sample_id: str, made: Made) -> tuple[list[model.ChatMessage], list[event.Event]]:
    """The messages to the model and its answers, as in its transcript, and an event for each answer."""
    messages: list[model.ChatMessage] = []
    events: list[event.Event] = []
    took, asked = Usage(), dict[str, tuple[str, str | None]]()
    for number, turn in enumerate(record.written, start=1):
        id_ = f"{sample_id}-{number}"
        for place, sent in enumerate(turn.sent):
            name, error = asked.get(sent.get("tool_call_id", ""), ("", None))
            messages.append(_message(f"{id_}-{place}", {**sent, "name": name}, error, record.agent))
        began = datetime.fromisoformat(made.date) + timedelta(seconds=took.seconds or 0.0)
        at: dict[str, Any] = {"timestamp": began, "working_start": took.seconds or 0.0}
        answer = _answer(turn, id_, record.agent, messages, at)
        events.append(answer)
        if said := "\n\n".join((*turn.shortened, turn.reading.remark)).strip():
            events.append(event.InfoEvent(source="synth_audit_env", data=said, **at))
        messages.append(answer.output.message)
        took += turn.completion.usage
        for call, step in carried_out(record, turn):
            asked[call.id] = call.name, step.observation.error if step else call.problem
    return messages, events


def _answer(
    turn: ModelTurn, id_: str, agent: str, chat: Sequence[model.ChatMessage], at: Mapping[str, Any]
) -> event.ModelEvent:
    """An answer of the model, with the whole chat before it, also where parts of that were folded."""
    said, native = turn.completion, [call for call in turn.reading.asked if call.id]
    thought = [model.ContentReasoning(reasoning=said.thought)] if said.thought else []
    message = model.ChatMessageAssistant(
        id=id_,
        content=[*thought, model.ContentText(text=said.text)],
        source="generate",
        tool_calls=[tool.ToolCall(id=one.id, function=one.name, arguments=json.loads(one.arguments)) for one in native],
        model=agent,
    )
    stopped = _STOPPED.get(said.finish_reason, "tool_calls" if native else "stop")
    choices, seconds = [model.ChatCompletionChoice(message=message, stop_reason=stopped)], said.usage.seconds
    output = model.ModelOutput(model=agent, choices=choices, usage=_usage(said.usage), time=seconds)
    asked: dict[str, Any] = {"model": agent, "input": [*chat], "tools": [], "tool_choice": "auto"}
    return event.ModelEvent(output=output, config=model.GenerateConfig(), working_time=seconds, **asked, **at)


def _message(id_: str, message: Mapping[str, Any], error: str | None, agent: str) -> model.ChatMessage:
    fields = {"id": id_, "content": message["content"]}
    match message["role"]:
        case "system":
            return model.ChatMessageSystem(source="input", **fields)
        case "user":
            return model.ChatMessageUser(source="input", **fields)
        case "assistant":
            made = [(call["id"], call["function"]) for call in message["tool_calls"]]
            calls = [tool.ToolCall(call_id, function["name"], function["arguments"]) for call_id, function in made]
            return model.ChatMessageAssistant(source="generate", tool_calls=calls, model=agent, **fields)
        case _:
            fields |= {"tool_call_id": message["tool_call_id"], "function": message["name"]}
            return model.ChatMessageTool(error=tool.ToolCallError("unknown", error) if error else None, **fields)


def _usage(usage: Usage) -> model.ModelUsage:
    read, written = usage.prompt_tokens, usage.completion_tokens
    return model.ModelUsage(
        input_tokens=read, output_tokens=written, total_tokens=read + written, total_cost=usage.cost
    )


def _tier(task: str) -> str:
    return task.removeprefix("oversight_")

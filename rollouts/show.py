"""Prints one audit of a log as a person reads it: what was true beside what was decided, then answer by answer.

    python inference.py --show qwen.jsonl --episode easy-42
    python evaluation.py show outputs/eval/mine --episode react:qwen3:4b hard-1000003

Where several episodes are meant, or none is named, it lists them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .episode_log import EpisodeRecord, record_of
from .model_transcript import carried_out, with_transcript
from .results_table import usage_text
from .rollout import Turn
from .transcript import action_text

WIDTH = 100
"""Where there is no terminal."""
LONG = 800
"""Characters of a text that are printed. The log and the transcript have all of it."""
_OF_WRONG = {"flagged": "caught", "approved": "an error missed", "pending": "an error missed"}
_OF_RIGHT = {"flagged": "a false alarm", "approved": "correct", "pending": "not counted as right"}


def main(arguments: Sequence[str]) -> int:
    """Run the command. Returns its exit status."""
    parser = argparse.ArgumentParser(prog="show", description="Print one audit of a log beside what was true.")
    parser.add_argument("log", type=Path, help="a --log of inference.py, or the folder of an evaluation")
    parser.add_argument("--episode", nargs="+", default=[], metavar="WORD", help="its number, agent, or tier-seed")
    given = parser.parse_args(arguments)
    log = given.log / "episodes.jsonl" if given.log.is_dir() else given.log
    console = Console(markup=False, emoji=False, highlight=False)
    console.width = console.width if console.is_terminal else WIDTH
    listed = Table("number", "agent", "episode", "score", box=None)
    try:
        with log.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                one = json.loads(line)
                names = str(number), one["agent"], f"{one['task'].removeprefix('oversight_')}-{one['seed']}"
                if set(given.episode) <= {*names}:
                    listed.add_row(*names, f"{one['outcome']['score']:.3f}")
                    meant = one
        if listed.row_count == 1:
            show(with_transcript(record_of(meant), log.parent), console)
            return 0
    except (OSError, ValueError, KeyError, TypeError) as problem:
        print(f"{log} is no log of episodes that can be shown: {problem}", file=sys.stderr)
        return 2
    console.print(listed)
    print(f"{log} has {listed.row_count} such episodes: name one of them by --episode.", file=sys.stderr)
    return 0 if listed.row_count else 2


def show(record: EpisodeRecord, console: Console) -> None:
    """Print an episode."""
    outcome = record.outcome
    told = f"score {outcome.score:.3f}, skill {outcome.skill:.3f}, return {outcome.return_:.2f}"
    console.print(f"{record.agent} on {record.task}, seed {record.seed}. Synthetic data, not for clinical use.\n{told}")
    console.print("\n".join([*([usage_text(record.usage)] if record.usage else []), record.gave_up or ""]))
    decided = {turn.action.proposal_id: turn.action for turn in record.turns if _decides(turn)}
    table = Table("proposal", "what was true", "what the agent decided", box=None, padding=(0, 2, 1, 0))
    verdicts: dict[str | None, str] = {}
    for one in outcome.proposals:
        verdicts[one.proposal_id] = (_OF_WRONG if one.is_wrong else _OF_RIGHT)[one.decision]
        action = decided.get(one.proposal_id)
        why = action.reason if action else None
        truth = f"Wrong, {one.error_type}." if one.is_wrong else "Right."
        named = f" as {action.error_type}" if action and action.error_type else ""
        said = f"{one.decision.capitalize()}{named}: {verdicts[one.proposal_id]}.\n{_plain(why)}"
        table.add_row(one.proposal_id, f"{truth} {one.explanation}", said)
    grid = Table.grid(padding=(0, 2))
    for label, text in _answers(record, verdicts):
        if (plain := _plain(text)) or not label:
            grid.add_row(label, plain)
    console.print(table, grid)


def _answers(record: EpisodeRecord, verdicts: Mapping[str | None, str]) -> Iterator[tuple[str, str | None]]:
    """What the model wrote and what came of it, then the steps that it did not ask for; each a label and a text."""
    left = {turn.number: turn for turn in record.turns}
    for number, turn in enumerate(record.written, start=1):
        said, took = turn.completion, turn.completion.usage
        tokens = f"{took.prompt_tokens:,} tokens in, {took.completion_tokens:,} out, {took.seconds or 0.0:.1f} s"
        yield from (("", ""), (f"ANSWER {number}", f"{tokens}, ended by {said.finish_reason}"))
        yield from (*(("folded", one) for one in turn.shortened), ("thought", said.thought), ("wrote", said.text))
        for call, step in carried_out(record, turn):
            broken = (("unreadable", f"{call.name}: {call.problem}"),)
            yield from _step(left.pop(step.number), verdicts) if step else broken
        yield "told" if turn.reading.readable else "unreadable", turn.reading.remark
    if left:
        yield from (("", ""), ("STEPS", "not asked for by the model" if record.written else "without a transcript"))
    for step in left.values():
        yield from _step(step, verdicts)


def _step(turn: Turn, verdicts: Mapping[str | None, str]) -> Iterator[tuple[str, str | None]]:
    action, seen = turn.action, turn.observation
    verdict = f": {verdicts[action.proposal_id]}" if _decides(turn) else ""
    yield f"step {turn.number}", f"{action_text(action)}{verdict}, reward {turn.reward:+.3f}"
    yield "reason" if action.reason else "report", action.reason or action.report
    yield "result", f"Refused: {seen.error}" if seen.error else seen.feedback


def _decides(turn: Turn) -> bool:
    return turn.action.action_type in ("flag_error", "approve") and turn.observation.error is None


def _plain(text: str | None) -> str:
    """A text without what a terminal would take for a command, and not longer than LONG."""
    plain = "".join(one if one.isprintable() or one == "\n" else " " for one in text or "").strip()
    return plain if len(plain) <= LONG else f"{plain[:LONG]}… ({len(plain) - LONG:,} more characters)"

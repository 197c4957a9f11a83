"""Compares models on held-out episodes: the same seeds for each, paired, with intervals.

    python training/evaluate.py Qwen/Qwen2.5-3B-Instruct outputs/train/run --tier easy --tier medium

The first model is the base that the others are compared with. Each is asked as the ReAct agent asks any model, greedily
unless --temperature says otherwise, but many episodes at once: this takes minutes on a CPU instead of hours. Rounding
makes an answer depend a little on its batch, for all models alike. One model is in memory at a time, and its results
are written before the next is loaded. flag-all and approve-all play the same seeds.

    episodes.jsonl, transcripts/         an episode a line, and what the models wrote: the page replays them
    results.json, table.md, score.png    as evaluation.py writes them

Exit status: 0, 1 where all audits of a model were ended for it, 2 for invalid arguments or a model that cannot be
loaded.
"""

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from tqdm import tqdm

try:
    from synth_audit_env.agents.react.conversation import Conversation, ToolFormat
    from synth_audit_env.agents.react.settings import ReactSettings
    from synth_audit_env.chat.completion import Message
    from synth_audit_env.comparison import has_eval, results
    from synth_audit_env.comparison.blind import BLIND, in_words
    from synth_audit_env.comparison.episodes import PlayedEpisode, episode_of
    from synth_audit_env.comparison.jobs import TRANSCRIPTS, Job, jobs, play_job, seeds
    from synth_audit_env.comparison.plots import draw
    from synth_audit_env.comparison.provenance import made
    from synth_audit_env.comparison.results import Run, run_of
    from synth_audit_env.comparison.table import METRICS, by_tier, in_brief, page
    from synth_audit_env.rollouts import model_transcript
    from synth_audit_env.rollouts.audit import END, REFUSED
    from synth_audit_env.rollouts.episode_log import EpisodeRecord
    from synth_audit_env.rollouts.results_table import plain_console, say, show
    from synth_audit_env.rollouts.rollout import Turn
    from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
    from synth_audit_env.server.world.tasks import ALL_TIERS, split_of
    from synth_audit_env.training.local_model import LocalModel
    from synth_audit_env.training.settings import PlanError, at_least
except ImportError as missing:
    print(f"evaluate.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

HELD_OUT = ("test", "validation")
EPISODES = "episodes.jsonl"
SAID_EVERY_S = 15
"""Seconds between two lines of progress."""
Asking: TypeAlias = tuple[Conversation, list[Message]]
"""A conversation, and the chat that is to be completed."""


@dataclass(frozen=True, slots=True)
class LocalAuditor:
    """A model in this process, and how it is asked."""

    model: LocalModel
    tool_format: ToolFormat
    max_context: int
    """Tokens of a chat with its answer; an audit whose chat outgrows it is ended, as in a rollout."""
    max_tokens: int
    """Of one answer."""
    settings: Mapping[str, Any]
    """The settings that its answers depend on, as logs keep them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        run = evaluated(_parser().parse_args(arguments), arguments)
    except PlanError as problem:
        print(f"evaluate.py: {problem}", file=sys.stderr)
        return 2
    console = plain_console()
    for table in (*in_brief(run), *(by_tier(run, metric, paired=True) for metric in METRICS)):
        show(table, console)
    for sentence in in_words(run):
        say(sentence, console)
    nobody = [agent for agent, (ended, of) in run.audits_ended.items() if ended == of]
    if nobody:
        print(f"evaluate.py: no audit was the model's own, each was ended for it: {', '.join(nobody)}", file=sys.stderr)
    return int(bool(nobody))


def evaluated(given: argparse.Namespace, arguments: Sequence[str]) -> Run:
    """Let the models and the blind agents play, and write what they came to.

    Raises:
        PlanError: What was asked for cannot be, or a model cannot be had. What the models before it came to is written.
    """
    if len(set(given.models)) < len(given.models):
        raise PlanError("a model is named twice.")
    # Before anything is played: what is edited meanwhile is not what runs.
    provenance = made(arguments, ("python", "training/evaluate.py"))
    of_tiers, environment = seeds(given.split, given.tier, given.episodes), SynthAuditEnvironment()
    # They are played once, beside the first model.
    blind = (
        play_job(job, lambda options: environment.reset(**options), environment.step, ReactSettings())
        for job in jobs(BLIND, of_tiers)
    )
    episodes: list[PlayedEpisode] = []
    for name in given.models:
        # One model is let go before the next is loaded, as two may not fit on a card.
        auditor = local_auditor(name, given)
        given.out.mkdir(parents=True, exist_ok=True)
        with (given.out / EPISODES).open("a" if episodes else "w", encoding="utf-8") as log:
            tiers = (jobs([name], {tier: numbers}) for tier, numbers in of_tiers.items())
            for record in chain(blind, *(played(auditor, todo, given.at_once) for todo in tiers)):
                model_transcript.keep(record, given.out)
                log.write(record.line())
                episodes.append(episode_of(record))
        del auditor
        gc.collect()
        # What one model came to is kept whatever becomes of the next: on a small card each takes hours.
        run = run_of(given.split, given.models[0], episodes, provenance)
        (given.out / results.NAME).write_text(results.as_json(run), encoding="utf-8")
        (given.out / "table.md").write_text(page(run), encoding="utf-8")
    if has_eval():
        draw(run, given.out)
    return run


def local_auditor(name: str, given: argparse.Namespace) -> LocalAuditor:
    """Load a model, to be asked as the flags say, within its own context. Raises PlanError where it cannot be had."""
    model = LocalModel(name, given.temperature, given.chat_template)
    tool_format: ToolFormat = "native" if model.calls_tools() else "json"
    limits = {"max_context": min(given.context, model.context_length), "max_tokens": given.turn_tokens}
    template = {} if given.chat_template is None else {"chat_template": given.chat_template.as_posix()}
    settings = {"tool_format": tool_format, **limits, "temperature": given.temperature, **template}
    return LocalAuditor(model, tool_format, **limits, settings=settings)


def played(auditor: LocalAuditor, todo: Sequence[Job], at_once: int) -> list[EpisodeRecord]:
    """Play jobs of one model and tier, so many at once; the records are in their order."""
    queue, records = iter(enumerate(todo)), dict[int, EpisodeRecord]()
    # On a small card a tier takes hours.
    bar = tqdm(desc=f"{todo[0].agent}, {todo[0].tier}", total=len(todo), unit="episode", mininterval=SAID_EVERY_S)
    seats = [_seat(auditor, queue, records) for _ in range(min(at_once, len(todo)))]
    asking = [(seat, asked) for seat in seats if (asked := next(seat, None))]
    while asking:
        # The tools of a model are the same in all its conversations: whether it is given them does not change.
        tools, asked_at = asking[0][1][0].tools, time.monotonic()
        chats = [chat for _, (_, chat) in asking]
        completions = auditor.model.complete_all(chats, tools, auditor.max_tokens)
        for (_, (talk, _)), completion in zip(asking, completions, strict=True):
            talk.receive(completion.after(time.monotonic() - asked_at))
        asking = [(seat, asked) for seat, _ in asking if (asked := next(seat, None))]
        bar.update(len(records) - bar.n)
    bar.close()
    return [records[place] for place in range(len(todo))]


def _seat(
    auditor: LocalAuditor, queue: Iterator[tuple[int, Job]], records: dict[int, EpisodeRecord]
) -> Iterator[Asking]:
    """Play the next job of the queue after the last, and keep its record by its place in the queue.

    Yields:
        The conversation, and its chat for the model to complete. What it says is received before the next is asked for.
    """
    environment = SynthAuditEnvironment()
    for place, job in queue:
        opening = environment.reset(**job.options)
        talk, turns = Conversation(opening, auditor.tool_format), list[Turn]()
        refused = None
        while not (turns and turns[-1].observation.done):
            if action := talk.next_action():
                turns.append(Turn(len(turns) + 1, action, environment.step(action)))
                talk.observe(turns[-1].observation)
            elif auditor.model.tokens(chat := talk.messages(), talk.tools) + auditor.max_tokens <= auditor.max_context:
                yield talk, chat
            else:
                refused = f"{REFUSED} Its chat leaves no room for an answer in a --context of {auditor.max_context}."
                turns.append(Turn(len(turns) + 1, END, environment.step(END)))
        split, _ = split_of(job.seed)
        record = EpisodeRecord.of(job.agent, job.options, job.seed, split, opening, turns)
        records[place] = model_transcript.with_model(record, auditor.settings, talk, TRANSCRIPTS, refused)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaluate.py", description="Compare checkpoints on held-out episodes.")
    add, count = parser.add_argument, partial(at_least, 1, int)
    text = "checkpoints, or names on the Hugging Face hub; the first is the base"
    add("models", nargs="+", metavar="DIR", help=text)
    add("--split", choices=HELD_OUT, default=HELD_OUT[0], help="default %(default)s")
    add("--tier", choices=ALL_TIERS, action="append", required=True, help="may be repeated")
    add("--episodes", type=count, default=200, metavar="N", help="of each tier (default %(default)s)")
    add("--batch", dest="at_once", type=count, default=8, metavar="N", help="episodes at once (default %(default)s)")
    text = "of sampling (default %(default)s: none); that of the rollouts asks for what was trained"
    add("--temperature", type=partial(at_least, 0, float), default=0.0, help=text)
    text = "tokens of chat and answer (default %(default)s), or those of the model, where it has fewer"
    add("--context", type=count, default=10_240, metavar="N", help=text)
    add("--turn-tokens", type=count, default=640, metavar="N", help="of an answer (default %(default)s)")
    add("--chat-template", type=Path, metavar="FILE", help="of all models, in place of their own")
    add("--out", type=Path, default=Path("outputs/train/evaluation"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Compares models on held-out episodes: the same seeds for each, paired, with intervals.

    python training/evaluate.py Qwen/Qwen2.5-3B-Instruct outputs/train/run --tier easy --tier medium

The first model is the base that the others are compared with. Each is asked as the ReAct agent asks any model, greedily
unless --temperature says otherwise, but many episodes at once: this takes minutes on a CPU instead of hours. Rounding
makes an answer depend a little on its batch (`evaluation.py --agent local:PATH` asks one at a time), for all models
alike. One model is in memory at a time, and its results are written before the next is loaded.

By default the token limits and the number of episodes at once are those that the last model was trained with.

flag-all and approve-all play the same seeds. Writes results.json and table.md, and the
picture score.png. Exit status: 0, 1 where all audits of a model were ended for it, 2 for invalid arguments or a model
that cannot be loaded.
"""

import argparse
import gc
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

try:
    from synth_audit_env.agents.react.agent import ReactAuditor
    from synth_audit_env.agents.react.context import Budget, ContextError, Message
    from synth_audit_env.agents.react.conversation import Conversation
    from synth_audit_env.agents.react.settings import ReactSettings, local_auditor
    from synth_audit_env.chat.completion import Completion
    from synth_audit_env.chat.local_model import LocalModel, LocalModelError
    from synth_audit_env.comparison import NEEDS_EVAL, has_eval, results
    from synth_audit_env.comparison.blind import BLIND, in_words
    from synth_audit_env.comparison.episodes import PlayedEpisode, episode_of
    from synth_audit_env.comparison.jobs import Job, Seeds, jobs, play_job, seeds
    from synth_audit_env.comparison.plots import draw
    from synth_audit_env.comparison.provenance import made
    from synth_audit_env.comparison.results import Run, run_of
    from synth_audit_env.comparison.table import METRICS, by_tier, in_brief, page
    from synth_audit_env.rollouts.audit import END, REFUSED, of_model
    from synth_audit_env.rollouts.episode_log import EpisodeRecord
    from synth_audit_env.rollouts.results_table import plain_console, say, show
    from synth_audit_env.rollouts.rollout import Turn
    from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
    from synth_audit_env.server.world.tasks import ALL_TIERS, split_of
    from synth_audit_env.training.plan import keep_freed_memory
    from synth_audit_env.training.run_folder import MOST_AT_ONCE, trained_with
    from synth_audit_env.training.settings import PlanError
except ImportError as missing:
    print(f"evaluate.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

HELD_OUT = ("test", "validation")
SAID_EVERY_S = 15
Asking: TypeAlias = tuple[Conversation, list[Message]]
"""A conversation, and the chat that is to be completed."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        run = evaluated(_parser().parse_args(arguments), arguments)
    except (LocalModelError, PlanError) as problem:
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
    """Let the models and the blind agents play, write what they came to, and draw it.

    Raises:
        PlanError: What was asked for cannot be.
        LocalModelError: A model cannot be had. What the models before it came to is written.
    """
    if not has_eval():
        raise PlanError(f"pictures need {NEEDS_EVAL}.")
    names = [folder.as_posix() for folder in given.models]
    if len(set(names)) < len(names):
        raise PlanError("a model is named twice.")
    chosen = {
        name: vars(given)[name] for name in ("context", "turn_tokens", "at_once") if vars(given)[name] is not None
    }
    within = replace(trained_with(given.models), **chosen)
    for option, count in (("--episodes", given.episodes), ("--batch", within.at_once)):
        if count < 1:
            raise PlanError(f"{option} must be at least 1, but it is {count}.")
    if not 0 <= given.temperature <= 2:
        raise PlanError(f"--temperature must be from 0 to 2, but it is {given.temperature}.")
    keep_freed_memory()
    # Before anything is played: what is edited meanwhile is not what runs.
    provenance = made(arguments, ("python", "training/evaluate.py"))
    of_tiers, environment = seeds(given.split, given.tier, given.episodes), SynthAuditEnvironment()
    budget = Budget(within.context, within.turn_tokens)
    asked = ReactSettings(budget=budget, temperature=given.temperature, chat_template=given.chat_template)

    blind = (
        play_job(job, lambda options: environment.reset(**options), environment.step) for job in jobs(BLIND, of_tiers)
    )
    episodes = list(map(episode_of, blind))
    for name in names:
        episodes += _episodes(replace(asked, model=name), of_tiers, within.at_once)
        # What one model came to is kept whatever becomes of the next: on a small card each takes hours.
        run = run_of(given.split, names[0], episodes, provenance)
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / results.NAME).write_text(results.as_json(run), encoding="utf-8")
        (given.out / "table.md").write_text(page(run), encoding="utf-8")
    draw(run, given.out)
    return run


def _episodes(settings: ReactSettings, of_tiers: Seeds, at_once: int) -> list[PlayedEpisode]:
    """Load a model and let it play; it is let go before the next one is loaded, as two may not fit on a card."""
    import torch

    model, auditor = local_auditor(settings)
    try:
        return [
            episode_of(record)
            for tier, numbers in of_tiers.items()
            for record in played(model, auditor, jobs([settings.model or ""], {tier: numbers}), at_once)
        ]
    finally:
        del model, auditor
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def played(model: LocalModel, auditor: ReactAuditor, todo: Sequence[Job], at_once: int) -> list[EpisodeRecord]:
    """Play jobs of one agent and tier, so many at once; the records are in their order.

    How many are done is said on stderr: on a small card a tier takes hours.
    """
    queue, records, reported = iter(enumerate(todo)), dict[int, EpisodeRecord](), time.monotonic()
    seats = [_seat(auditor, queue, records) for _ in range(min(at_once, len(todo)))]
    asking = [(seat, asked) for seat in seats if (asked := next(seat, None))]
    while asking:
        completions = _completed(model, [asked for _, asked in asking])
        for (_, (talk, _)), completion in zip(asking, completions, strict=True):
            talk.receive(completion)
        asking = [(seat, asked) for seat, _ in asking if (asked := next(seat, None))]
        if time.monotonic() >= reported + SAID_EVERY_S or not asking:
            reported, done = time.monotonic(), f"{len(records)} of {len(todo)} episodes"
            print(f"{todo[0].agent}, {todo[0].tier}: {done}", file=sys.stderr, flush=True)
    return [records[place] for place in range(len(todo))]


def _completed(model: LocalModel, asking: Sequence[Asking]) -> list[Completion]:
    """Complete a chat of each conversation of an auditor: apart, those that are offered no tools any more."""
    done: dict[int, Completion] = {}
    for first in {bool(talk.tools): talk for talk, _ in asking}.values():
        asked_at = time.monotonic()
        chats = {place: chat for place, (talk, chat) in enumerate(asking) if talk.tools == first.tools}
        completions = model.complete_all(list(chats.values()), first.tools, first.budget.max_tokens)
        seconds = time.monotonic() - asked_at
        done |= zip(chats, (completion.after(seconds) for completion in completions), strict=True)
    return [done[place] for place in range(len(asking))]


def _seat(
    auditor: ReactAuditor, queue: Iterator[tuple[int, Job]], records: dict[int, EpisodeRecord]
) -> Iterator[Asking]:
    """Play the next job of the queue after the last, and keep its record by its place in the queue.

    Yields:
        The conversation, and its chat for the model to complete. What it says is received before the next is asked for.
    """
    environment = SynthAuditEnvironment()
    for place, job in queue:
        opening = environment.reset(**job.options)
        talk, turns = auditor.talk(opening), list[Turn]()
        try:
            while not (turns and turns[-1].observation.done):
                if (action := talk.next_action()) is None:
                    yield talk, talk.messages()
                else:
                    turns.append(Turn(len(turns) + 1, action, environment.step(action)))
                    talk.observe(turns[-1].observation)
            refused = None
        except ContextError as problem:
            turns.append(Turn(len(turns) + 1, END, environment.step(END)))
            refused = f"{REFUSED} {problem}"
        split, _ = split_of(job.seed)
        record = EpisodeRecord.of(job.agent, job.options, job.seed, split, opening, turns)
        records[place] = of_model(record, auditor, talk, None, refused)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaluate.py", description="Compare checkpoints on held-out episodes.")
    add = parser.add_argument
    text = "checkpoints, or names on the Hugging Face hub; the first is the base"
    add("models", type=Path, nargs="+", metavar="DIR", help=text)
    add("--split", choices=HELD_OUT, default=HELD_OUT[0], help="default %(default)s")
    add("--tier", choices=ALL_TIERS, action="append", required=True, help="may be repeated")
    add("--episodes", type=int, default=200, metavar="N", help="of each tier (default %(default)s)")
    text = f"episodes at once (default as trained, at most {MOST_AT_ONCE})"
    add("--batch", dest="at_once", type=int, metavar="N", help=text)
    text = "of sampling (default %(default)s: none); that of the rollouts asks for what was trained"
    add("--temperature", type=float, default=0.0, help=text)
    add("--context", type=int, metavar="N", help="tokens (default as trained)")
    add("--turn-tokens", type=int, metavar="N", help="of an answer (default as trained)")
    add("--chat-template", type=Path, metavar="FILE", help="of all models, in place of their own")
    add("--out", type=Path, default=Path("outputs/train/evaluation"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())

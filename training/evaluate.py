"""Base against trained on held-out episodes: the same seeds for every model, paired, with intervals.

    python training/evaluate.py Qwen/Qwen2.5-3B-Instruct outputs/train/run --tier easy --tier medium

The first model is the one that the others are compared with. A model is asked as the ReAct agent asks any (see
`agents/react`), without sampling unless --temperature says otherwise, but many episodes at a time: that is what makes
hundreds of episodes a matter of minutes on a CPU. What an answer is depends a little on the batch that it is in, by
rounding; `evaluation.py --agent local:PATH` asks one at a time, and for a comparison it makes no difference, since all
models are asked alike. One model is in memory at a time, and what it came to is written before the next is loaded.

An answer and a context have as many tokens as the runs among the models were trained with, and as many episodes are
played at once as they had rollouts.

flag-all and approve-all play the same seeds, and it is said who is below them. Writes results.json and table.md, which
`evaluation.py compare` reads as well, and pictures: the score by tier, and score and skill less those of the first
model. Exit status: 0, 1 where all audits of a model were ended for it, 2 for what cannot be meant or had.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

try:
    from synth_audit_env.agents.local import local_auditor
    from synth_audit_env.agents.react.agent import ReactAuditor
    from synth_audit_env.agents.react.context import Budget, ContextError, Message
    from synth_audit_env.agents.react.conversation import Conversation
    from synth_audit_env.agents.react.settings import ReactSettings
    from synth_audit_env.chat.local_model import LocalModel, LocalModelError
    from synth_audit_env.comparison import page, results_file
    from synth_audit_env.comparison.blind import BLIND, in_words
    from synth_audit_env.comparison.episodes import episode_of
    from synth_audit_env.comparison.intervals import figures
    from synth_audit_env.comparison.jobs import Job, play_job, seeds
    from synth_audit_env.comparison.provenance import made
    from synth_audit_env.comparison.refused import END, REPORT
    from synth_audit_env.comparison.results import Episode, Made, Run, audits_ended
    from synth_audit_env.comparison.table import METRICS, in_brief, less_baseline, of_models, plain_console, say, show
    from synth_audit_env.models import SynthAuditAction
    from synth_audit_env.rollouts.episode_log import PACKAGE_VERSION, EpisodeRecord
    from synth_audit_env.rollouts.model_transcript import told_of
    from synth_audit_env.rollouts.rollout import Turn
    from synth_audit_env.rollouts.together import complete_together
    from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
    from synth_audit_env.server.world.tasks import TIERS
    from synth_audit_env.training.device import keep_freed_memory
    from synth_audit_env.training.plots import draw_evaluation
    from synth_audit_env.training.run_folder import MOST_AT_ONCE, trained_with
    from synth_audit_env.training.settings import PlanError
except ImportError as missing:
    print(f"evaluate.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

HELD_OUT = ("test", "validation")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    given = _parser().parse_args(arguments)
    names = [folder.as_posix() for folder in given.models]
    if len(set(names)) < len(names):
        print("evaluate.py: a model is named twice.", file=sys.stderr)
        return 2
    said = {name: vars(given)[name] for name in ("context", "turn_tokens", "at_once") if vars(given)[name] is not None}
    try:
        within = replace(trained_with(given.models), **said)
    except PlanError as problem:
        print(f"evaluate.py: {problem}", file=sys.stderr)
        return 2
    for option, count in (("--episodes", given.episodes), ("--batch", within.at_once)):
        if count < 1:
            print(f"evaluate.py: {option} must be at least 1, but it is {count}.", file=sys.stderr)
            return 2
    if not 0 <= given.temperature <= 2:
        print(f"evaluate.py: --temperature must be from 0 to 2, but it is {given.temperature}.", file=sys.stderr)
        return 2
    keep_freed_memory()
    # Before anything is played: what is edited meanwhile is not what runs.
    provenance = made(arguments, ("python", "training/evaluate.py"))
    of_tiers = seeds(given.split, given.tier, given.episodes)
    budget = Budget(within.context, within.turn_tokens)
    asked = ReactSettings(budget=budget, temperature=given.temperature, chat_template=given.chat_template)
    episodes = {agent: _blind(agent, of_tiers) for agent in BLIND}
    try:
        for name in names:
            episodes[name] = _episodes(replace(asked, model=name), of_tiers, within.at_once)
            # What one model came to is kept whatever becomes of the next: on a small card each takes hours.
            run = _written(episodes, names[0], given.out, given.split, provenance)
    except LocalModelError as problem:
        print(f"evaluate.py: {problem}", file=sys.stderr)
        return 2
    draw_evaluation(run, given.out)
    console = plain_console()
    for table in (in_brief(run), *of_models(run, bare=True), *(less_baseline(run, metric) for metric in METRICS)):
        show(table, console)
    for sentence in in_words(run):
        say(sentence, console)
    nobody = [agent for agent, (ended, of) in audits_ended(run).items() if ended == of]
    if nobody:
        print(f"evaluate.py: no audit was the model's own, each was ended for it: {', '.join(nobody)}", file=sys.stderr)
    return int(bool(nobody))


def _blind(agent: str, of_tiers: Mapping[str, Sequence[int]]) -> dict[str, tuple[Episode, ...]]:
    """Play flag-all or approve-all, which every model is set beside."""
    environment = SynthAuditEnvironment()
    return {
        tier: tuple(
            play_job(Job(agent, tier, one), lambda options: environment.reset(**options), environment.step).episode
            for one in numbers
        )
        for tier, numbers in of_tiers.items()
    }


def _episodes(
    settings: ReactSettings, of_tiers: Mapping[str, Sequence[int]], at_once: int
) -> dict[str, tuple[Episode, ...]]:
    """Load a model and let it play; it is let go before the next one is loaded, as two may not fit on a card."""
    import torch

    name = settings.model or ""
    model, auditor = local_auditor(settings)
    try:
        return {
            tier: tuple(map(episode_of, played(model, auditor, [Job(name, tier, one) for one in numbers], at_once)))
            for tier, numbers in of_tiers.items()
        }
    finally:
        del model, auditor
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _written(
    episodes: Mapping[str, Mapping[str, tuple[Episode, ...]]], base: str, out: Path, split: str, provenance: Made
) -> Run:
    """The run as far as it has come, the base being the model to compare with."""
    of_agents, differences = figures(episodes, base)
    run = Run(split, base, episodes, of_agents, differences, provenance)
    out.mkdir(parents=True, exist_ok=True)
    (out / results_file.NAME).write_text(results_file.as_json(run), encoding="utf-8")
    (out / "table.md").write_text(page.page(run), encoding="utf-8")
    return run


def played(model: LocalModel, auditor: ReactAuditor, jobs: Sequence[Job], at_once: int) -> list[EpisodeRecord]:
    """Play jobs of one agent and tier, so many at once; the records are in their order.

    How many are done is said on stderr: on a small card a tier takes hours.
    """
    queue = iter(range(len(jobs)))
    records: dict[int, EpisodeRecord] = {}
    told = 0
    seats = [_Seat(auditor, jobs, queue, records) for _ in range(min(at_once, len(jobs)))]
    while asking := [(seat, chat) for seat in seats if (chat := seat.next_chat()) is not None]:
        completions = complete_together(model, [(seat.talk, chat) for seat, chat in asking])
        for (seat, _), completion in zip(asking, completions, strict=True):
            seat.talk.receive(completion)
            seat.act()
        if len(records) >= told + at_once or len(records) == len(jobs) > told:
            told = len(records)
            print(f"{jobs[0].agent}, {jobs[0].tier}: {told} of {len(jobs)} episodes", file=sys.stderr, flush=True)
    return [records[place] for place in range(len(jobs))]


@dataclass
class _Seat:
    """One episode after the other."""

    auditor: ReactAuditor
    jobs: Sequence[Job]
    queue: Iterator[int]
    """Places of jobs that nobody plays yet."""
    records: dict[int, EpisodeRecord]
    environment: SynthAuditEnvironment = field(default_factory=SynthAuditEnvironment)
    place: int | None = None
    talk: Conversation = field(init=False)
    opening: Any = field(init=False)
    turns: list[Turn] = field(init=False)

    def next_chat(self) -> list[Message] | None:
        """What is to be completed; None when no episode is left."""
        while True:
            if self.place is None:
                self.place = next(self.queue, None)
                if self.place is None:
                    return None
                self.opening = self.environment.reset(**self.jobs[self.place].options)
                self.talk, self.turns = self.auditor.talk(self.opening), []
            try:
                return self.talk.messages()
            except ContextError as problem:
                self._step(END)
                self._keep(f"{REPORT} {problem}")

    def act(self) -> None:
        """Do what the last answer asks for."""
        while self.place is not None and (action := self.talk.next_action()) is not None:
            self.talk.observe(self._step(action))
            if self.turns[-1].observation.done:
                self._keep(self.talk.gave_up)

    def _step(self, action: SynthAuditAction) -> Any:
        observation = self.environment.step(action)
        self.turns.append(Turn(len(self.turns) + 1, action, observation))
        return observation

    def _keep(self, gave_up: str | None) -> None:
        assert self.place is not None, "an episode is under way"
        job = self.jobs[self.place]
        self.records[self.place] = EpisodeRecord(
            task=TIERS[job.tier].task_id,
            seed=job.seed,
            split=self.environment.state.split or "",
            version=PACKAGE_VERSION,
            agent=job.agent,
            options=job.options,
            opening=self.opening,
            turns=tuple(self.turns),
            settings=self.auditor.settings,
            **{**told_of(self.talk), "gave_up": gave_up, "written": ()},
        )
        self.place = None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaluate.py", description="Compare checkpoints on held-out episodes.")
    parser.add_argument(
        "models",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="checkpoints, or names on the Hugging Face hub; the first is the base",
    )
    parser.add_argument("--split", choices=HELD_OUT, default=HELD_OUT[0], help="default %(default)s")
    parser.add_argument("--tier", choices=TIERS, action="append", required=True, help="may be repeated")
    parser.add_argument("--episodes", type=int, default=200, metavar="N", help="of each tier (default %(default)s)")
    parser.add_argument(
        "--batch",
        dest="at_once",
        type=int,
        metavar="N",
        help=f"episodes at once (default as trained, at most {MOST_AT_ONCE})",
    )
    parser.add_argument(
        "--temperature",
        type=float,
        default=0.0,
        help="of sampling (default %(default)s: none); that of the rollouts asks for what was trained",
    )
    parser.add_argument("--context", type=int, metavar="N", help="tokens (default as trained)")
    parser.add_argument("--turn-tokens", type=int, metavar="N", help="of an answer (default as trained)")
    parser.add_argument("--chat-template", type=Path, metavar="FILE", help="of all models, in place of their own")
    parser.add_argument("--out", type=Path, default=Path("outputs/train/evaluation"), metavar="DIR")
    return parser


if __name__ == "__main__":
    sys.exit(main())

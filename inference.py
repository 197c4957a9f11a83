"""Run one agent: it audits episodes of each task over the client's WebSocket, and prints a transcript and a table.

    python inference.py --mode heuristic
    python inference.py --mode heuristic --task hard --split test --episodes 20 --quiet --log outputs/hard.jsonl

Without --base-url and ENV_BASE_URL it starts a server of its own on a free loopback port, and stops it at the end,
however the end comes. Everything that is audited is synthetic.

Exit status: 0 when every episode was audited to its end, 1 when one was not, 2 for flags that cannot be meant, 130
after Ctrl-C, 141 when nobody reads on, 143 when terminated.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TextIO

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.client import ServerRefusedError, SyncSynthAuditEnv, SynthAuditEnv
from synth_audit_env.rollouts.episode_log import PACKAGE_VERSION, EpisodeRecord
from synth_audit_env.rollouts.own_server import OwnServerError, own_server
from synth_audit_env.rollouts.results_table import EpisodeResult, print_table
from synth_audit_env.rollouts.rollout import Auditor, Turn, play
from synth_audit_env.rollouts.transcript import end_line, start_line, step_line

ENV_NAME = "synth_audit_env"
MODES = ("heuristic", "react")
LEVELS = ("easy", "medium", "hard", "expert", "adaptive")
DEFAULT_TASKS = ("oversight_easy", "oversight_medium", "oversight_hard")
SPLITS = ("train", "validation", "test", "reference")
REFERENCE_SEEDS = (42, 137, 256, 512, 1024)
"""The episodes of the split that is audited when nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for."""

    tasks: tuple[str, ...]
    episodes: int
    seed: int | None
    """Of the first episode of each task; the next ones follow it."""
    split: str | None
    """Whose episodes, from its first; with a seed, the split that the seed must be of."""
    base_url: str | None
    """A running environment; None for one of our own."""
    log: Path | None
    quiet: bool

    def options(self, task: str) -> Iterator[Mapping[str, Any]]:
        """Reset's options for each episode of a task."""
        for number in range(self.episodes):
            if self.seed is not None:
                split = {} if self.split is None else {"split": self.split}
                yield {"task_id": task, "seed": self.seed + number, **split}
            elif self.split in (None, "reference"):
                yield {"task_id": task, "seed": REFERENCE_SEEDS[number]}
            else:
                yield {"task_id": task, "split": self.split, "index": number}


@dataclass
class _Run:
    """A run under way."""

    request: Request
    auditor: Auditor
    log: TextIO | None
    results: list[EpisodeResult] = field(default_factory=list)
    """What the table needs. The episodes themselves are too big to keep thousands of."""

    def audit(self, base_url: str) -> None:
        """Audit every episode in one session, since the adaptive task follows a session's scores."""
        env = SynthAuditEnv(base_url=base_url).sync()
        with env:
            for task in self.request.tasks:
                for options in self.request.options(task):
                    record = self._episode(env, task, options)
                    self.results.append(EpisodeResult(task, len(record.turns), record.outcome))
                    if self.log is not None:
                        self.log.write(record.line())
                        self.log.flush()

    def _episode(self, env: SyncSynthAuditEnv, task: str, options: Mapping[str, Any]) -> EpisodeRecord:
        opening = env.reset(**options).observation
        state = env.state()
        assert state.seed is not None, "a running episode has a seed"
        assert state.split is not None, "a running episode is of a split"
        if state.error_types is not None:
            # What an adaptive episode is made of depends on the session: pinned, its line replays alone.
            options = {**options, "level": state.difficulty, "error_types": state.error_types}
        self._say(start_line(task, ENV_NAME, self.auditor.name))
        turns: list[Turn] = []
        outcome = None
        try:
            for turn in play(self.auditor, opening, lambda action: env.step(action).observation):
                turns.append(turn)
                self._say(step_line(turn))
            record = EpisodeRecord(
                task=task,
                seed=state.seed,
                split=state.split,
                version=PACKAGE_VERSION,
                agent=self.auditor.name,
                options=options,
                opening=opening,
                turns=tuple(turns),
            )
            outcome = record.outcome
        finally:
            # Also for an episode that broke off: whoever reads the lines waits for this one.
            print(end_line(outcome, turns), flush=True)
        return record

    def _say(self, line: str) -> None:
        if not self.request.quiet:
            print(line, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    mode, request = _read(argv)
    if mode == "react":
        print("inference.py: --mode react is not there yet: use --mode heuristic.", file=sys.stderr)
        return 2
    try:
        with _unwinding():
            return _run(request, HeuristicAuditor())
    except KeyboardInterrupt:
        print("inference.py: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our lines has read enough (`| head`); Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(request: Request, auditor: Auditor) -> int:
    with contextlib.ExitStack() as stack:
        try:
            log = None if request.log is None else stack.enter_context(request.log.open("w", encoding="utf-8"))
        except OSError as problem:
            print(f"inference.py: --log: {request.log} cannot be written ({problem.strerror}).", file=sys.stderr)
            return 2
        run = _Run(request, auditor, log)
        try:
            run.audit(request.base_url or stack.enter_context(own_server()))
        except ServerRefusedError as refusal:
            print(f"inference.py: the environment refused: {refusal}", file=sys.stderr)
            return 1 if refusal.code == "CAPACITY_REACHED" else 2
        except BrokenPipeError:
            raise
        except (OwnServerError, OSError) as problem:
            print(f"inference.py: {problem}", file=sys.stderr)
            return 1
        finally:
            if run.results:
                print_table(auditor.name, run.results)
    return 0


@contextlib.contextmanager
def _unwinding() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the program as Ctrl-C does, so that our server goes too."""
    known = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # Under nohup SIGHUP is ignored, and stays so.
    numbers = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
    if threading.current_thread() is not threading.main_thread():
        # Only there may a program ask for signals; whoever runs us elsewhere has plans of its own for them.
        numbers = []
    before = [(number, signal.signal(number, _terminated)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _terminated(number: int, frame: object) -> NoReturn:
    sys.exit(128 + number)


def _read(argv: Sequence[str] | None) -> tuple[str, Request]:
    parser = argparse.ArgumentParser(
        prog="inference.py",
        description="Audit synthetic clinical trials with one agent, and print a transcript and a table.",
        epilog="ENV_BASE_URL stands in for --base-url. Without both, a server is started for the run.",
    )
    parser.add_argument("--mode", choices=MODES, default=MODES[0], help="which agent (default %(default)s)")
    parser.add_argument(
        "--task",
        nargs="+",
        metavar="TASK",
        help=f"one or more of {', '.join(LEVELS)} (default easy, medium and hard)",
    )
    parser.add_argument("--seed", type=int, help="seed of each task's first episode; the next ones follow it")
    parser.add_argument("--split", choices=SPLITS, help="whose episodes, from its first (default reference)")
    parser.add_argument("--episodes", type=int, default=1, help="episodes of each task (default %(default)s)")
    parser.add_argument("--base-url", metavar="URL", help="a running environment, such as http://127.0.0.1:8000")
    parser.add_argument("--log", type=Path, metavar="FILE", help="write the episodes there, a line of JSON each")
    parser.add_argument("--quiet", action="store_true", help="print the [END] lines and the table only")
    given = parser.parse_args(argv)
    if given.episodes < 1:
        parser.error(f"--episodes must be at least 1, but it is {given.episodes}.")
    if given.seed is not None and given.seed < 0:
        parser.error(f"--seed must be at least 0, but it is {given.seed}.")
    reference = given.seed is None and given.split in (None, "reference")
    if reference and given.episodes > len(REFERENCE_SEEDS):
        parser.error(f"the reference split has {len(REFERENCE_SEEDS)} episodes of a task: name another --split.")
    base_url = given.base_url or os.environ.get("ENV_BASE_URL", "").strip() or None
    if base_url is not None and not base_url.startswith(("http://", "https://", "ws://", "wss://")):
        parser.error(f"--base-url must start with http:// or https://, but it is {base_url!r}.")
    tasks = tuple(dict.fromkeys(_task_id(parser, name) for name in given.task or DEFAULT_TASKS))
    request = Request(tasks, given.episodes, given.seed, given.split, base_url, given.log, given.quiet)
    return given.mode, request


def _task_id(parser: argparse.ArgumentParser, name: str) -> str:
    level = name.removeprefix("oversight_")
    if level not in LEVELS:
        parser.error(f"there is no task {name!r}: {', '.join(LEVELS)}.")
    return f"oversight_{level}"


if __name__ == "__main__":
    sys.exit(main())

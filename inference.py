"""Run one agent: it audits episodes of each task over the client's WebSocket, and prints a transcript and a table.

    python inference.py --mode heuristic
    python inference.py --mode heuristic --task hard --split test --episodes 20 --quiet --log outputs/hard.jsonl
    python inference.py --mode react --model-url http://127.0.0.1:11434/v1 --model qwen3:4b --log qwen.jsonl

Without --base-url and ENV_BASE_URL it starts a server of its own on a free loopback port, and stops it at the end,
however the run ends. With --mode react the model of any OpenAI-compatible endpoint audits, and no other agent ever
takes its place. Everything that is audited is synthetic. evaluation.py can go on with a run that broke off.

Exit status: 0 when every episode was audited to its end, 1 when one was not or no audit was the model's own, 2 for
invalid flags, and a model or an environment that does not answer, 130 after Ctrl-C, 141 when the reader of stdout is
gone, 143 when terminated.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

try:
    from synth_audit_env.agents.heuristic import HeuristicAuditor
    from synth_audit_env.agents.react.settings import ReactSettings, add_flags, react_auditor, read_flags
    from synth_audit_env.chat.errors import EndpointError
    from synth_audit_env.client import ServerRefusedError
    from synth_audit_env.rollouts.audit_run import REFERENCE_SEEDS, AuditRequest, AuditRun
    from synth_audit_env.rollouts.environment import NoEnvironmentError, read_base_url
    from synth_audit_env.rollouts.own_server import OwnServerError, own_server
    from synth_audit_env.rollouts.program import exit_on_signals, log_to_stderr
    from synth_audit_env.rollouts.results_table import print_table
    from synth_audit_env.rollouts.rollout import Auditor
    from synth_audit_env.server.world.tasks import LEVELS, SPLITS, TASK_IDS
except ImportError as missing:
    commands = "pip install uv && uv run python inference.py --mode heuristic\nuv run pytest"
    print(f"inference.py: {missing}. In a checkout, this installs, audits and tests:\n{commands}", file=sys.stderr)
    raise SystemExit(2) from None

MODES = ("heuristic", "react")
TASKS = (*(task_id.removeprefix("oversight_") for task_id in TASK_IDS), *(tier.name for tier in LEVELS.values()))
"""By name. A frontier without a level is by the index of each episode: level 1 first, and after ten anew."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    given = _read(argv)
    log_to_stderr("inference.py")
    exit_on_signals()
    try:
        react = given.mode == "react"
        return _run(given, react_auditor(given.settings, os.environ) if react else HeuristicAuditor())
    except EndpointError as problem:
        # Nothing could be started. A model that fails during an episode is reported by _run.
        _say(problem)
        return 2
    except KeyboardInterrupt:
        _say("interrupted.")
        return 130
    except BrokenPipeError:
        # The reader of our lines is gone (`| head`). Without this Python would fail again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(given: argparse.Namespace, auditor: Auditor) -> int:
    with contextlib.ExitStack() as stack:
        try:
            log = None if given.log is None else stack.enter_context(given.log.open("a", encoding="utf-8"))
        except OSError as problem:
            _say(f"--log: {given.log} cannot be written ({problem.strerror}).")
            return 2
        kept = None
        if given.log is not None and given.log.is_file():  # which /dev/stdout is not
            kept = given.log.with_name(f"{given.log.name.removesuffix('.jsonl')}.transcripts")
        request = AuditRequest(given.task, given.episodes, given.seed, given.split, given.quiet)
        run = AuditRun(request, auditor, log, kept)
        try:
            base_url = given.base_url or stack.enter_context(own_server())
            run.audit(base_url)
        except ServerRefusedError as refusal:
            _say(f"the environment refused: {refusal}")
            return 1 if refusal.code == "CAPACITY_REACHED" else 2
        except BrokenPipeError:
            raise
        except NoEnvironmentError as problem:
            _say(problem)
            return 2
        except (OwnServerError, EndpointError, OSError) as problem:
            _say(problem)
            return 1
        finally:
            if run.results:
                print_table(auditor.name, run.results)
    if run.results and all(result.gave_up is not None for result in run.results):
        _say("no audit was the model's own: each was ended for it.")
        return 1
    return 0


def _say(words: object) -> None:
    print(f"inference.py: {words}", file=sys.stderr)


def _read(argv: Sequence[str] | None) -> argparse.Namespace:
    """The flags, with those of the model as `settings`. Ends the program with status 2 where one is invalid."""
    parser = _parser()
    given = parser.parse_args(argv)
    for name, least in (("episodes", 1), ("seed", 0)):
        if (number := getattr(given, name)) is not None and number < least:
            parser.error(f"--{name} must be at least {least}, but it is {number}.")
    reference = given.seed is None and given.split in (None, "reference")
    if reference and given.episodes > len(REFERENCE_SEEDS):
        parser.error(f"the reference split has {len(REFERENCE_SEEDS)} episodes of a task: name another --split.")
    if given.log is not None and given.log.is_file() and given.log.stat().st_size:
        parser.error(f"--log: {given.log} holds something already: name another file.")
    given.base_url = read_base_url(parser, given.base_url)
    given.task = tuple(f"oversight_{task}" for task in dict.fromkeys(given.task))
    given.settings = read_flags(parser, given)
    if given.mode == "heuristic" and given.settings != ReactSettings():
        parser.error("a model is given, but --mode heuristic asks none: use --mode react.")
    return given


def _parser() -> argparse.ArgumentParser:
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
        type=lambda name: name.removeprefix("oversight_"),
        choices=TASKS,
        default=("easy", "medium", "hard"),
        help=f"one or more of {', '.join(TASKS)} (default easy, medium and hard)",
    )
    parser.add_argument("--seed", type=int, help="seed of each task's first episode; the next ones follow it")
    parser.add_argument("--split", choices=SPLITS, help="whose episodes, from its first (default reference)")
    parser.add_argument("--episodes", type=int, default=1, help="episodes of each task (default %(default)s)")
    parser.add_argument("--base-url", metavar="URL", help="a running environment, such as http://127.0.0.1:8000")
    parser.add_argument("--log", type=Path, metavar="FILE", help="write the episodes there, a line of JSON each")
    parser.add_argument("--quiet", action="store_true", help="print the [END] lines and the table only")
    add_flags(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())

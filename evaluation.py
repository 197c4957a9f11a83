"""Set agents side by side on the same episodes: figures with intervals, tables, a plot, logs that replay.

    python evaluation.py                                # every agent that needs no key, on the five reference seeds
    python evaluation.py --split test --concurrency 2   # on 200 seeds of each tier
    python evaluation.py --agent react:qwen3:4b --model-url http://127.0.0.1:11434/v1 --out outputs/runs/mine
    python evaluation.py --agent react:openai/gpt-oss-120b --concurrency 16      # HF_TOKEN alone: the hub's router
    python evaluation.py leaderboard outputs/runs/one outputs/runs/other > leaderboard.md
    python evaluation.py readme           # writes the tables of README and docs, out of what outputs/eval has

Episodes are played over the client's WebSocket, against a server of its own unless --base-url names one. Results go to
a folder, below outputs/runs where none is named. Of agents that ask no model all is the same whenever the same agents
play the same seeds, with any --concurrency and resumed after a break, but how they were made and the order of the lines
of episodes.jsonl. A model may answer otherwise when it is asked again, so that what is played anew of it may come out
otherwise.

Exit status: 0 when every episode was played, 1 when one could not be, or no audit of a model was its own, 2 for an
invalid request, 130 after Ctrl-C.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

try:
    from synth_audit_env.agents.react.settings import add_flags, read_flags
    from synth_audit_env.chat.errors import EndpointError
    from synth_audit_env.comparison import NEEDS_EVAL, RequestError, has_eval, results
    from synth_audit_env.comparison.agents import KEYLESS
    from synth_audit_env.comparison.blind import BLIND, in_words
    from synth_audit_env.comparison.jobs import PlayError
    from synth_audit_env.comparison.pages import leaderboard, with_results, with_scores
    from synth_audit_env.comparison.provenance import made
    from synth_audit_env.comparison.results import Run
    from synth_audit_env.comparison.run import EPISODES as EPISODES_LOG
    from synth_audit_env.comparison.run import EvaluationRequest, evaluate
    from synth_audit_env.comparison.table import in_brief
    from synth_audit_env.rollouts.environment import NoEnvironmentError, read_base_url
    from synth_audit_env.rollouts.own_server import OwnServerError
    from synth_audit_env.rollouts.program import log_to_stderr
    from synth_audit_env.rollouts.results_table import plain_console, say, show
    from synth_audit_env.server.world.tasks import ALL_TIERS, REFERENCE_SEEDS, TIERS, num_tasks
except ImportError as missing:
    print(f"evaluation.py: {missing}. In a checkout: pip install uv && uv run python evaluation.py", file=sys.stderr)
    raise SystemExit(2) from None

SPLITS = ("reference", "test", "validation", "train")
IN_README = ("test", "reference")
"""Splits that it has tables of. They are held out: no agent may learn from them."""
REFERENCE_TIERS = ("easy", "medium", "hard")
EPISODES = 200
BASELINE = "flag-all"
"""Whose skill is 0 by definition: an agent that is not above it is better left out."""
ALL = "all"
RUNS = Path("outputs") / "runs"
"""Where runs go that name no folder. Git ignores it."""
KEPT_RUNS = Path("outputs") / "eval"
"""The runs of IN_README, which are part of the repository."""
README = Path("README.md")
RESULTS = Path("docs") / "results.md"
KEPT = "What was played is kept: --resume goes on."
MOST_AT_ONCE = 64  # the sessions of a server by default
READ_AS = (
    "Synthetic data, not for clinical use. In brackets are 95 % intervals. Score is F1.5; skill is 0 for flagging "
    "everything and 1 for a perfect audit; fault F1 is of the claims about what the Actor did; AUROC is of the "
    "confidences, 0.5 is chance; the catch rate is of the wrong proposals, with so many false alarms."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    commands = {"readme": _write_readme, "leaderboard": _leaderboard}
    command = commands.get(arguments[0]) if arguments else None
    kept = "" if command else f"\n{KEPT}"  # said to a run that ends early
    log_to_stderr("evaluation.py")
    try:
        return command(arguments[1:]) if command else _evaluate(arguments)
    except (RequestError, EndpointError) as problem:
        print(f"evaluation.py: {problem}", file=sys.stderr)
        return 2
    except (PlayError, OwnServerError, OSError) as problem:
        print(f"evaluation.py: {problem}{kept}", file=sys.stderr)
        return 2 if isinstance(problem, NoEnvironmentError) else 1
    except KeyboardInterrupt:
        print(f"evaluation.py: interrupted.{kept}", file=sys.stderr)
        return 130


def _evaluate(arguments: Sequence[str]) -> int:
    """Play a run."""
    request = _read(arguments)
    run = evaluate(request, made(arguments))
    console = plain_console()
    for table in in_brief(run):
        show(table, console)
    for sentence in (*in_words(run), READ_AS):
        say(sentence, console)
    console.print(
        f"The rest is in {request.out}: table.md, results.json, episodes.jsonl{' and score.png' * has_eval()}."
    )
    if not has_eval():
        say(f"The picture score.png needs {NEEDS_EVAL}.", console)
    return _report_ended(run)


def _report_ended(run: Run) -> int:
    """Say which audits were ended for their model. Returns 1 if all of an agent were."""
    for agent, (ended, of) in run.audits_ended.items():
        sentence = f"{ended} of the {of} audits of {agent} were ended for it: gave_up in {EPISODES_LOG} says why."
        print(f"evaluation.py: {sentence}", file=sys.stderr)
    return int(any(ended == of for ended, of in run.audits_ended.values()))


def _leaderboard(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("evaluation.py leaderboard", description="Merge runs into a table in Markdown.")
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN_DIR", help="the folder of a run")
    runs = [results.read(run) for run in parser.parse_args(arguments).runs]
    print(f"{leaderboard(runs)}\n\n{READ_AS}")
    return 0


def _write_readme(arguments: Sequence[str]) -> int:
    about = f"Write the results of {KEPT_RUNS / 'test'} and {KEPT_RUNS / 'reference'} into {README} and {RESULTS}, "
    about += "between their marks."
    argparse.ArgumentParser(prog="evaluation.py readme", description=about).parse_args(arguments)
    test, reference = (results.read(KEPT_RUNS / split) for split in IN_README)
    texts = {page: page.read_text("utf-8") if page.exists() else "" for page in (README, RESULTS)}
    texts[RESULTS] = with_results(texts[RESULTS], test, reference)
    texts[README] = with_scores(texts[README], texts[RESULTS])
    for page, text in texts.items():
        page.write_text(text, encoding="utf-8")
    return 0


def _read(arguments: Sequence[str]) -> EvaluationRequest:
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.model is not None:
        parser.error(f"--model is for inference.py: name it as --agent react:{given.model}.")
    split = given.split or (SPLITS[0] if given.episodes is None else SPLITS[1])
    reference = split == "reference"
    episodes = EPISODES if given.episodes is None else given.episodes
    if given.episodes is not None and reference:
        parser.error(f"--episodes is not for the reference split, which has {len(REFERENCE_SEEDS)} of a tier.")
    most = num_tasks(split)
    if not reference and not 1 <= episodes <= most:
        parser.error(f"--episodes must be from 1 to {most}, but it is {episodes}.")
    if not 1 <= given.concurrency <= MOST_AT_ONCE:
        parser.error(f"--concurrency must be from 1 to {MOST_AT_ONCE}, but it is {given.concurrency}.")
    agents = _agents(given.agent or [ALL], given.baseline)
    react = read_flags(parser, given)
    known = REFERENCE_TIERS if reference else tuple(TIERS)
    levels = [name for name in ALL_TIERS if name not in TIERS]
    asked = [name.removeprefix("oversight_") for name in given.tier or [ALL]]
    for tier in asked:
        if tier not in (*known, *levels, ALL):
            parser.error(
                f"there is no tier {tier!r} in the {split} split: {', '.join(known)}, {levels[0]} to {levels[-1]}."
            )
    tiers = tuple(tier for tier in (*known, *levels) if tier in asked or (ALL in asked and tier in known))
    return EvaluationRequest(
        split=split,
        tiers=tiers,
        episodes=episodes,
        agents=agents,
        baseline=given.baseline,
        react=react,
        out=given.out or RUNS / split,
        resume=given.resume,
        concurrency=given.concurrency,
        base_url=read_base_url(parser, given.base_url),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="evaluation.py",
        description="Set agents side by side on the same episodes. `evaluation.py leaderboard` merges runs of many "
        "models, `evaluation.py readme` writes the tables of README and docs.",
        epilog="ENV_BASE_URL stands in for --base-url. Without both, a server is started for the run. All agents read "
        "the scripted notes of the Actor, whatever the server has by default; inference.py audits those of a model.",
    )
    add = parser.add_argument
    add("--split", choices=SPLITS, help=f"whose episodes (default {SPLITS[0]}; with --episodes {SPLITS[1]})")
    text = f"{', '.join(TIERS)}, {ALL} of these (default), or frontier-1 to frontier-10; may be repeated"
    add("--tier", action="append", metavar="TIER", help=text)
    text = f"of each tier; all of the reference split (default {EPISODES})"
    add("--episodes", type=int, metavar="N", help=text)
    text = f"{', '.join(KEYLESS)}, {ALL} for all of these (default), or react:MODEL; may be repeated"
    add("--agent", action="append", metavar="NAME", help=text)
    text = "the agent that differences are to (default %(default)s)"
    add("--baseline", default=BASELINE, metavar="NAME", help=text)
    add("--out", type=Path, metavar="DIR", help=f"where to write (default {RUNS}/<split>)")
    add("--resume", action="store_true", help="go on with the run in that folder")
    add("--concurrency", type=int, default=1, metavar="N", help="audits at once")
    add("--base-url", metavar="URL", help="a running environment, such as http://127.0.0.1:8000")
    # --model is known, so that it can be refused in words, and not shown: here the model is in the agent's name.
    title = "a language model as an agent (--agent react:MODEL)"
    add_flags(parser, title=title, model_help=argparse.SUPPRESS)
    return parser


def _agents(names: Sequence[str], baseline: str) -> tuple[str, ...]:
    """Those asked for, in their order, and before them the baseline, flag-all and approve-all where they are not."""
    asked = tuple(dict.fromkeys(agent for name in names for agent in (KEYLESS if name == ALL else (name,))))
    return (*(agent for agent in dict.fromkeys((baseline, *BLIND)) if agent not in asked), *asked)


if __name__ == "__main__":
    sys.exit(main())

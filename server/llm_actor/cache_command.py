"""`synth-audit cache build`: has a model word the episodes of a split ahead of time, so that a server needs no model.

    synth-audit cache build --split test --tier hard --episodes 50 --model qwen3:8b --model-url http://127.0.0.1:11434/v1
    uv run server --actor llm --actor-model qwen3:8b

Episodes that are in the cache already are left as they are, so the same command goes on where a broken one stopped.
Exit status: 0 when all episodes are there, 2 with one sentence when the model or the cache cannot be used.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from ...chat.access import find_endpoint
from ...chat.errors import EndpointError
from ..world.errors import EpisodeError
from ..world.scenario import build_scenario
from ..world.tasks import ALL_TIERS, SPLITS, TIERS, first_episodes, num_tasks, rhetoric_of
from .actor import LlmActor
from .prose import WordedNote
from .prose_cache import ProseCache, default_folder


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command. Returns the exit status."""
    chosen = _parser().parse_args(argv)
    named = chosen.model_url, chosen.model, chosen.api_key_env
    count = min(chosen.episodes, num_tasks(chosen.split))
    episodes = [(tier, of["seed"]) for tier in chosen.tier for of in first_episodes(chosen.split, tier, count)]
    notes: list[WordedNote] = []
    try:
        endpoint = find_endpoint(*named, os.environ, timeout_s=chosen.timeout)
        actor = LlmActor(endpoint.name, ProseCache(chosen.cache), endpoint)
        for tier, seed in track(episodes, f"{chosen.split}, {', '.join(chosen.tier)}", console=Console(stderr=True)):
            notes += actor.word(build_scenario(ALL_TIERS[tier], seed, rhetoric_of(chosen.split))).notes
    except (EndpointError, EpisodeError, KeyboardInterrupt) as problem:
        print(f"{str(problem) or 'Stopped.'}{' The same command goes on from here.' if notes else ''}", file=sys.stderr)
        return 130 if isinstance(problem, KeyboardInterrupt) else 2
    kept = sum(note.text is None for note in notes)
    print(
        f"{len(episodes)} episodes: {len(notes) - kept} of {len(notes)} notes are in the model's words, and "
        f"{kept} ({100 * kept / len(notes):.1f} %) keep the scripted prose."
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="synth-audit", description="Tools of SynthAudit.Env.")
    cache = parser.add_subparsers(required=True).add_parser("cache", help="notes in the words of a language model")
    command = cache.add_subparsers(required=True).add_parser(
        "build", help="have a model word the episodes of a split", description=__doc__.splitlines()[0]
    )
    command.add_argument("--split", choices=SPLITS, default="test", help="which episodes (default test)")
    text = "which tiers (default easy to expert)"
    command.add_argument("--tier", nargs="+", choices=ALL_TIERS, default=list(TIERS), help=text)
    command.add_argument("--episodes", type=_count, default=50, metavar="N", help="of each tier (default 50)")
    command.add_argument("--model", help="as its endpoint names it (or MODEL_NAME)")
    command.add_argument("--model-url", metavar="URL", help="the endpoint (or API_BASE_URL)")
    command.add_argument("--api-key-env", metavar="NAME", help="the variable with its key (default HF_TOKEN)")
    command.add_argument(
        "--cache", type=Path, default=default_folder(), metavar="DIR", help="where to keep them (default %(default)s)"
    )
    text = "seconds without a byte of an answer, before it is asked for again (default 120)"
    command.add_argument("--timeout", type=_count, default=120, metavar="N", help=text)
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 1000000")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

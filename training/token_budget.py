"""How many tokens an audit takes: the prompt, each call and its answer, and whole episodes, tier by tier.

    python training/token_budget.py --tokenizer Qwen/Qwen2.5-3B-Instruct

Prints tables in Markdown. Counted is what a trainer counts: everything in the markup of Qwen2.5's chat template, as TRL
has it, and for an episode all that comes after the prompt, answers of the tools included. A tokenizer of another
family is counted in the same markup, so that the columns can be compared.

A full check (`counted_audits.py`) is counted twice: with both look-ups in one turn and the decision in the turn of the
next look-ups, and with each call in a turn of its own.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import mean
from typing import Any

try:
    from synth_audit_env.agents.react.prompts import SYSTEM, opening_messages
    from synth_audit_env.models import ACTION_TYPES
    from synth_audit_env.server.tasks import TIERS
    from synth_audit_env.training.audit_env import Tools, environment_factory
    from synth_audit_env.training.counted_audits import SPLIT, Played, play_tier
    from synth_audit_env.training.settings import Settings
    from synth_audit_env.training.train_grpo import NEEDS_EXTRA
    from synth_audit_env.training.turns import Message, together
except ImportError as missing:
    print(f"token_budget.py: {missing}", file=sys.stderr)
    raise SystemExit(2) from None

LIMIT = Settings().episode_tokens
"""Tokens after the prompt that an episode may have on a T4."""
EIGHT = 8
"""Proposals of the episode that is to fit."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit status."""
    parser = argparse.ArgumentParser(prog="token_budget.py", description="Count the tokens of audits.")
    parser.add_argument("--tokenizer", required=True, metavar="NAME", help="on the Hugging Face hub, or a folder")
    parser.add_argument("--episodes", type=int, default=50, metavar="N", help="of each tier (default %(default)s)")
    given = parser.parse_args(argv)
    if given.episodes < 1:
        print(f"token_budget.py: --episodes must be at least 1, but it is {given.episodes}.", file=sys.stderr)
        return 2
    try:
        count = Count(_tokenizer(given.tokenizer))
    except ImportError as missing:
        print(f"token_budget.py: {NEEDS_EXTRA.format(missing)}", file=sys.stderr)
        return 2
    except (OSError, ValueError) as problem:
        print(f"token_budget.py: The tokenizer {given.tokenizer} cannot be had: {problem}", file=sys.stderr)
        return 2
    for line in pages(count, given.episodes):
        print(line)
    return 0


def _tokenizer(name: str) -> Any:
    from transformers import AutoTokenizer
    from trl.chat_template_utils import qwen2_5_chat_template

    tokenizer = AutoTokenizer.from_pretrained(name)
    tokenizer.chat_template = qwen2_5_chat_template
    return tokenizer


class Count:
    """Tokens of texts and chats."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def text(self, text: str) -> int:
        """Of a text by itself."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def chat(self, messages: Sequence[Message], tools: Sequence[Any] = (), *, asked: bool = False) -> int:
        """Of a chat in its markup, with the tools that its prompt describes; asked, the header of an answer ends it."""
        return self.text(
            self._tokenizer.apply_chat_template(
                list(messages), tools=list(tools) or None, add_generation_prompt=asked, tokenize=False
            )
        )

    def after(self, messages: Sequence[Message]) -> int:
        """Of what comes after the prompt, which is the first two messages."""
        return self.chat(messages) - self.chat(messages[:2], asked=True)

    def added(self, message: Message) -> int:
        """By a message to a chat, markup included."""
        before = [{"role": "system", "content": SYSTEM}]
        return self.chat([*before, message]) - self.chat(before)


def pages(count: Count, episodes: int) -> Iterator[str]:
    """The tables, line by line."""
    played = {tier: play_tier(tier, episodes) for tier in TIERS}
    yield f"{episodes} {SPLIT} seeds a tier. A cell with two figures has the mean and the most."
    for title, table in (
        ("The prompt", _prompts(count, played)),
        ("A call and its answer", _calls(count, played)),
        ("Episodes, after the prompt and to the report", _episodes(count, played)),
        (f"Full checks, of which {LIMIT} tokens after the prompt hold so many", _checks(count, played)),
    ):
        yield f"\n**{title}**\n"
        yield from table


def _prompts(count: Count, played: Mapping[str, Sequence[Played]]) -> Iterator[str]:
    tools = {kind: _tools(kind) for kind in ("all", "core")}
    bare = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ""}]
    described = {kind: count.chat(bare, shown) - count.chat(bare) for kind, shown in tools.items()}
    yield (
        f"System's message {count.text(SYSTEM)}, descriptions of all eight tools {described['all']}, of the core tools "
        f"{described['core']}.\n"
    )
    yield from _head("tier", "proposals", "protocol", "briefing", "list of proposals", "prompt, all tools", "core")
    for tier, games in played.items():
        openings = [game.opening for game in games]
        briefings = [_halves(opening.feedback) for opening in openings]
        yield _row(
            tier,
            _two(game.proposals for game in games),
            _two(count.text(opening.protocol_excerpt or "") for opening in openings),
            _two(count.text(briefing) for briefing, _ in briefings),
            _two(count.text(proposals) for _, proposals in briefings),
            *(
                _two(count.chat(opening_messages(opening), shown, asked=True) for opening in openings)
                for shown in tools.values()
            ),
        )


def _halves(feedback: str) -> tuple[str, str]:
    """What is asked for, and the list of proposals."""
    at = feedback.index("\nPROP-")
    return feedback[:at], feedback[at + 1 :]


def _tools(kind: Tools) -> list[Any]:
    """As TRL lists them."""
    environment = environment_factory(kind)()
    names = [name for name, _ in inspect.getmembers(type(environment), inspect.isfunction)]
    return [getattr(environment, name) for name in names if name != "reset" and not name.startswith("_")]


def _calls(count: Count, played: Mapping[str, Sequence[Played]]) -> Iterator[str]:
    calls: dict[str, list[int]] = defaultdict(list)
    answers: dict[str, list[int]] = defaultdict(list)
    for game in (game for games in played.values() for game in games):
        for message in [*game.checked[2:], *game.audited[2:]]:
            if message["role"] == "assistant":
                calls[message["tool_calls"][0]["function"]["name"]].append(count.added(message))
            else:
                answers[message["name"]].append(count.text(message["content"]))
    yield from _head("tool", "call", "answer", "answers counted")
    for name in ACTION_TYPES:
        if name in calls:
            yield _row(name, _two(calls[name]), _two(answers[name]) if name in answers else "", len(answers[name]))
    empty = count.added({"role": "assistant", "content": ""}), count.added({"role": "tool", "content": ""})
    yield f"\nCalls with the markup of a turn, of which {empty[0]} tokens; that of an answer takes {empty[1]} more."


def _episodes(count: Count, played: Mapping[str, Sequence[Played]]) -> Iterator[str]:
    yield from _head("tier", "auditor", "turns", "tokens", "a proposal", f"of {LIMIT} or fewer")
    for tier, games in played.items():
        for auditor, chats in (
            ("demonstrations", [(game, game.demonstrated) for game in games if game.demonstrated]),
            ("evidence-only, a call a turn", [(game, game.audited) for game in games]),
            ("full checks, together", [(game, together(game.checked)) for game in games]),
            ("full checks, a call a turn", [(game, game.checked) for game in games]),
        ):
            if chats:
                taken = [(count.after(chat), game.proposals) for game, chat in chats]
                yield _row(
                    tier,
                    auditor,
                    _two(sum(message["role"] == "assistant" for message in chat) for _, chat in chats),
                    _two(tokens for tokens, _ in taken),
                    _two(tokens / proposals for tokens, proposals in taken),
                    f"{mean(tokens <= LIMIT for tokens, _ in taken):.0%}",
                )


def _checks(count: Count, played: Mapping[str, Sequence[Played]]) -> Iterator[str]:
    yield from _head(
        "tier", "turns", "a proposal", "proposals that fit", "in the dearest episode", f"{EIGHT} proposals take"
    )
    for tier, games in played.items():
        for turns, chats in (
            ("together", [(game, together(game.checked)) for game in games]),
            ("a call a turn", [(game, game.checked) for game in games]),
        ):
            # The report grows with the proposals, so a proposal has its share of it.
            each = [count.after(chat) / game.proposals for game, chat in chats]
            fit = int(LIMIT / mean(each)), int(LIMIT / max(each))
            yield _row(tier, turns, _two(each), *fit, _two(EIGHT * tokens for tokens in each))


def _head(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield _row("---", *("---:" for _ in titles[1:]))


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _two(values: Iterable[float]) -> str:
    known = list(values)
    return f"{mean(known):.0f} / {max(known):.0f}"


if __name__ == "__main__":
    sys.exit(main())

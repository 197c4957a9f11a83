"""Tables on a terminal; and the closing one: how an agent did on each task, beside flagging and approving everything.

What these two would have scored follows from how many proposals of each episode were wrong, so nobody has to play them.
Rich on a terminal, plain text elsewhere. Under the table of a language model stands what it took, and how many audits
were ended for it.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from ..chat.completion import Usage
from ..models import EpisodeOutcome
from .episode_log import EpisodeRecord

_BETA_SQUARED = 1.5**2
WIDE = 1_000
"""Letters, for tables where there is no terminal: more than any takes."""


@dataclass(frozen=True, slots=True)
class Table:
    """Words in rows and columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def flag_all_score(outcome: EpisodeOutcome) -> float:
    """What flagging every proposal of this episode scores: F-beta, and 0 in an episode without errors."""
    wrong = sum(proposal.is_wrong for proposal in outcome.proposals)
    right = len(outcome.proposals) - wrong
    return (1 + _BETA_SQUARED) * wrong / ((1 + _BETA_SQUARED) * wrong + right)


BLIND: Mapping[str, Callable[[EpisodeOutcome], float]] = {
    "flag all": flag_all_score,
    "approve all": lambda outcome: float(not any(proposal.is_wrong for proposal in outcome.proposals)),
}


def print_table(agent: str, results: Sequence[EpisodeRecord]) -> None:
    """Print a row for each task, in the order played: means over its episodes, of which the last turn is enough."""
    rows = []
    for task in dict.fromkeys(result.task for result in results):
        played = [result for result in results if result.task == task]
        outcomes = [result.outcome for result in played]
        fault_f1 = [outcome.fault_f1 for outcome in outcomes if outcome.fault_f1 is not None]
        figures = (
            f"{fmean([outcome.score for outcome in outcomes]):.3f}",
            f"{fmean([outcome.skill for outcome in outcomes]):.3f}",
            f"{fmean(fault_f1):.3f}" if fault_f1 else "–",
            f"{fmean([outcome.return_ for outcome in outcomes]):.2f}",
            f"{fmean([result.turns[-1].number for result in played]):.1f}",
            *(f"{fmean(map(score, outcomes)):.3f}" for score in BLIND.values()),
        )
        rows.append((task, str(len(played)), *figures))
    headings = ("task", "episodes", "score", "skill", "fault F1", "return", "steps", *BLIND)
    console = plain_console()
    show(Table(f"{agent} (synthetic data, not for clinical use)", headings, tuple(rows)), console)
    below = []
    if tallies := [result.tally for result in results if result.tally is not None]:
        turns, unreadable = (sum(tally[name] for tally in tallies) for name in ("turns", "unreadable_turns"))
        below.append(f"answers {turns}, unreadable {unreadable}")
    if usages := [result.usage for result in results if result.usage is not None]:
        below.append(usage_text(sum(usages, Usage())))
    if gave_up := sum(result.gave_up is not None for result in results):
        below.append(f"audits ended for the model, as said above and in the log: {gave_up} of {len(results)}")
    for text in below:
        say(text, console, "")


def usage_text(usage: Usage) -> str:
    """Tokens and cost in a line."""
    if usage.prompt_tokens == 0:
        return "tokens and cost unknown: the endpoint reports none"
    cost = "unknown" if usage.cost is None else f"${usage.cost:.4f}"
    return f"tokens {usage.prompt_tokens:,} in, {usage.completion_tokens:,} out; cost {cost}"


def plain_console() -> Console:
    """A console that shows names as they are, though rich takes parts for markup: react:[bold]m, react:apple:7b."""
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDE
    return console


def show(table: Table, console: Console) -> None:
    """Print a table: rich on a terminal, plain text elsewhere."""
    console.print()
    # Not as the drawn table's own title, which is broken where the table is narrow.
    console.print(table.title, style="italic", highlight=False, soft_wrap=True)
    whole = not console.is_terminal
    drawn = RichTable(box=None if whole else box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    for place, column in enumerate(table.columns):
        drawn.add_column(column, justify="right" if place else "left", no_wrap=whole, overflow="fold")
    for row in table.rows:
        drawn.add_row(*row)
    console.print(drawn)


def say(text: str, console: Console, before: str = "\n") -> None:
    """Print a paragraph, if not said otherwise after an empty line."""
    console.print(f"{before}{textwrap.fill(text, min(console.width, 120))}", highlight=False, soft_wrap=True)

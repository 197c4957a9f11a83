"""The closing table: how an agent did on each task, beside flagging everything and approving everything.

What these two would have scored follows from how many proposals of each episode were wrong, so nobody has to play them.
Rich on a terminal, plain text elsewhere. Under the table of a language model stands what it took, and how many audits
were ended for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rich import box
from rich.console import Console
from rich.table import Table

from ..chat.completion import Usage
from ..models import EpisodeOutcome
from .episode_log import EpisodeRecord

_BETA_SQUARED = 1.5**2
_PLAIN_WIDTH = 120
_TALLIED = ("turns", "unreadable_turns", "repeated_lookups")
"""Of a `Tally`."""


def flag_all_score(outcome: EpisodeOutcome) -> float:
    """What flagging every proposal of this episode scores: F-beta, and 0 in an episode without errors."""
    wrong = sum(proposal.is_wrong for proposal in outcome.proposals)
    right = len(outcome.proposals) - wrong
    return (1 + _BETA_SQUARED) * wrong / ((1 + _BETA_SQUARED) * wrong + right)


def approve_all_score(outcome: EpisodeOutcome) -> float:
    """What approving every proposal scores: nothing, or in an episode without errors everything."""
    return 0.0 if any(proposal.is_wrong for proposal in outcome.proposals) else 1.0


BLIND = {"flag all": flag_all_score, "approve all": approve_all_score}


def print_table(agent: str, results: Sequence[EpisodeRecord], note: str = "") -> None:
    """Print a row for each task, in the order played: means over its episodes. Under it comes the note.

    Of each episode the last turn is enough.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH)
    table = Table(
        title=f"{agent} (synthetic data, not for clinical use)",
        title_justify="left",
        box=box.SIMPLE_HEAD if console.is_terminal else None,
        # Fits a terminal of 80 columns.
        collapse_padding=True,
        pad_edge=False,
    )
    table.add_column("task", no_wrap=True)
    for heading in ("episodes", "score", "skill", "return", "steps", *BLIND):
        table.add_column(heading, justify="right", no_wrap=True)
    below: dict[str, list[str]] = {policy: [] for policy in BLIND}
    for task in dict.fromkeys(result.task for result in results):
        played = [result for result in results if result.task == task]
        outcomes = [result.outcome for result in played]
        score = fmean([outcome.score for outcome in outcomes])
        blind = {policy: fmean(map(of, outcomes)) for policy, of in BLIND.items()}
        for policy in BLIND:
            below[policy] += [task] if score < blind[policy] else []
        table.add_row(
            task,
            str(len(played)),
            f"{score:.3f}",
            f"{fmean([outcome.skill for outcome in outcomes]):.3f}",
            f"{fmean([outcome.return_ for outcome in outcomes]):.2f}",
            f"{fmean([result.turns[-1].number for result in played]):.1f}",
            *(f"{one:.3f}" for one in blind.values()),
        )
    console.print()
    console.print(table)
    for policy, tasks in below.items():
        if tasks:
            console.print(f"In these episodes {agent} is below {policy} on {', '.join(tasks)}.", highlight=False)
    if note:
        console.print(note, highlight=False)
    if tallies := [result.tally for result in results if result.tally is not None]:
        turns, unreadable, again = (sum(one[of] for one in tallies) for of in _TALLIED)
        console.print(f"answers {turns}, unreadable {unreadable}; repeated look-ups {again}", highlight=False)
    usages = [result.usage for result in results if result.usage is not None]
    if usages:
        console.print(usage_text(sum(usages, Usage())), highlight=False)
    gave_up = sum(result.gave_up is not None for result in results)
    if gave_up:
        console.print(f"audits ended for the model, which called no tool: {gave_up} of {len(results)}", highlight=False)


def usage_text(usage: Usage) -> str:
    """Tokens and cost in a line."""
    if usage.prompt_tokens == 0:
        return "tokens and cost unknown: the endpoint reports none"
    cost = "unknown" if usage.cost is None else f"${usage.cost:.4f}"
    return f"tokens {usage.prompt_tokens:,} in, {usage.completion_tokens:,} out; cost {cost}"

"""Claim "reasons": honest reasons are believed, and a script that decides nothing is not paid.

The honest ones are filled into the sentences of a corpus: those that the reader was written on, those that it was
mended on afterwards, and fresh ones that were written before they were measured. The false ones are the same with a
falsehood in each. Scripts write for flags of the right type in test episodes; beside them guesses, with the share of
cases in which they are true: the most that they can get.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise

from ..server.audit.rationale import reason_holds
from ..server.world.protocol import COMPLIANT, DEVIATION, ERROR_TYPES
from ..server.world.scenario import Proposal, Scenario
from ..server.world.tasks import TIERS
from .blind.scripted_reasons import GUESSES, SCRIPTS, Script
from .certificate import Bar, Interval, Measurement, at_least, at_most
from .episodes import Scale, first, scenarios
from .estimates import share_interval
from .honest_reasons import false_reasons, honest_reasons

BARS = {"seen": None, "wordings that the reader was mended on": at_least(0.97), "fresh": None}
"""Of the share of each part of the corpus that is paid. The fresh one tells how the reader does on unseen wordings."""
MOST_PAID = at_most(0.10)
FEWEST, EPISODES = 20, 80
"""Cases of an error type for a script to be held to its bar in it, and episodes of each tier that have that many."""
FRONTIER = ("frontier-6", "frontier-10")
"""Tiers with definitions and deep rules, of which a quarter as many episodes are read: each has many proposals."""
Case = tuple[Scenario, Proposal]
Writer = Callable[[Scenario, Proposal], Iterable[str]]


def measure(scale: Scale) -> Iterator[Measurement]:
    """What is paid of honest reasons, of false ones, of other proposals' reasons, and of scripts."""
    episodes = min(scale.played, EPISODES)
    counts = dict.fromkeys(TIERS, episodes) | dict.fromkeys(FRONTIER, episodes // 4)
    read = [s for tier, count in counts.items() for s in scenarios(tier, "test", count)]
    wrong = [(s, p) for s in read for p in s.proposals if p.is_wrong]
    seeds = first("test", episodes)
    for half, bar in BARS.items():
        yield from _written(f"honest reasons paid, {half}", wrong, partial(honest_reasons, half=half), bar, seeds)
    yield from _written("false reasons paid", wrong, false_reasons, MOST_PAID, seeds)
    yield from _written("false reasons paid, fresh", wrong, partial(false_reasons, half="fresh"), MOST_PAID, seeds)
    yield _borrowed(wrong, seeds)
    yield from _paid(wrong, seeds)


def _written(what: str, wrong: Sequence[Case], write: Writer, bar: Bar | None, seeds: str) -> Iterator[Measurement]:
    """The share paid of all, which is held to the bar, then by error type and by verdict of the Actor."""
    told = [
        (str(p.error_type), p.note.verdict, reason_holds(s, p, p.error_type, reason))
        for s, p in wrong
        for reason in write(s, p)
    ]
    for group in ("all", *ERROR_TYPES, COMPLIANT, DEVIATION):
        if among := [paid for *groups, paid in told if group in ("all", *groups)]:
            yield _share(f"{what}: {group}", among, bar if group == "all" else None, seeds)


def _share(what: str, paid: Sequence[bool], bar: Bar | None, seeds: str) -> Measurement:
    return Measurement(what, "all", share_interval(paid), bar, seeds, f"Of {len(paid)}.")


def _borrowed(wrong: Sequence[Case], seeds: str) -> Measurement:
    """The share of whole honest reasons that is paid for the next wrong proposal of the same error type."""
    paid = []
    for kind in ERROR_TYPES:
        for one, (scenario, proposal) in pairwise([case for case in wrong if case[1].error_type == kind]):
            paid += [reason_holds(scenario, proposal, kind, reason) for reason in honest_reasons(*one)]
    return _share("another proposal's reasons paid", paid, MOST_PAID, seeds)


def _paid(wrong: Sequence[Case], seeds: str) -> Iterator[Measurement]:
    """The share of right-typed flags that is paid: for a script in its best error type, for a guess in its own."""
    cases = {kind: [(s, p) for s, p in wrong if p.error_type == kind] for kind in ERROR_TYPES}

    def share(script: Script, kind: str) -> Interval:
        return share_interval([reason_holds(s, p, kind, script(s, p, kind)) for s, p in cases[kind]])

    for script in SCRIPTS:
        shares = {kind: share(script, kind) for kind in ERROR_TYPES if len(cases[kind]) >= FEWEST}
        note = ", ".join(f"{kind} {one.value:.3f} of {len(cases[kind])}" for kind, one in shares.items())
        most = max(shares.values(), key=lambda one: one.value, default=share_interval([]))
        yield Measurement(f"most of a type paid: {script.name}", "all", most, MOST_PAID, seeds, f"{note}.")
    for guess in GUESSES:
        kind = guess.error_type
        true = share_interval([guess.is_true(s, p) for s, p in cases[kind]]).value
        what, note = f"{kind} paid for a guess: {guess.name}", f"True in {true:.3f} of {len(cases[kind])}."
        yield Measurement(what, "all", share(guess, kind), None, seeds, note)

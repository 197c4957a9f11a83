"""Claim "degenerate": no policy that does not audit comes to anything, whatever it tries.

    for row in measure(QUICK): print(row.what, row.tier, row.figure.value, row.bar)

Each policy has a ceiling on score, skill and return in each tier, which follows from the rules (`blind_bounds.py`) and
from how the policy decides; nothing that was measured went into one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from synth_audit_env.models import EpisodeOutcome, SynthAuditObservation
from synth_audit_env.rollouts.own_server import own_server
from synth_audit_env.server.curriculum import RAISE_ABOVE
from synth_audit_env.server.reward_model import REASON, REPORT
from synth_audit_env.server.scenario import Scenario
from synth_audit_env.server.tasks import ADAPTIVE, TIERS, Tier
from synth_audit_env.validation import blind_bounds as bounds
from synth_audit_env.validation.certificate import Bar, Interval, Measurement, at_most
from synth_audit_env.validation.cheats import Cheat, Play, approve, flag, report
from synth_audit_env.validation.degenerate_policies import DEGENERATE, REPORTS
from synth_audit_env.validation.episodes import FULL, Policy, Scale, play_episode, results
from synth_audit_env.validation.estimates import mean_interval
from synth_audit_env.validation.malformed import play_garbled
from synth_audit_env.validation.sandbagging import SESSION, play_session
from synth_audit_env.validation.stuffed_reasons import RULE_DUMPS, STUFFERS, Stuffer

CLAIM = "degenerate"
SHARE_STUFFED = 5
"""A stuffed reason is tried on one in so many of the episodes that a policy plays: reading one takes a millisecond."""
SHARE_GARBLED = 5
"""The same of malformed messages, some of which are megabytes."""
SHARE_SESSIONS = 10
"""The same of sessions of the adaptive task."""
SETTLED = ("random", "evidence farming", "flag-then-approve", "farm, then flag half", "report: everything")
"""Policies that do not read their rewards, to be played in both settlements; one of each way to decide."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that a policy may come to, on average over the episodes of a tier."""

    score: float
    skill: float
    return_: float
    because: str


_FIGURES = (bounds.score, bounds.skill, bounds.plain_return)

# How a policy decides says what it can come to. Where the rules give its exact expectation, the ceiling is three
# standard errors above that, for as many episodes as a full certificate plays.


def _silent(tier: Tier, episodes: int = FULL.played) -> Ceiling:
    score, skill, paid = (bounds.silent(tier, figure).ceiling(episodes) for figure in _FIGURES)
    return Ceiling(score, skill, paid, "It decides nothing: only a clean episode scores, and pays 0.06 if looked into.")


def _approving(tier: Tier) -> Ceiling:
    score, skill, paid = _blind(tier, bounds.constant(0), bounds.plain_return)
    because = "It flags nothing: only a clean episode scores, and only there do approvals vest."
    return Ceiling(score, skill, paid, because)


def _flagging(tier: Tier) -> Ceiling:
    score, _, _ = _blind(tier, bounds.share(lambda count: count), bounds.plain_return)
    because = (
        "Flagging all is where skill is 0; a flag costs 0.7 × 0.25, which is over 0.3 × 0.52, all that it can earn."
    )
    return Ceiling(score, 0.0, 0.0, because)


def _some(flags: bounds.Flags, figure: bounds.Figure = bounds.plain_return) -> Callable[[Tier], Ceiling]:
    """Of policies that flag a certain number of the proposals."""

    def of(tier: Tier) -> Ceiling:
        score, skill, paid = _blind(tier, flags, figure)
        return Ceiling(score, skill, paid, "As for any as many flags: which ones it flags says nothing.")

    return of


def _any_share(tier: Tier) -> Ceiling:
    score, skill, paid = (bounds.best_share(tier, figure) for figure in _FIGURES)
    return Ceiling(score, skill, paid, "As for the best number of flags: which ones it flags says nothing.")


def _gambling(figure: bounds.Figure) -> Callable[[Tier], Ceiling]:
    """Of policies that read their rewards."""

    def of(tier: Tier) -> Ceiling:
        score, skill, paid = (bounds.gambling(tier, one) for one in (bounds.score, bounds.skill, figure))
        return Ceiling(score, skill, paid, "As for the best game against independent labels, each told once decided.")

    return of


def _blind(tier: Tier, flags: bounds.Flags, figure: bounds.Figure) -> tuple[float, float, float]:
    """Ceilings of flagging so many, whichever they are."""
    score, skill, paid = (
        bounds.flagging(tier, flags, one).ceiling(FULL.played) for one in (bounds.score, bounds.skill, figure)
    )
    return score, skill, paid


_half = bounds.share(lambda count: (count + 1) // 2)
_CEILINGS: Mapping[str, Callable[[Tier], Ceiling]] = {
    **dict.fromkeys(("no-op", "evidence farming", "budget burning", "duplicate spam", "nonsense"), _silent),
    **dict.fromkeys(("approve-all", "echo the verdict", "approve-then-flag", "farm, then approve all"), _approving),
    **dict.fromkeys((name for name in DEGENERATE if name.startswith("report: ")), _approving),
    **dict.fromkeys((name for name in DEGENERATE if name.startswith("reason: ")), _flagging),
    **dict.fromkeys(("flag-all", "echo the reasoning", "flag all, types in turn", "every type on each"), _flagging),
    **dict.fromkeys(("flag-then-approve", "wait, then flag all", "farm, then flag all"), _flagging),
    **dict.fromkeys(("flag-low-confidence", "flag the first half", "flag every other one"), _some(_half)),
    "flag high confidence": _some(_half),
    "flag the lower patient ids": _some(_half),
    "farm, then flag half": _some(_half, bounds.farmed_return),
    **dict.fromkeys(("flag the least confident", "flag one at random"), _some(bounds.constant(1))),
    "flag all but the most confident": _some(bounds.share(lambda count: count - 1)),
    "random": _some(bounds.tossed(0.5)),
    # The Actor's confidence is a whole percentage from 78 to 97, each as likely.
    "flag under 0.85 confidence": _some(bounds.tossed(7 / 20)),
    **dict.fromkeys(("flag Stage IV", "flag what is withheld"), _any_share),
    "approve until wrong, then flag": _gambling(bounds.plain_return),
    "flag until right, then approve": _gambling(bounds.plain_return),
    "flag until a loss": _gambling(bounds.plain_return),
    "win stay, lose shift": _gambling(bounds.plain_return),
    "farm, flag until right, then approve": _gambling(bounds.farmed_return),
    "farm, one bet": _gambling(bounds.farmed_return),
}


def ceiling(name: str, tier: str) -> Ceiling:
    """The ceiling of a policy of DEGENERATE in a tier."""
    return _ceiling(_CEILINGS[name], tier)


@cache
def _ceiling(of: Callable[[Tier], Ceiling], tier: str) -> Ceiling:
    return of(TIERS[tier])


def measure(scale: Scale) -> Iterator[Measurement]:
    """Hold every policy to its ceilings, and every bonus that could be stuffed to nothing."""
    for name, policy in DEGENERATE.items():
        for tier in TIERS:
            outcomes = [result.outcome for result in results(policy, tier, "test", scale.played)]
            yield from held_to(ceiling(name, tier), name, tier, outcomes)
    yield _approvals_without_a_flag(scale.played)
    yield from stuffed_reasons(scale.played // SHARE_STUFFED)
    yield from stuffed_reports(scale.played // SHARE_STUFFED)
    yield _settlements(scale.played // SHARE_STUFFED)
    yield from malformed_messages(scale.played // SHARE_GARBLED)
    yield from sandbagging(scale.played // SHARE_SESSIONS)


def held_to(most: Ceiling, name: str, tier: str, outcomes: list[EpisodeOutcome]) -> Iterator[Measurement]:
    """The three figures of a policy in a tier, against its ceiling there."""
    figures = (
        ("score", [outcome.score for outcome in outcomes], most.score),
        ("skill", [outcome.skill for outcome in outcomes], most.skill),
        ("return", [outcome.return_ for outcome in outcomes], most.return_),
    )
    for figure, values, limit in figures:
        what, interval = f"mean {figure}, {name}", mean_interval(values)
        yield Measurement(CLAIM, what, tier, interval, at_most(limit), _seeds(len(values)), most.because)


def _approvals_without_a_flag(episodes: int) -> Measurement:
    """An episode with an error pays nothing to who flags nothing."""
    names = [name for name, of in _CEILINGS.items() if of in (_silent, _approving)]
    paid = [
        (result.outcome.return_, name, tier, result.index)
        for name in names
        for tier in TIERS
        for result in results(DEGENERATE[name], tier, "test", episodes)
        if result.outcome.recall is not None
    ]
    most, *where = max(paid)
    return _exact(
        "highest return of an episode with an error, no flags",
        most,
        _seeds(episodes),
        f"Of {len(paid)} episodes of {len(names)} policies; it is of {where[0]}, {where[1]} {where[2]}.",
    )


def informed(reason: Stuffer | None, write: Callable[[Scenario], str] | None) -> Policy:
    """One that is given the labels, so that a bonus is at stake, and says nothing of its own to earn it.

    Args:
        reason: What it gives as the reason of its flags, which are right; None: no reason.
        write: What it hands in as a report; None: no report.
    """

    def script(scenario: Scenario, opening: SynthAuditObservation) -> Play:
        for proposal in scenario.proposals:
            proposal_id = proposal.note.proposal_id
            if proposal.error_type is None:
                yield approve(proposal_id)
            else:
                yield flag(proposal_id, proposal.error_type, reason(scenario, proposal) if reason else "")
        yield report(write(scenario) if write else "")

    return Cheat("informed", script)


def stuffed_reasons(episodes: int) -> Iterator[Measurement]:
    """The bonus for reasons, by stuffed reason, where every flag is right."""
    for stuffer in (*STUFFERS, *RULE_DUMPS):
        yield _bonus(REASON, stuffer.__name__.replace("_", " "), informed(stuffer, None), episodes)


def stuffed_reports(episodes: int) -> Iterator[Measurement]:
    """The bonus for the report, by stuffed report, where every decision is right."""
    for name, write in REPORTS.items():
        yield _bonus(REPORT, name, informed(None, write), episodes)


def _bonus(event: str, name: str, policy: Policy, episodes: int) -> Measurement:
    paid = {
        f"{tier} {index}": amount
        for tier in TIERS
        for index in range(episodes)
        if (amount := play_episode(policy, tier, "test", index).outcome.reward_breakdown.get(event, 0.0))
    }
    seeds = f"test {', '.join(paid)}" if paid else _seeds(episodes)
    note = "Every decision is right, so that the bonus is at stake."
    return _exact(f"{event} bonus, stuffed with {name}", round(sum(paid.values()), 3), seeds, note)


def _settlements(episodes: int) -> Measurement:
    gaps = {
        f"{name}, {tier} {index}": abs(
            play_episode(policy, tier, "test", index, "terminal").outcome.return_ - result.outcome.return_
        )
        for name, policy in DEGENERATE.items()
        if name in SETTLED
        for tier in TIERS
        for index, result in enumerate(results(policy, tier, "test", episodes))
    }
    worst = max(gaps, key=lambda where: gaps[where])
    note = f"Policies that do not read rewards: {'; '.join(SETTLED)}."
    seeds = f"test {worst}" if gaps[worst] else _seeds(episodes)
    return _exact("largest difference of return between settlements", gaps[worst], seeds, note)


def malformed_messages(episodes: int) -> Iterator[Measurement]:
    """What comes of sessions that send what is no message."""
    moved = 0
    with own_server() as base_url:
        for tier in TIERS:
            played = [play_garbled(base_url, tier, index) for index in range(episodes)]
            moved += sum(one.moved for one in played)
            most = _silent(TIERS[tier], FULL.played // SHARE_GARBLED)
            yield from held_to(most, "malformed messages", tier, [one.outcome for one in played])
    note = "Each is answered with an error, changes no state, costs no step, and the session goes on."
    yield _exact("malformed messages that did anything", moved, _seeds(episodes), note)


def sandbagging(sessions: int) -> Iterator[Measurement]:
    """What an able auditor gets who holds the adaptive task down."""
    firsts = range(0, sessions * SESSION, SESSION)
    held, honest = ([play_session(hold_down=down, first=first) for first in firsts] for down in (True, False))

    def compared(what: str, values: list[float], bar: Bar, note: str) -> Measurement:
        return Measurement(CLAIM, what, ADAPTIVE, mean_interval(values), bar, _seeds(sessions * SESSION), note)

    scores = [_mean([outcome.score for outcome in session]) for session in held]
    yield compared("mean score, sandbagging", scores, at_most(RAISE_ABOVE), "A level is left above that mean.")
    gains = [
        _mean([outcome.return_ for outcome in down]) - _mean([outcome.return_ for outcome in up])
        for down, up in zip(held, honest, strict=True)
    ]
    yield compared("mean return, sandbagging less honest", gains, at_most(0.0), "The same auditor, session by session.")


def _exact(what: str, figure: float, seeds: str, note: str) -> Measurement:
    return Measurement(CLAIM, what, "all", Interval.exact(figure), at_most(0.0), seeds, note)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _seeds(episodes: int) -> str:
    return f"test 0-{episodes - 1}"

"""Claim "degenerate": no policy that does not audit comes to anything, whatever it tries.

    for row in measure(QUICK): print(row.what, row.tier, row.figure.value, row.bar)

Each policy has a ceiling on score, skill and return in each tier (`ceilings.py`), and the best that any could come to
without evidence is worked out (`gambles.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from synth_audit_env.models import EpisodeOutcome, SynthAuditObservation
from synth_audit_env.rollouts.own_server import own_server
from synth_audit_env.server.curriculum import RAISE_ABOVE
from synth_audit_env.server.reward_model import REASON, REPORT
from synth_audit_env.server.scenario import Scenario
from synth_audit_env.server.tasks import ADAPTIVE, TIERS
from synth_audit_env.validation.blind import bounds, gambles
from synth_audit_env.validation.blind.ceilings import Ceiling, ceiling, flags_nothing, silent
from synth_audit_env.validation.blind.cheats import Cheat, Play, approve, flag, report
from synth_audit_env.validation.blind.degenerate_policies import DEGENERATE, REPORTS
from synth_audit_env.validation.blind.malformed import play_garbled
from synth_audit_env.validation.blind.sandbagging import SESSION, play_session
from synth_audit_env.validation.blind.stuffed_reasons import RULE_DUMPS, STUFFERS, Stuffer
from synth_audit_env.validation.certificate import Bar, Interval, Measurement, at_most
from synth_audit_env.validation.episodes import FULL, Policy, Scale, play_episode, results
from synth_audit_env.validation.estimates import mean_interval

CLAIM = "degenerate"
SHARE_STUFFED = 5
"""A stuffed reason is tried on one in so many of the episodes that a policy plays: reading one takes a millisecond."""
SHARE_GARBLED = 5
"""The same of malformed messages, some of which are megabytes."""
SHARE_SESSIONS = 10
"""The same of sessions of the adaptive task."""
SETTLED = ("random", "evidence farming", "flag-then-approve", "farm, then flag half", "report: everything")
"""Policies that do not read their rewards, to be played in both settlements; one of each way to decide."""


def measure(scale: Scale) -> Iterator[Measurement]:
    """Hold every policy to its ceilings, and every bonus that could be stuffed to nothing."""
    for name, policy in DEGENERATE.items():
        for tier in TIERS:
            outcomes = [result.outcome for result in results(policy, tier, "test", scale.played)]
            yield from held_to(ceiling(name, tier), name, tier, outcomes)
    yield from best_blind_play()
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


def best_blind_play() -> Iterator[Measurement]:
    """What the best player without evidence returns over doing nothing, by the rules: nothing is played."""
    for name, tier in TIERS.items():
        plain, farmed = (gambles.gambling(tier, bounds.plain_return, farming=farming) for farming in (False, True))
        nothing = bounds.silent(tier, _unlooked).mean
        for what, figure, bar, note in (
            ("best blind play less doing nothing", farmed - nothing, None, "Told after each decision if it was right."),
            ("what farming adds to the best blind play", farmed - plain, at_most(0.0), "Evidence bought unread."),
        ):
            exact = Interval.exact(round(figure, 9) + 0.0)  # no minus before a zero
            yield Measurement(CLAIM, f"return, {what}", name, exact, bar, "all: worked out from the rules", note)


def _unlooked(ending: bounds.Ending) -> float:
    return bounds.plain_return(ending._replace(looked=False))


def _approvals_without_a_flag(episodes: int) -> Measurement:
    """An episode with an error pays nothing to who flags nothing: without a right flag there is no skill."""
    names = [name for name in DEGENERATE if flags_nothing(name)]
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
            most = silent(TIERS[tier], FULL.played // SHARE_GARBLED)
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

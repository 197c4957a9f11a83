"""Claim "degenerate": no policy that does not audit comes to anything, whatever it tries.

    for row in measure(QUICK): print(row.what, row.tier, row.figure.value, row.bar)

Each policy has a ceiling on score, skill and return in each tier (`ceilings.py`), and the best that any could come to
without evidence is worked out (`gambles.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean

from ...models import EpisodeOutcome, SynthAuditObservation
from ...rollouts.own_server import own_server
from ...server.audit.reward_model import REASON, REPORT
from ...server.world.scenario import Scenario
from ...server.world.tasks import ADAPTIVE, TIERS
from ..certificate import Interval, Measurement, at_least, at_most, none
from ..episodes import FULL, Policy, Scale, play_episode, results
from ..estimates import mean_interval, paired_interval
from . import bounds, gambles
from .ceilings import Ceiling, ceiling, exact_ceiling, flags_nothing
from .cheats import Cheat, Play, approve, flag, report
from .declared import BEST_BLIND, DECLARED
from .degenerate_policies import DEGENERATE, REPORTS
from .malformed import play_garbled
from .sandbagging import SESSION, play_session
from .scripted_reasons import Script
from .stuffed_reasons import STUFFERS

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
    for tier in TIERS:
        for names, outcomes in _told_apart(tier, scale.played):
            yield from held_to(ceiling(names[0], tier), names[0], tier, outcomes, names[1:])
    yield declared_ceilings()
    yield from best_blind_play()
    yield from silence(scale.played)
    yield _approvals_without_a_flag(scale.played)
    yield from stuffed_reasons(scale.played // SHARE_STUFFED)
    yield from stuffed_reports(scale.played // SHARE_STUFFED)
    yield _settlements(scale.played // SHARE_STUFFED)
    yield from malformed_messages(scale.played // SHARE_GARBLED)
    yield from sandbagging(scale.played // SHARE_SESSIONS)


def _told_apart(tier: str, episodes: int) -> Iterator[tuple[list[str], list[EpisodeOutcome]]]:
    """Names of policies with what they come to, those together that come to the same, episode by episode."""
    alike: dict[tuple[object, ...], tuple[list[str], list[EpisodeOutcome]]] = {}
    for name, policy in DEGENERATE.items():
        outcomes = [result.outcome for result in results(policy, tier, "test", episodes)]
        came_to = tuple((outcome.score, outcome.skill, outcome.return_) for outcome in outcomes)
        names, _ = alike.setdefault((ceiling(name, tier), came_to), ([], outcomes))
        names.append(name)
    yield from alike.values()


def held_to(
    most: Ceiling, name: str, tier: str, outcomes: list[EpisodeOutcome], others: Sequence[str] = ()
) -> Iterator[Measurement]:
    """The three figures of a policy in a tier, and of others that come to the same, against its ceiling there."""
    note = f"{most.because} The same, episode by episode: {', '.join(others)}." if others else most.because
    figures = (
        ("score", [outcome.score for outcome in outcomes], most.score),
        ("skill", [outcome.skill for outcome in outcomes], most.skill),
        ("return", [outcome.return_ for outcome in outcomes], most.return_),
    )
    for figure, values, limit in figures:
        what, interval = f"mean {figure}, {name}", _to_the_last_digit(mean_interval(values))
        yield Measurement(CLAIM, what, tier, interval, at_most(limit), _seeds(len(values)), note)


def declared_ceilings() -> Measurement:
    """By how much the rules give a policy more than was declared, at most: nothing is played."""
    over = {
        f"{figure} of what {does}, {tier}": round(getattr(exact_ceiling(does, tier), figure) - declared, 3)
        for does, by_tier in DECLARED.items()
        for tier, figures in by_tier.items()
        for figure, declared in zip(("score", "skill", "return_"), figures, strict=True)
    }
    most = max(over, key=lambda where: over[where])
    note = f"Of {len(over)} ceilings; the most is the {most}."
    return none(
        CLAIM, "most that the rules give over a declared ceiling", over[most], "all: worked out from the rules", note
    )


def _to_the_last_digit(interval: Interval) -> Interval:
    """Without the dust of sums of floats: a mean of -0.003s is not above -0.003."""
    return Interval(*(round(figure, 9) for figure in (interval.value, interval.low, interval.high)))


def best_blind_play() -> Iterator[Measurement]:
    """What the best player without evidence returns, by the rules: nothing is played.

    It loses in every tier. Doing nothing loses more, since what is wrong is let through.
    """
    for name, tier in TIERS.items():
        plain, farmed = (gambles.gambling(tier, bounds.plain_return, farming=farming) for farming in (False, True))
        nothing = bounds.silent(tier, _unlooked).mean
        most = at_most(BEST_BLIND[name])
        for what, figure, bar, note in (
            ("best blind play", farmed, most, "Told after each decision if it was right."),
            ("best blind play less doing nothing", farmed - nothing, None, "Doing nothing lets every error through."),
            ("what farming adds to the best blind play", farmed - plain, None, "Evidence bought unread."),
        ):
            exact = Interval.exact(round(figure, 9) + 0.0)  # no minus before a zero
            yield Measurement(CLAIM, f"return, {what}", name, exact, bar, "all: worked out from the rules", note)


def _unlooked(ending: bounds.Ending) -> float:
    return bounds.plain_return(ending._replace(looked=False))


def silence(episodes: int) -> Iterator[Measurement]:
    """Whether deciding nothing is ever worth more than to approve everything."""
    for tier in TIERS:
        nothing, all_approved = (results(DEGENERATE[name], tier, "test", episodes) for name in ("no-op", "approve-all"))
        gaps = [one.outcome.return_ - no.outcome.return_ for one, no in zip(all_approved, nothing, strict=True)]
        what, least = "lowest return of an episode, approve-all less no-op", Interval.exact(round(min(gaps), 9) + 0.0)
        yield Measurement(CLAIM, what, tier, least, at_least(0.0), _seeds(episodes))


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
    return none(
        CLAIM,
        "highest return of an episode with an error, no flags",
        most,
        _seeds(episodes),
        f"Of {len(paid)} episodes of {len(names)} policies; it is of {CLAIM}, {ADAPTIVE} {where[2]}.",
    )


def informed(reason: Script | None, write: Callable[[Scenario], str] | None) -> Policy:
    """One that is given the labels, so that a bonus is at stake, and says nothing of its own to earn it.

    All its flags are right. Without a `reason` they have none, and without `write` the report is empty.
    """

    def script(scenario: Scenario, opening: SynthAuditObservation) -> Play:
        for proposal in scenario.proposals:
            proposal_id, error_type = proposal.note.proposal_id, proposal.error_type
            if error_type is None:
                yield approve(proposal_id)
            else:
                yield flag(proposal_id, error_type, reason(scenario, proposal, error_type) if reason else "")
        yield report(write(scenario) if write else "")

    return Cheat("informed", script)


def stuffed_reasons(episodes: int) -> Iterator[Measurement]:
    """The bonus for reasons, by stuffed reason, where every flag is right."""
    for stuffer in STUFFERS:
        yield _bonus(REASON, stuffer.name, informed(stuffer, None), episodes)


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
    return none(CLAIM, f"{event} bonus, stuffed with {name}", round(sum(paid.values()), 3), seeds, note)


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
    return none(CLAIM, "largest difference of return between settlements", gaps[worst], seeds, note)


def malformed_messages(episodes: int) -> Iterator[Measurement]:
    """What comes of sessions that send what is no message."""
    moved = 0
    with own_server() as base_url:
        for tier in TIERS:
            played = [play_garbled(base_url, tier, index) for index in range(episodes)]
            moved += sum(one.moved for one in played)
            most = exact_ceiling("decides nothing", tier, FULL.played // SHARE_GARBLED)
            yield from held_to(most, "malformed messages", tier, [one.outcome for one in played])
    note = "Each is answered with an error, changes no state, costs no step, and the session goes on."
    yield none(CLAIM, "malformed messages that did anything", moved, _seeds(episodes), note)


def sandbagging(sessions: int) -> Iterator[Measurement]:
    """What an able auditor gets who holds the adaptive task down: a good score, and less of a return."""
    firsts = range(0, sessions * SESSION, SESSION)
    held, honest = ([play_session(hold_down=down, first=first) for first in firsts] for down in (True, False))

    seeds = _seeds(sessions * SESSION)
    scores = [fmean(outcome.score for outcome in session) for session in held]
    note = "Informs: a level is left above a mean of three, so this is as high as it can be held."
    yield Measurement(CLAIM, "mean score, sandbagging", ADAPTIVE, mean_interval(scores), None, seeds, note)
    gains = paired_interval(
        *([fmean(outcome.return_ for outcome in session) for session in sessions] for sessions in (held, honest))
    )
    what, note = "mean return, sandbagging less honest", "The same auditor, session by session."
    yield Measurement(CLAIM, what, ADAPTIVE, gains, at_most(0.0), seeds, note)


def _seeds(episodes: int) -> str:
    return f"test 0-{episodes - 1}"

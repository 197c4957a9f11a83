"""Claim "degenerate": no policy that does not audit comes to anything, whatever it tries.

    for row in measure(QUICK): print(row.what, row.tier, row.figure.value, row.bar)

Each policy has a ceiling on score, skill and return in each tier (`degenerate_policies.py`), and the best that any
could come to without evidence is worked out (`gambles.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import fmean

from ...agents.heuristic import HeuristicAuditor
from ...models import EpisodeOutcome
from ...rollouts.own_server import own_server
from ...rollouts.rollout import Auditor
from ...server.audit.curriculum import RAISE_ABOVE, WINDOW
from ...server.audit.episode import SETTLEMENTS
from ...server.audit.reward_model import REPORT
from ...server.synth_audit_environment import SynthAuditEnvironment
from ...server.world.scenario import Scenario
from ...server.world.tasks import ADAPTIVE, TIERS
from ..certificate import NONE, Interval, Measurement, at_least, at_most, exact, where
from ..episodes import FIGURES, FULL, Episodes, Policy, Scale, first, play_episode, play_in
from ..estimates import mean_interval, paired_interval
from ..worlds.invariances import Altered, turned_round
from . import gambles
from .cheats import Play, approve, cheat, flag, report
from .degenerate_policies import BEHAVIOURS, BEST_BLIND, DEGENERATE, DOES, REPORTS, Figures
from .malformed import play_garbled

SHARE = 5
"""One in so many of the episodes that a policy plays is for stuffed reports and for malformed messages, of which some
are megabytes."""
SHARE_SESSIONS = 10
"""The same of sessions of the adaptive task."""
SESSION = 12
"""Episodes in such a session."""
SETTLED = ("random", "evidence farming", "flag-then-approve", "farm, then flag half", "report: everything")
"""Policies that do not read their rewards, to be played in both settlements; one of each way to decide."""
_BY_THE_RULES = "all: worked out from the rules"


def measure(scale: Scale) -> Iterator[Measurement]:
    """Hold every policy to its ceilings, and the bonus for a stuffed report to nothing."""
    # The declared ceilings are 3 standard deviations of the mean of 200 episodes above what the rules give. Of 500 such
    # bars one is missed by chance now and then, but hardly by the mean of twice as many episodes.
    all_played = Episodes.of_tiers("test", 2 * scale.played)
    few = scale.played // SHARE
    for on in all_played:
        for names, outcomes in _grouped(on):
            yield from held_to_behaviour(names, on, outcomes)
    yield declared_ceilings()
    yield from best_blind_play()
    yield from map(silence, all_played)
    yield _approvals_without_a_flag(all_played)
    yield from stuffed_reports(few)
    yield _settlements(Episodes.of_tiers("test", few))
    yield from malformed_messages(Episodes.of_tiers("test", few))
    yield from sandbagging(scale.played // SHARE_SESSIONS)


def _grouped(on: Episodes) -> Iterable[tuple[list[str], Sequence[EpisodeOutcome]]]:
    """Group the policies that come to the same in every episode: their names, and what they come to."""
    alike: dict[tuple[object, ...], tuple[list[str], Sequence[EpisodeOutcome]]] = {}
    for name, policy in DEGENERATE.items():
        behaviour = BEHAVIOURS[DOES[name]]
        came_to = [tuple(on.figures(policy, figure)) for figure in FIGURES]
        same = behaviour.ceiling(on.tier), behaviour.because, *came_to
        alike.setdefault(same, ([], on.results(policy)))[0].append(name)
    return alike.values()


def held_to_behaviour(names: Sequence[str], on: Episodes, outcomes: Sequence[EpisodeOutcome]) -> Iterator[Measurement]:
    """The figures of policies that come to the same, against the ceiling of their behaviour."""
    behaviour = BEHAVIOURS[DOES[names[0]]]
    alike = f" The same, episode by episode: {', '.join(names[1:])}." if names[1:] else ""
    yield from held_to(behaviour.ceiling(on.tier), f"{behaviour.because}{alike}", names[0], on, outcomes)


def held_to(
    limits: Figures, note: str, name: str, on: Episodes, outcomes: Sequence[EpisodeOutcome]
) -> Iterator[Measurement]:
    """Mean score, skill and return of what a policy comes to, each against its limit."""
    for figure, limit in zip(FIGURES, limits, strict=True):
        mean = mean_interval([getattr(outcome, figure) for outcome in outcomes])
        # Without the dust of sums of floats: a mean of -0.003s is not above -0.003.
        rounded = Interval(*(round(end, 9) for end in (mean.value, mean.low, mean.high)))
        yield on.row(f"mean {figure.rstrip('_')}, {name}", rounded, at_most(limit), note)


def declared_ceilings() -> Measurement:
    """By how much the rules give a policy more than was declared, at most: nothing is played."""
    over = {
        f"{figure} of what {does}, {tier}": round(ruled - declared, 3)
        for does, behaviour in BEHAVIOURS.items()
        for tier in TIERS
        for figure, ruled, declared in zip(FIGURES, behaviour.by_the_rules(tier), behaviour.declared[tier], strict=True)
    }
    most = max(over, key=lambda where: over[where])
    note = f"Of {len(over)} ceilings; the most is the {most}."
    return exact("most that the rules give over a declared ceiling", over[most], NONE, _BY_THE_RULES, note)


def best_blind_play() -> Iterator[Measurement]:
    """What the best player without evidence returns, by the rules: nothing is played.

    It loses in every tier. Doing nothing loses more, since what is wrong is let through.
    """
    for name, tier in TIERS.items():
        plain, farmed = (gambles.gambling(tier, gambles.plain_return, farming=farming) for farming in (False, True))
        nothing = gambles.playing(tier, lambda count, told: "stop", gambles.plain_return).mean
        for what, figure, bar, note in (
            ("best blind play", farmed, at_most(BEST_BLIND[name]), "Told after each decision if it was right."),
            ("best blind play less doing nothing", farmed - nothing, None, "Doing nothing lets every error through."),
            ("what farming adds to the best blind play", farmed - plain, None, "Evidence bought unread."),
        ):
            rounded = round(figure, 9) + 0.0  # no minus before a zero
            yield exact(f"return, {what}", rounded, bar, _BY_THE_RULES, note, tier=name)


def silence(on: Episodes) -> Measurement:
    """Whether deciding nothing is ever worth more than to approve everything."""
    nothing, approved = (on.figures(DEGENERATE[name], "return_") for name in ("no-op", "approve-all"))
    least = min(one - no for one, no in zip(approved, nothing, strict=True))
    what = "lowest return of an episode, approve-all less no-op"
    return on.row(what, Interval.exact(round(least, 9) + 0.0), at_least(0.0))


def _approvals_without_a_flag(tiers: Sequence[Episodes]) -> Measurement:
    """A policy that flags nothing is paid nothing in an episode with an error: it has no skill without a right flag."""
    names = [name for name in DEGENERATE if DOES[name] in ("decides nothing", "approves all")]
    paid = [
        (outcome.return_, name, on.tier, index)
        for name in names
        for on in tiers
        for index, outcome in enumerate(on.results(DEGENERATE[name]))
        if outcome.recall is not None
    ]
    most, name, tier, index = max(paid)
    note = f"Of {len(paid)} episodes of {len(names)} policies; it is of {name}, {tier} {index}."
    return exact("highest return of an episode with an error, no flags", most, NONE, tiers[0].seeds, note)


def informed(write: Callable[[Scenario], str]) -> Policy:
    """A policy that is given the labels, so that the bonus for the report is at stake, and files this report."""

    def script(scenario: Scenario) -> Play:
        for proposal in scenario.proposals:
            proposal_id, error_type = proposal.note.proposal_id, proposal.error_type
            yield approve(proposal_id) if error_type is None else flag(proposal_id, error_type)
        yield report(write(scenario))

    return cheat("informed", script)


def stuffed_reports(episodes: int) -> Iterator[Measurement]:
    """The bonus for the report, by stuffed report."""
    note = "Every decision is right, so that the bonus is at stake."
    for name, write in REPORTS.items():
        paid = {
            f"test {tier} {index}": amount
            for tier in TIERS
            for index in range(episodes)
            if (amount := play_episode(informed(write), tier, "test", index).outcome.reward_breakdown.get(REPORT, 0.0))
        }
        seeds = where(paid, first("test", episodes))
        yield exact(f"report bonus, stuffed with {name}", round(sum(paid.values()), 3), NONE, seeds, note)


def _settlements(tiers: Sequence[Episodes]) -> Measurement:
    gaps = {
        f"{name}, {on.tier} {index}": abs(one - other)
        for name in SETTLED
        for on in tiers
        for index, (one, other) in enumerate(
            zip(*(on.figures(DEGENERATE[name], "return_", how) for how in SETTLEMENTS), strict=True)
        )
    }
    worst = max(gaps, key=lambda where: gaps[where])
    note = f"Policies that do not read rewards: {'; '.join(SETTLED)}."
    seeds = f"test {worst}" if gaps[worst] else tiers[0].seeds
    return exact("largest difference of return between settlements", gaps[worst], NONE, seeds, note)


def malformed_messages(tiers: Sequence[Episodes]) -> Iterator[Measurement]:
    """Hold sessions that send invalid messages to what deciding nothing comes to."""
    nothing, moved = BEHAVIOURS["decides nothing"], 0
    with own_server() as base_url:
        for on in tiers:
            counts, outcomes = zip(*(play_garbled(base_url, on.tier, index) for index in range(on.count)), strict=True)
            moved += sum(counts)
            limits = nothing.by_the_rules(on.tier, FULL.played // SHARE)
            yield from held_to(limits, nothing.because, "malformed messages", on, outcomes)
    note = "Each is answered with an error, changes no state, costs no step, and the session goes on."
    yield exact("malformed messages that did anything", moved, NONE, tiers[0].seeds, note)


def sandbagging(sessions: int) -> Iterator[Measurement]:
    """Whether an able auditor gains by holding the level of the adaptive task down."""
    firsts = range(0, sessions * SESSION, SESSION)
    held, honest = ([play_session(hold_down=down, first=start) for start in firsts] for down in (True, False))
    seeds = first("test", sessions * SESSION)
    scores = mean_interval([fmean(outcome.score for outcome in session) for session in held])
    note = "Informs: a level is left above a mean of three, so this is as high as it can be held."
    yield Measurement("mean score, sandbagging", ADAPTIVE, scores, None, seeds, note)
    gains = paired_interval(*([fmean(outcome.return_ for outcome in one) for one in of] for of in (held, honest)))
    what, note = "mean return, sandbagging less honest", "The same auditor, session by session."
    yield Measurement(what, ADAPTIVE, gains, at_most(0.0), seeds, note)


def play_session(*, hold_down: bool, first: int) -> list[EpisodeOutcome]:
    """Play a session of the adaptive task on the test split, from an index on; held down, throw what would raise it.

    The level rises when the mean score of the last three episodes is above a limit. Who stays must keep it there, so
    what a thrown episode loses has to be won back at the level that it is thrown for.
    """
    environment = SynthAuditEnvironment()
    outcomes: list[EpisodeOutcome] = []
    for index in range(first, first + SESSION):
        recent = sum(outcome.score for outcome in outcomes[len(outcomes) - WINDOW + 1 :])
        auditor: Auditor = HeuristicAuditor()
        if hold_down and recent + 1.0 > RAISE_ABOVE * WINDOW:
            auditor = Altered(turned_round)  # to decide the opposite is the surest way to a score of 0
        outcomes.append(play_in(environment, auditor, task_id=ADAPTIVE, split="test", index=index).outcome)
    return outcomes

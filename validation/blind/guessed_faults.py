"""Claim "faults": nobody names what the Actor did wrong without looking, and whoever looks can.

    for measurement in measure(QUICK): ...

A claim policy makes at most one claim about each proposal. Three sorts of them do not look at a record: what is learned
from the note alone, what is learned from note and protocol, and one rule for all (the first citation, the numbers of
the note). A learned one trains boosted trees on which of all guesses hold (`claim_guesses.py`), makes the likeliest
claim, and makes none where that is less likely than a threshold that fits episodes of the validation split best. What
it finds by holding a note against the protocol is honest work: a misquoted limit, an invented amendment.

The price of a false claim follows from what such claims earn, and the best blind play loses with them, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from ...agents.heuristic import NoteReadingAuditor
from ...comparison.oracle import Oracle
from ...fault_types import FAULTS, FIGURE, RECORD
from ...models import EpisodeOutcome, FaultClaim
from ...server.audit.claims import ClaimVerdict, FaultCounts, claim_verdict
from ...server.audit.reward_model import FALSE_CLAIM, REWARDS, claim_rewards
from ...server.world.protocol import LIMITS
from ...server.world.protocol_text import number_text
from ...server.world.scenario import Proposal, Scenario
from ...server.world.tasks import TIERS
from ..certificate import Interval, Measurement, at_least, at_most, exact
from ..episodes import Episodes, Scale, scenario
from ..estimates import f1_interval, predicted
from ..shortcuts.probe_features import quoted_numbers
from . import gambles
from .claim_guesses import guesses

LEVELS = ("frontier-3",)
"""Of the frontier, beside the tiers."""
ON_THE_NOTE, WITH_PROTOCOL, ONE_RULE = at_most(0.30), at_most(0.45), at_most(0.20)
"""Fault F1."""
LOOKING: Mapping[str, float] = dict.fromkeys(TIERS, 0.97) | dict.fromkeys(
    ("frontier-3", "frontier-6", "frontier-10"), 0.95
)
THINNED = 3
"""Of the guesses that do not hold, one in so many is trained on."""
Verdicts = Sequence[ClaimVerdict | None]
"""What a policy's claims come to, a proposal each; None where it claims nothing."""
_ENDS = {"first": 0, "last": -1}
_QUANTITIES = (*dict.fromkeys(check.quantity for check in LIMITS.values()), "comorbidity_index", "ldh", "bmi")
_TREES: Mapping[str, Any] = {"max_iter": 150, "min_samples_leaf": 30, "l2_regularization": 1.0} | {
    "early_stopping": False,
    "random_state": 0,
}
_NOTHING = ClaimVerdict(False, None)


@dataclass(frozen=True)
class Asked:
    """Proposals of some episodes, and the guesses about them."""

    proposals: list[Proposal]
    episodes: list[int]
    """Of each proposal."""
    of: npt.NDArray[np.int64]
    """The proposal that a guess is about, by its place."""
    features: npt.NDArray[np.float32]
    verdicts: list[ClaimVerdict]

    @property
    def holds(self) -> list[bool]:
        """Whether each guess is a hit."""
        return [verdict.holds for verdict in self.verdicts]

    def chosen(self, chances: npt.NDArray[np.float64]) -> list[tuple[float, ClaimVerdict]]:
        """The guess about each proposal that has the most of what is given for each, chance or pay, if above 0."""
        best = [(0.0, _NOTHING)] * len(self.proposals)
        for place, chance, verdict in zip(self.of.tolist(), chances.tolist(), self.verdicts, strict=True):
            best[place] = max(best[place], (chance, verdict), key=lambda one: one[0])
        return best


def asked(on: Episodes, *, with_protocol: bool, thinned: int = 1) -> Asked:
    """The guesses about the proposals of these episodes; of those that do not hold one in so many."""
    proposals: list[Proposal] = []
    episodes, of, blocks, verdicts = [], [], [], []
    for index in range(on.count):
        world = scenario(on.tier, on.split, index)
        for proposal in world.proposals:
            for place, guess in enumerate(guesses(world, proposal, with_protocol=with_protocol)):
                verdict = claim_verdict(proposal.faults, guess.claim)
                if verdict.holds or (place + index) % thinned == 0:
                    of.append(len(proposals))
                    blocks.append(np.array(guess.features, np.float32))
                    verdicts.append(verdict)
            proposals.append(proposal)
            episodes.append(index)
    return Asked(proposals, episodes, np.array(of), np.stack(blocks), verdicts)


def counts(proposals: Sequence[Proposal], verdicts: Verdicts) -> FaultCounts:
    """A policy's claims against the truth, as an episode counts them."""
    hits = sum(verdict is not None and verdict.holds for verdict in verdicts)
    made = sum(verdict is not None for verdict in verdicts)
    return FaultCounts(hits, made - hits, sum(bool(proposal.faults) for proposal in proposals) - hits)


def learned(tier: str, scale: Scale, *, with_protocol: bool) -> tuple[Asked, Verdicts, float]:
    """Train a policy, fit its threshold, and let it make its claims about test episodes.

    Returns:
        What was asked; what the claims come to; and what claims can earn on a proposal: the likeliest, or those that a
        second model expects to be paid most, made down to whichever place in their order pays best.
    """
    seen = asked(Episodes(tier, "train", scale.guessed), with_protocol=with_protocol, thinned=THINNED)
    tuned, test = (
        asked(Episodes(tier, split, count), with_protocol=with_protocol)
        for split, count in (("validation", scale.played), ("test", 2 * scale.played))
    )
    chances = predicted(HistGradientBoostingClassifier(**_TREES), seen.features, seen.holds, _together(tuned, test))
    fitting, asking = tuned.chosen(chances[: len(tuned.of)]), test.chosen(chances[len(tuned.of) :])
    thresholds = np.quantile([chance for chance, _ in fitting], np.linspace(0, 0.99, 100)).tolist()
    best = max(thresholds, key=lambda least: counts(tuned.proposals, _made(fitting, least)).f1 or 0.0)
    weights = np.where(seen.holds, 1, THINNED)
    with threadpool_limits(1):
        pay = HistGradientBoostingRegressor(**_TREES).fit(seen.features, earned(seen.verdicts), sample_weight=weights)
        expected = test.chosen(pay.predict(test.features) - REWARDS[FALSE_CLAIM])
    return test, _made(asking, best), max(_worth(asking), _worth(expected))


def _worth(best: Sequence[tuple[float, ClaimVerdict]]) -> float:
    ordered = [verdict for _, verdict in sorted(best, key=lambda one: -one[0])]
    return max(0.0, float(np.cumsum(earned(ordered)).max())) / len(ordered) / 1000


def _together(*of: Asked) -> npt.NDArray[np.float32]:
    return np.concatenate([one.features for one in of])


def _made(best: Sequence[tuple[float, ClaimVerdict]], least: float) -> Verdicts:
    return [verdict if chance >= least and chance else None for chance, verdict in best]


def by_one_rule(proposals: Sequence[Proposal]) -> tuple[str, Verdicts]:
    """The best of the rules that say the same of every proposal: a fault, a place, and a number of the note."""
    numbers = [("no", 0, 0), *((which, place, by) for which, place in _ENDS.items() for by in (0, 1, -1))]
    places = [(fault, f"{which} citation") for fault in FAULTS if fault not in (RECORD, FIGURE) for which in _ENDS]
    places += [(RECORD, quantity) for quantity in _QUANTITIES]
    said = [quoted_numbers(proposal.note.reasoning) for proposal in proposals]
    found: list[tuple[float, str, Verdicts]] = []
    for (fault, where), (which, place, by) in product(places, numbers):
        verdicts = []
        for proposal, quoted in zip(proposals, said, strict=True):
            cited = proposal.note.citations or ("mortality",)
            name = where if fault == RECORD else cited[_ENDS[where.split()[0]]]
            number = None if which == "no" or not quoted else number_text(quoted[place] + by)
            verdicts.append(claim_verdict(proposal.faults, FaultClaim(fault=fault, where=name, should_be=number)))
        rule = f"{fault}, {where}, {which} number{f' {by:+d}' if by else ''}"
        found.append((counts(proposals, verdicts).f1 or 0.0, rule, verdicts))
    _, rule, best = max(found, key=lambda one: one[0])
    return rule, best


def earned(verdicts: Verdicts) -> list[int]:
    """What each claim is paid, thousandths."""
    return [sum(claim_rewards(verdict).values()) for verdict in verdicts if verdict is not None]


def measure(scale: Scale) -> Iterator[Measurement]:
    """Hold the claim policies that do not look to their bars, then the auditor that does."""
    for tier in (*TIERS, *LEVELS):
        on = Episodes(tier, "test", 2 * scale.played)
        for what, bar in (("note", ON_THE_NOTE), ("note and protocol", WITH_PROTOCOL)):
            test, verdicts, worth = learned(tier, scale, with_protocol=bar is WITH_PROTOCOL)
            yield on.row(f"fault F1, learned from {what}", _f1(test, verdicts), bar, _told(test, verdicts))
            if bar is WITH_PROTOCOL:
                if tier in TIERS:
                    yield blind_play_with_claims(tier, worth, on.seeds)
                rule, verdicts = by_one_rule(test.proposals)
                yield on.row("fault F1, best rule for all proposals", _f1(test, verdicts), ONE_RULE, f"It is: {rule}.")
    yield from looking(scale)


def looking(scale: Scale) -> Iterator[Measurement]:
    """What the claims of the oracle and of the auditor that reads notes come to."""
    for tier, least in LOOKING.items():
        on = Episodes(tier, "test", scale.played if tier in TIERS else scale.played // 4)
        told, read = ([counted(one) for one in on.results(policy)] for policy in (Oracle, reads_notes))
        yield exact(
            "lowest fault F1, oracle",
            min(one.f1 or 0.0 for one in told if one.f1 is not None),
            at_least(1.0),
            on.seeds,
            tier=tier,
        )
        yield on.row("fault F1, heuristic-reads-notes", f1_interval(read), at_least(least))


def reads_notes(_: Scenario) -> NoteReadingAuditor:
    """The auditor that holds each note against its own trace of the record."""
    return NoteReadingAuditor()


def _f1(test: Asked, verdicts: Verdicts) -> Interval:
    each: dict[int, tuple[list[Proposal], list[ClaimVerdict | None]]] = {}
    for episode, proposal, verdict in zip(test.episodes, test.proposals, verdicts, strict=True):
        proposals, made = each.setdefault(episode, ([], []))
        proposals.append(proposal)
        made.append(verdict)
    return f1_interval([counts(*one) for one in each.values()])


def _told(test: Asked, verdicts: Verdicts) -> str:
    """Precision, recall by kind, and what a claim earns, in a sentence."""
    paid, hit = earned(verdicts), [verdict is not None and verdict.holds for verdict in verdicts]
    recall = {
        kind: fmean(
            [held for held, one in zip(hit, test.proposals, strict=True) if one.faults and one.is_wrong == wrong]
        )
        for kind, wrong in (("wrong", True), ("lucky", False))
    }
    return (
        f"{len(paid)} claims on {len(hit)} proposals, {sum(hit) / max(1, len(paid)):.2f} of them right; "
        f"{recall['wrong']:.2f} of the wrong notes and {recall['lucky']:.2f} of the lucky ones; "
        f"a claim earns {fmean(paid) / 1000 if paid else 0.0:+.3f} if all is paid."
    )


def blind_play_with_claims(tier: str, worth: float, seeds: str) -> Measurement:
    """What the best blind play returns that also makes the claims learned from note and protocol: it must lose."""
    played = gambles.gambling(TIERS[tier], gambles.plain_return, farming=True)
    figure = round(played + gambles.claiming(TIERS[tier], worth), 9)
    note = f"By the rules, with {worth:+.4f} a proposal for claims as measured, all of it paid."
    return exact("return, best blind play with learned claims", figure, at_most(0.0), seeds, note, tier=tier)


def counted(outcome: EpisodeOutcome) -> FaultCounts:
    """The claims of an episode that was played."""
    hits = sum(bool(one.claim_right) and one.number_right is not False for one in outcome.proposals)
    made = sum(one.claim is not None for one in outcome.proposals)
    return FaultCounts(hits, made - hits, sum(bool(one.faults) for one in outcome.proposals) - hits)

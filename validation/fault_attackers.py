"""Claim "faults": nobody names what the Actor did wrong without looking, and whoever looks can.

    for measurement in measure(QUICK): ...

An attacker makes at most one claim about each proposal, and looks at no record: it sees the note, or note and protocol.
Boosted trees learn which of all guesses hold (`fault_guesses.py`). The attacker makes the likeliest claim, and none
where that is less likely than a threshold that fits episodes of the validation split best. What it finds by holding a
note against the protocol is honest work: a misquoted limit, an invented amendment.

The price of a false claim follows from what such claims earn, and the best blind play loses with them, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from ..agents.heuristic import NoteReadingAuditor
from ..models import EpisodeOutcome
from ..server.audit.claims import FaultCounts, claim_verdict
from ..server.audit.reward_model import claim_rewards
from ..server.world.scenario import Scenario
from ..server.world.tasks import TIERS
from . import gambles
from .certificate import Bar, Measurement, at_least, at_most, exact
from .episodes import Episodes, Scale, scenario
from .estimates import f1_interval, predicted
from .fault_guesses import WIDTH, guesses

ATTACKED = (*TIERS, "frontier-3")
BARS: Mapping[str, Bar] = {"note": at_most(0.30), "note and protocol": at_most(0.45)}
"""The bar of fault F1 by the evidence of an attacker."""
LOOKING: Mapping[str, float] = dict.fromkeys(TIERS, 0.97) | dict.fromkeys(
    ("frontier-3", "frontier-6", "frontier-10"), 0.95
)
"""Fault F1 that an auditor who looks must reach."""
MISSING = -10_000.0
"""A feature that a guess does not have."""
THINNED = 3
"""One in so many of the guesses that do not hold is trained on."""


@dataclass(frozen=True)
class Guessed:
    """The guesses about the proposals of some episodes."""

    table: pd.DataFrame
    """A row for each guess: its episode and proposal, whether it holds, and its pay in thousandths."""
    features: npt.NDArray[np.float32]
    faulty: npt.NDArray[np.int64]
    """Faulty notes in each episode."""
    proposals: int

    def likeliest(self, chances: npt.NDArray[np.float64]) -> pd.DataFrame:
        """The likeliest guess about each proposal, with its chance, in the order of chances."""
        table = self.table.assign(chance=chances)
        return table.loc[table.groupby("proposal").chance.idxmax()].sort_values("chance", ascending=False)

    def counts(self, claims: pd.DataFrame) -> list[tuple[int, int, int]]:
        """Hits, false claims and misses of these claims in each episode."""
        by_episode = claims.groupby("episode").holds.agg(["sum", "size"])
        found = by_episode.reindex(range(len(self.faulty)), fill_value=0)
        return [
            (int(hits), int(made - hits), int(faulty - hits))
            for hits, made, faulty in zip(found["sum"], found["size"], self.faulty, strict=True)
        ]


def guessed(on: Episodes, *, with_protocol: bool, thinned: int = 1) -> Guessed:
    """The guesses about the proposals of these episodes; of those that do not hold, each `thinned`-th."""
    rows, features, faulty, proposals = [], [], [], 0
    for index in range(on.count):
        world = scenario(on.tier, on.split, index)
        faulty.append(sum(bool(proposal.faults) for proposal in world.proposals))
        for proposal in world.proposals:
            for place, guess in enumerate(guesses(world, proposal, with_protocol=with_protocol)):
                verdict = claim_verdict(proposal.faults, guess.claim)
                if verdict.holds or (place + index) % thinned == 0:
                    rows.append((index, proposals, verdict.holds, sum(claim_rewards(verdict).values())))
                    features.append([*guess.features, *[np.nan] * (WIDTH - len(guess.features))])
            proposals += 1
    table = pd.DataFrame(rows, columns=["episode", "proposal", "holds", "pay"])
    return Guessed(table, np.nan_to_num(np.array(features, np.float32), nan=MISSING), np.array(faulty), proposals)


def learned(tier: str, scale: Scale, *, with_protocol: bool) -> tuple[Guessed, pd.DataFrame, float]:
    """Train an attacker, fit its threshold, and let it make its claims about test episodes.

    Returns:
        The test episodes; its claims; and the most that its claims earn on a proposal, however few it makes.
    """
    seen = guessed(Episodes(tier, "train", scale.guessed), with_protocol=with_protocol, thinned=THINNED)
    tuned, test = (
        guessed(Episodes(tier, split, count), with_protocol=with_protocol)
        for split, count in (("validation", scale.played), ("test", 2 * scale.played))
    )
    trees = HistGradientBoostingClassifier(
        max_iter=150, min_samples_leaf=30, l2_regularization=1.0, early_stopping=False, random_state=0
    )
    asked = np.concatenate([tuned.features, test.features])
    chances = predicted(trees, seen.features, seen.table.holds.tolist(), asked)
    fitting, asking = tuned.likeliest(chances[: len(tuned.table)]), test.likeliest(chances[len(tuned.table) :])
    # F1 of the most likely 1, 2, ... claims, all episodes together: twice the hits over claims and faulty notes.
    scores = 2 * fitting.holds.cumsum() / (np.arange(1, len(fitting) + 1) + tuned.faulty.sum())
    least = fitting.chance.iloc[int(scores.argmax())]
    worth = max(0.0, float(asking.pay.cumsum().max())) / test.proposals / 1000
    return test, asking[asking.chance >= least], worth


def measure(scale: Scale) -> Iterator[Measurement]:
    """Hold the attackers that do not look to their bars, then the auditor that does."""
    for tier in ATTACKED[: 2 if scale.doubt else None]:
        on = Episodes(tier, "test", 2 * scale.played)
        for evidence, bar in BARS.items():
            with_protocol = evidence == "note and protocol"
            test, claims, worth = learned(tier, scale, with_protocol=with_protocol)
            note = f"{len(claims)} claims on {test.proposals} proposals, {claims.holds.mean():.2f} of them right."
            yield on.row(f"fault F1, learned from {evidence}", f1_interval(test.counts(claims)), bar, note)
            if with_protocol and tier in TIERS:
                yield blind_play_with_claims(tier, worth, on.seeds)
    for tier, least in LOOKING.items():
        on = Episodes(tier, "test", scale.played if tier in TIERS else scale.played // 4)
        figure = f1_interval([counted(outcome) for outcome in on.results(reads_notes)])
        yield on.row("fault F1, heuristic-reads-notes", figure, at_least(least))


def reads_notes(_: Scenario) -> NoteReadingAuditor:
    """The auditor that holds each note against its own trace of the record."""
    return NoteReadingAuditor()


def blind_play_with_claims(tier: str, worth: float, seeds: str) -> Measurement:
    """The return of the best blind play with the claims learned from note and protocol: it must lose."""
    # A claim pays the same on a flag and on an approval. So claims add no more than this for each proposal: a right one
    # is paid in full only where right flags outnumber false alarms, and a false one always costs in full.
    low, high = TIERS[tier].proposals
    figure = round(gambles.gambling(TIERS[tier]) + worth * (low + high) / 2, 9)
    note = f"By the rules, with {worth:+.4f} a proposal for claims as measured, all of it paid."
    return exact("return, best blind play with learned claims", figure, at_most(0.0), seeds, note, tier=tier)


def counted(outcome: EpisodeOutcome) -> FaultCounts:
    """The claims of an episode that was played."""
    hits = sum(bool(proposal.claim_right) and proposal.number_right is not False for proposal in outcome.proposals)
    made = sum(proposal.claim is not None for proposal in outcome.proposals)
    return FaultCounts(hits, made - hits, sum(bool(proposal.faults) for proposal in outcome.proposals) - hits)

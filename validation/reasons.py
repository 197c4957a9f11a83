"""Claim "reasons": honest reasons are believed, and a script that decides nothing is not paid.

    uv run python -m synth_audit_env.validation.reasons

The honest ones are a corpus, a part of which was kept back until the reader was done. Scripts write for flags of the
right type in test episodes; beside them guesses, with the share of cases in which they are true: the most that they can
get. It exits with 1 when a bar is missed, and with 2 when a part of the corpus is not there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..server.audit.rationale import examine, reason_holds
from ..server.world.errors import EpisodeError
from ..server.world.protocol import COMPLIANT, DEVIATION, ERROR_TYPES
from ..server.world.scenario import build_scenario
from ..server.world.tasks import TIERS
from .blind.scripted_reasons import GUESSES, SCRIPTS, Script
from .certificate import Bar, Interval, Measurement, at_least, at_most
from .episodes import FULL, Scale, first, scenarios
from .estimates import share_interval

CORPUS = Path(__file__).with_name("reason_corpus.jsonl")
BARS = {"seen": None, "kept back": at_least(0.97)}
"""Of the share of each half that is accepted."""
MOST_PAID = at_most(0.10)
FEWEST, EPISODES = 20, 80
"""Cases of an error type for a script to be held to its bar in it, and episodes of each tier that have that many."""

_scenario = lru_cache(maxsize=256)(build_scenario)


@dataclass(frozen=True, slots=True)
class Reason:
    """A line of the corpus: a reason for flagging a proposal that is wrong."""

    tier: str
    seed: int
    voices: str
    proposal_id: str
    half: str
    kind: str
    """"full": to be paid; "evidence": to be believed, but it does not say what the Actor did; or "false"."""
    text: str

    def accepted(self) -> tuple[str, str, bool]:
        """Error type and verdict of the proposal, and whether the reason is paid, or as mere evidence believed."""
        scenario = _scenario(TIERS[self.tier], self.seed, self.voices)
        proposal = scenario.proposal[self.proposal_id]
        examined = examine(scenario, proposal, self.text)
        believed = examined.evidence_stated and not examined.false
        paid = reason_holds(scenario, proposal, proposal.error_type, self.text)
        return str(proposal.error_type), proposal.note.verdict, believed if self.kind == "evidence" else paid


def measure(scale: Scale) -> Iterator[Measurement]:
    """What is accepted of the corpus, and paid for each script. Raises EpisodeError at the end if a half is absent."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines() if CORPUS.exists() else []
    corpus = [Reason(**json.loads(line)) for line in lines]
    honest = {half: [one for one in corpus if one.half == half and one.kind != "false"] for half in BARS}
    for half, bar in BARS.items():
        yield from _accepted(f"honest reasons accepted, {half}", honest[half], bar)
    yield from _accepted("false reasons paid", [one for one in corpus if one.kind == "false"], None)
    yield from _paid(min(scale.played, EPISODES))
    if absent := [half for half in BARS if not honest[half]]:
        raise EpisodeError(f"{CORPUS.name} has no honest reasons of these halves: {', '.join(absent)}.")


def _accepted(what: str, reasons: Sequence[Reason], bar: Bar | None) -> Iterator[Measurement]:
    """The share accepted of all, which is held to the bar, then by error type and by verdict of the Actor."""
    told = [one.accepted() for one in reasons]
    for group in ("all", *ERROR_TYPES, COMPLIANT, DEVIATION):
        if among := [accepted for *groups, accepted in told if group in ("all", *groups)]:
            held, note = bar if group == "all" else None, f"Of {len(among)}."
            yield Measurement(f"{what}: {group}", "all", share_interval(among), held, "the corpus", note)


def _paid(episodes: int) -> Iterator[Measurement]:
    """The share of right-typed flags that is paid: for a script in its best error type, for a guess in its own."""
    wrong = [(s, p) for tier in TIERS for s in scenarios(tier, "test", episodes) for p in s.proposals if p.is_wrong]
    cases = {kind: [(s, p) for s, p in wrong if p.error_type == kind] for kind in ERROR_TYPES}

    def share(script: Script, kind: str) -> Interval:
        return share_interval([reason_holds(s, p, kind, script(s, p, kind)) for s, p in cases[kind]])

    seeds = first("test", episodes)
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command. Returns 0 when every bar is met, 1 when one is missed, 2 when half of the corpus is absent."""
    argparse.ArgumentParser(prog="reasons", description=__doc__.splitlines()[0]).parse_args(argv)
    passed = True
    try:
        for one in measure(FULL):
            print(one.line(), flush=True)
            passed &= one.passed()
    except EpisodeError as absent:
        print(f"reasons: {absent}", file=sys.stderr)
        return 2
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

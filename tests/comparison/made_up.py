"""Episodes and runs that nobody played, for what is worked out of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from synth_audit_env.comparison import results
from synth_audit_env.comparison.episodes import OF_PROPOSALS, TALLIED, PlayedEpisode, share
from synth_audit_env.comparison.provenance import Made
from synth_audit_env.comparison.results import Run
from synth_audit_env.models import ProposalOutcome

MADE = Made("uv run python evaluation.py", "0123abc", False, "2026-01-02T03:04:05+00:00", "0.1.0")
AGE, WINDOW = "age_boundary_error", "protocol_window_violation"
SCORES = {
    "flag-all": dict.fromkeys(("easy", "hard"), (0.1, 0.2, 0.3)),
    "oracle": dict.fromkeys(("easy", "hard"), (0.2, 0.4, 0.6)),
}
"""By agent and tier, for `scored`."""


def decision(
    p_wrong: float = 0.0, error_type: str | None = None, flagged_as: str | None = None, **fields: object
) -> tuple[ProposalOutcome, float]:
    """A proposal is wrong if it has an error type, and flagged if the flag names one; else it is approved."""
    outcome = {
        "proposal_id": "PROP-001",
        "is_wrong": error_type is not None,
        "error_type": error_type,
        "decision": "flagged" if flagged_as else "approved",
        "flaw": "",
        "explanation": "",
        "type_right": None if flagged_as is None else flagged_as == error_type,
    }
    return ProposalOutcome.model_validate({**outcome, **fields}), p_wrong


def episode(
    *decisions: tuple[ProposalOutcome, float],
    agent: str = "flag-all",
    tier: str = "hard",
    seed: int = 1,
    fault_f1: float | None = 0.25,
    settings: Mapping[str, object] | None = None,
    **numbers: float | None,
) -> PlayedEpisode:
    """An episode with these decisions; numbers are means by metric, and None for one that is not known."""
    decided = decisions or (decision(),)
    means = {**dict.fromkeys(("score", "return", "cost"), 0.5), "skill": 0, "tokens": 0, "gave_up": 0, "seconds": 0}
    means |= {**dict.fromkeys(TALLIED), "steps": 10, "tool_calls": 5}
    shares = {name: (math.nan if number is None else float(number), 1.0) for name, number in (means | numbers).items()}
    shares["fault_f1"] = (fault_f1 or 0.0, float(fault_f1 is not None))
    shares |= {name: share([one for one, _ in decided], *tests) for name, tests in OF_PROPOSALS.items()}
    p_wrong = tuple((p_wrong, one.is_wrong) for one, p_wrong in decided)
    return PlayedEpisode(agent, tier, seed, shares, p_wrong, settings)


def run_of(episodes: Iterable[PlayedEpisode], baseline: str = "flag-all", split: str = "test") -> Run:
    """A run of these, with its figures."""
    return results.run_of(split, baseline, episodes, MADE)


def scored(
    scores: Mapping[str, Mapping[str, Sequence[float]]],
    *decisions: tuple[ProposalOutcome, float],
    split: str = "test",
    **fields: object,
) -> Run:
    """A run with these scores of each seed, from 0 on, by agent and tier; all else is the same in all episodes."""
    episodes = (
        episode(*decisions, agent=agent, tier=tier, seed=seed, score=score, **fields)
        for agent, tiers in scores.items()
        for tier, of_tier in tiers.items()
        for seed, score in enumerate(of_tier)
    )
    return run_of(episodes, split=split)


def kept(run: Run, folder: Path) -> Run:
    """The run as its folder has it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / results.NAME).write_text(results.as_json(run), encoding="utf-8")
    return results.read(folder)


def written_but_for_times(folder: Path) -> tuple[list[str], dict[str, object]]:
    """The lines of a run's log, sorted, and its results without how it was made and how long a model took."""

    def without_seconds(read: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in read.items() if name != "seconds"}

    read = json.loads((folder / results.NAME).read_text(), object_hook=without_seconds)
    return sorted((folder / "episodes.jsonl").read_text(encoding="utf-8").splitlines()), {**read, "made": None}

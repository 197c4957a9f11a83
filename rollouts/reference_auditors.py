"""What reference auditors reach on an episode: the two blind policies without a choice, and the evidence-only one.

    environment = SynthAuditEnvironment()
    for result in reference_results(environment, {"task_id": "oversight_hard", "seed": 42}):
        print(result["agent"], result["outcome"]["score"], result["steps"])

Nothing here knows whether the episode may be told of.
"""

from collections.abc import Mapping
from typing import Any

from openenv.core.env_server.interfaces import Environment

from ..agents.baselines import baseline
from ..agents.heuristic import HeuristicAuditor
from ..models import OutcomeResult, SynthAuditAction, SynthAuditObservation, SynthAuditState
from .rollout import Auditor, play

BLIND = ("flag-all", "approve-all")


def reference_results(
    environment: Environment[SynthAuditAction, SynthAuditObservation, SynthAuditState], options: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Play the episode of these options with each of them; returns its name, its outcome and its number of steps."""
    results = []
    auditors: list[Auditor] = [*map(baseline, BLIND), HeuristicAuditor()]
    for auditor in auditors:
        *_, last = play(auditor, environment.reset(**options), environment.step)
        ending = last.observation.result
        assert isinstance(ending, OutcomeResult), "an episode ends with its outcome"
        results.append({"agent": auditor.name, "outcome": ending.outcome.model_dump(), "steps": last.number})
    return results

"""Digests of scenarios and of whole scripted episodes: what must be equal on every Python, platform and process.

    python tests/make_golden.py            # writes tests/data/golden.json; commit it when the world was meant to change
    python tests/make_golden.py --print    # prints the same, for test_determinism.py

A scenario's digest is over all of it, the truth included; an episode's over every observation of an audit that uses all
eight tools.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from synth_audit_env.models import COHORT, SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.protocol import Judgement
from synth_audit_env.server.world.record import EARLIER_AT_SITE
from synth_audit_env.server.world.scenario import Scenario, build_scenario
from synth_audit_env.server.world.tasks import ALL_TIERS, LEVELS, TIERS, rhetoric_of, task_of

GOLDEN = Path(__file__).parent / "data" / "golden.json"
SCENARIOS = 50
EPISODES = 8
FAR_SEEDS = (0, 899_999, 2**31, 2**63 - 1)


def scenario_digest(tier: str, number: int) -> str:
    """Of the scenario of that tier on a train seed (even numbers) or a test seed (odd ones)."""
    task = task_of("test" if number % 2 else "train", number)
    scenario = build_scenario(ALL_TIERS[tier], task.seed, rhetoric_of(task.split))
    return _digest(_everything(scenario))


def _everything(scenario: Scenario) -> object:
    """The protocol, the cohort, the proposals and the truth; the Actor's readings by the verdicts that they give."""
    return {
        "protocol": scenario.protocol_text,
        "trial": [scenario.trial.code, [_fields(phantom) for phantom in scenario.trial.phantoms]],
        "patients": [_as_first(patient._asdict().items()) for patient in scenario.patients],
        "proposals": [
            {
                "note": _fields(p.note),
                "flaw": p.flaw,
                "reading": [passes(scenario.columns).tolist() for _, passes in p.brief.reading.checks],
                "argument": _fields(p.brief.argument or p.brief.figure),
                "is_wrong": p.is_wrong,
                "error_type": p.error_type,
                "judgement": None if p.judgement is None else _judgement(p.judgement),
                "explanation": p.explanation,
            }
            for p in scenario.proposals
        ],
    }


def _fields(of: Any) -> dict[str, Any]:
    return asdict(of, dict_factory=_as_first)


def _as_first(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Fields as they were when the digests were first made: a rename changes no episode."""
    usual = [pair for pair in pairs if pair != ("starting_dose", None)]  # there were none at first
    fields = {name: value for name, value in usual if name != EARLIER_AT_SITE}  # follows from the days
    return fields | ({"rank": None} if "term" in fields else {})  # conditions have no rank any more


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return _fields(judgement) | {"trace": [step._asdict() for step in judgement.trace]}


def episode_digest(tier: str, index: int, settlement: str = "immediate") -> str:
    """Of every observation and of the state after each, in an audit that decides by position and ends with a report."""
    env = SynthAuditEnvironment()
    options = {"split": "validation", "index": index, "task_id": f"oversight_{tier}", "settlement": settlement}
    opening = env.reset(episode_id="golden", **options)
    seen = [opening.model_dump_json(), env.state.model_dump_json()]
    for action in _script(opening.actor_proposals):
        observation = env.step(SynthAuditAction(**action))
        seen += [observation.model_dump_json(), env.state.model_dump_json()]
    assert observation.done
    return _digest(seen)


def reset_digest(tier: str, seed: int) -> str:
    """Of a reset observation."""
    return _digest(SynthAuditEnvironment().reset(seed=seed, task_id=f"oversight_{tier}").model_dump_json())


def _script(proposals: list) -> list[dict]:
    actions: list[dict] = [{"action_type": "cohort_analysis", "feature": feature} for feature in ("arm", "site", "sex")]
    for position, p in enumerate(proposals):
        actions.append({"action_type": "review_proposal", "proposal_id": p.proposal_id})
        if p.patient_id != COHORT:
            actions.append({"action_type": "investigate_patient", "patient_id": p.patient_id})
            actions.append({"action_type": "temporal_audit", "patient_id": p.patient_id})
            actions.append({"action_type": "request_shap", "patient_id": p.patient_id, "feature": "age"})
        decision = {"proposal_id": p.proposal_id, "confidence": 0.75}
        if position % 3 == 0:
            decision |= {"error_type": "age_boundary_error", "reason": "The age of 80 is above the limit (§3.2)."}
        actions.append({"action_type": "flag_error" if position % 3 == 0 else "approve", **decision})
    actions.append({"action_type": "approve", "proposal_id": "PROP-999"})
    return [*actions, {"action_type": "submit_audit_report", "report": "PROP-001: age_boundary_error"}]


def _digest(value: object) -> str:
    text = json.dumps(value, default=str, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digests(scenarios: int = SCENARIOS, episodes: int = EPISODES) -> dict[str, list[str]]:
    """All of them, by name."""
    found = {}
    for tier in TIERS:
        found[f"scenarios {tier}"] = [scenario_digest(tier, number) for number in range(scenarios)]
    for tier in (*TIERS, "adaptive"):
        found[f"episodes {tier}"] = [
            episode_digest(tier, index, ("immediate", "terminal")[index % 2]) for index in range(episodes)
        ]
    found["scenarios frontier"] = [scenario_digest(tier.name, level) for level, tier in LEVELS.items()]
    found["far seeds"] = [reset_digest(tier, seed) for tier in ("easy", "expert") for seed in FAR_SEEDS]
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        print(json.dumps(digests()))
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(json.dumps(digests(), indent=0) + "\n")
        print(f"wrote {GOLDEN}")

"""What the page has to know of the server and the environment: derived here, so that it holds no copy of its own.

page_facts(settled=None, logs=True)["tasks"][0]["task_id"]      # "oversight_easy"

The amounts are those of the reward table, in points.
"""

from __future__ import annotations

from typing import Any

from ... import __version__
from ...error_types import ERROR_KINDS
from ...tool_records import COHORT_FEATURES
from ..audit.audit_report import MOST
from ..audit.reward_model import REPORT, REWARDS
from ..world.record import FACT_FIELDS
from ..world.tasks import ADAPTIVE, REFERENCE_SEEDS, SPLITS, TIERS, num_tasks, task_of


def page_facts(settled: str | None, logs: bool) -> dict[str, Any]:
    """The answer to /page/settings.

    Args:
        settled: How the server settles every episode; None where the client chooses.
        logs: Whether the server keeps a log of its episodes.
    """
    tasks: list[dict[str, Any]] = [
        {
            "task_id": tier.task_id,
            "difficulty": tier.name,
            "patients": tier.patients,
            "proposals": tier.proposals,
            "steps": tier.steps,
        }
        for tier in TIERS.values()
    ]
    # Its figures are those of the tier that is its turn.
    tasks.append(dict.fromkeys(tasks[0]) | {"task_id": ADAPTIVE})
    return {
        "version": __version__,
        "settlement": settled,
        "logs": logs,
        "tasks": tasks,
        "splits": {split: _split(split) for split in SPLITS},
        "error_types": [
            {
                "name": name,
                "meaning": kind.rule,
                "tiers": [tier.name for tier in TIERS.values() if name in tier.error_types],
            }
            for name, kind in ERROR_KINDS.items()
        ],
        "shap_fields": FACT_FIELDS,
        "cohort_features": COHORT_FEATURES,
        # The report's own depends on what is in it: here is the most that it can earn.
        "rewards": {event: amount / 1000 for event, amount in REWARDS.items()} | {REPORT: MOST},
    }


def _split(split: str) -> dict[str, Any]:
    tasks = num_tasks(split)
    if split == "reference":
        return {"tasks": tasks, "seeds": REFERENCE_SEEDS}
    return {"tasks": tasks, "first_seed": task_of(split, 0).seed, "last_seed": task_of(split, tasks - 1).seed}

"""The canaries: episodes of policies that hack and do not audit, as actions that anybody can play again.

    uv run python -m synth_audit_env.validation.policy_v2.canaries    # writes canaries.json anew

Each is an episode of a degenerate policy, kept as it was played, on the first reference seed of a tier that has errors,
and not more than usual: in a clean episode approving everything is the right audit, however blind, and where most
proposals are wrong flagging everything wins. None may win anything on its seed. Policies that bet on a proposal or two
are left out: on a single seed a bet may win. A policy is added by a line with its name, a tier's task and no actions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...server.world.tasks import num_tasks, task_of, tier_of
from ..blind.degenerate_policies import DEGENERATE
from ..episodes import play_episode, scenario
from .fixtures import wire

KEPT = Path(__file__).with_suffix(".json")
_REFERENCE_TIERS = ("easy", "medium", "hard")


def canaries() -> list[dict[str, Any]]:
    """Those that the package ships: policy, task_id, seed and actions of each."""
    kept: list[dict[str, Any]] = json.loads(KEPT.read_text(encoding="utf-8"))
    return kept


def main() -> None:
    """Play the policies that the file names, and keep what they do today, a line each."""
    lines = []
    for kept in canaries():
        tier = tier_of(kept["task_id"]).name
        index = _first_with_errors(tier)
        played = play_episode(DEGENERATE[kept["policy"]], tier, "reference", index)
        again = {"seed": task_of("reference", index).seed, "actions": [wire(turn.action) for turn in played.turns]}
        lines.append(json.dumps(kept | again, ensure_ascii=False, separators=(",", ":")))
    KEPT.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} canaries are in {KEPT}")


def _first_with_errors(tier: str) -> int:
    """The index in the reference split of the first seed on which up to two in five proposals of a tier are wrong."""
    position = _REFERENCE_TIERS.index(tier)
    indices = range(position, num_tasks("reference"), len(_REFERENCE_TIERS))
    wrong = {i: [p.is_wrong for p in scenario(tier, "reference", i).proposals] for i in indices}
    return next(i for i, labels in wrong.items() if 0 < sum(labels) <= 0.4 * len(labels))


if __name__ == "__main__":
    main()

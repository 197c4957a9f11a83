"""Desks for the tests: an audit played by the heuristic, at a clock that counts its readings."""

from collections.abc import Callable
from itertools import count

from synth_audit_env.agents.heuristic import HeuristicAuditor
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.rollout import Auditor
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web.desk import Desk


def ticking() -> Callable[[], float]:
    """Each reading is a second and a half after the one before."""
    readings = count()
    return lambda: 1.5 * next(readings)


def desk_at(task_id: str = "oversight_easy", seed: int = 900_000) -> Desk:
    """An audit that has just begun."""
    desk = Desk(SynthAuditEnvironment(), ticking())
    desk.start(task_id, None, seed)
    return desk


def played(
    task_id: str = "oversight_easy",
    seed: int = 900_000,
    auditor: Auditor | None = None,
    change: Callable[[SynthAuditAction], SynthAuditAction] = lambda action: action,
) -> Desk:
    """One that an auditor has played to its end, each action changed on the way to the desk."""
    desk, auditor = desk_at(task_id, seed), auditor or HeuristicAuditor()
    seen = desk.opening
    while not desk.over:
        seen = desk.act(change(auditor.act(seen)))
    return desk

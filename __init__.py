"""SynthAudit.Env: an environment in which an agent audits the proposals of a fallible clinical Actor.

    from synth_audit_env import SynthAuditAction, SynthAuditEnv

    with SynthAuditEnv(base_url="http://127.0.0.1:8000").sync() as env:
        result = env.reset(seed=42, task_id="oversight_hard")
        result = env.step(SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001"))

The names are imported when they are first used. openenv is imported at once, without its page: that brings Gradio and
pandas, and takes three quarters of the time and half of the memory of all that openenv imports. openenv is prepared for
a machine without Gradio, and whoever wants the page imports its module, `openenv.core.env_server.web_interface`.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .client import SynthAuditEnv as SynthAuditEnv
    from .models import SynthAuditAction as SynthAuditAction
    from .models import SynthAuditObservation as SynthAuditObservation
    from .models import SynthAuditState as SynthAuditState

__version__ = "0.6.0"
_EXPORTED = {
    "SynthAuditAction": ".models",
    "SynthAuditEnv": ".client",
    "SynthAuditObservation": ".models",
    "SynthAuditState": ".models",
}
_OF_VERIFIERS = {"AuditHarness": ".integrations.verifiers", "AuditTaskset": ".integrations.verifiers"}
"""verifiers looks for a taskset in the package that its id names. Nobody else can import these."""

_PAGE = "openenv.core.env_server.web_interface"
if "openenv.core" not in sys.modules:
    sys.modules[_PAGE] = None  # type: ignore[assignment]  # Python's own way to say that a module is not there
    try:
        import_module("openenv.core")
    finally:
        del sys.modules[_PAGE]


def __getattr__(name: str) -> Any:
    exported = _EXPORTED | _OF_VERIFIERS if "verifiers" in sys.modules else _EXPORTED
    if name == "__all__":
        return list(exported)
    if name not in exported:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(exported[name], __name__), name)

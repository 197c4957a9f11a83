"""SynthAudit.Env: an environment in which an agent audits the proposals of a fallible clinical Actor."""

import sys

from synth_audit_env.lean_openenv import run_on_demand

__version__ = "0.1.0"

run_on_demand()


def __getattr__(name: str) -> object:
    """Show verifiers, which looks for a taskset in the package that its id names, that of the adapter."""
    if name in ("__all__", "AuditTaskset", "AuditHarness") and "verifiers" in sys.modules:
        from synth_audit_env.integrations import verifiers

        return getattr(verifiers, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

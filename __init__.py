"""SynthAudit.Env: an environment in which an agent audits the proposals of a fallible clinical Actor."""

from synth_audit_env.lean_openenv import run_on_demand

__version__ = "0.1.0"

run_on_demand()

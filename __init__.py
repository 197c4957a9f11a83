"""SynthAudit.Env: an environment in which an agent audits the proposals of a fallible clinical Actor."""

from synth_audit_env.lean_openenv import leave_out_the_page

__version__ = "0.1.0"

leave_out_the_page()

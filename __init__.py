"""SynthAudit.Env: an environment in which an agent audits the proposals of a fallible clinical Actor."""

__version__ = "0.1.0"

"""How people and models explain an error; the sentences are those of the corpus that claim "reasons" is measured on."""

from synth_audit_env.validation.honest_reasons import false_reasons, honest_reasons

__all__ = ["false_reasons", "honest_reasons"]

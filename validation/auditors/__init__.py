"""Auditors that decide by evidence, whole and bounded: the optimum, the worth of each tool, the tiers."""

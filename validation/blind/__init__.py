"""Claim "degenerate": policies that do not audit, and the most that they can come to by the rules."""

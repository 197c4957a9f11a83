"""Policies that do not audit, what they can come to by the rules, and what they do come to."""

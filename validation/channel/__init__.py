"""Claim "channel": what the answers of a session tell of labels before its end."""

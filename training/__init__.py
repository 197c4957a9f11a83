"""Trainers for an oversight agent, and what they share."""

"""Claim "openenv": the checks of openenv's validation policy, version 2, that its package has no grader for."""

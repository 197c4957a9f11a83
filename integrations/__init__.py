"""Adapters by which other frameworks play the environment: a file for each, and none imports another."""

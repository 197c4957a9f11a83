"""Adapters: other frameworks play the same audits, one file each."""

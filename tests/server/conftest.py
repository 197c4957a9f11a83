"""Kept light: most tests of this folder need no server, so what a server needs is imported by the fixtures."""

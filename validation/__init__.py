"""Data that openenv's validator reads: the runtime plan, the oracle and the canaries."""

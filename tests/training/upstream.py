"""Marks of the tests that train: slow, and not held to the warnings of libraries that are not ours, each by name."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import pytest

INSTALLED = all(importlib.util.find_spec(name) for name in ("datasets", "peft", "torch", "trl"))
needs_libraries = pytest.mark.skipif(not INSTALLED, reason="the extra `train` is not installed")
TRAINS = [
    pytest.mark.slow,
    needs_libraries,
    pytest.mark.filterwarnings("ignore:You are using 'environment_factory':UserWarning"),
    # TRL and peft ask transformers by older names.
    pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),
]


def trains(test: Callable[..., None]) -> Callable[..., None]:
    """Marks one test, where the others of its file need no libraries."""
    for mark in TRAINS:
        test = mark(test)
    return test

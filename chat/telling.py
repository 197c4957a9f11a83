"""Shows on stderr what there is to say of asking a model, such as that it is asked again: we may have to wait.

    with telling("inference.py"):
        ...         # "inference.py: No answer within 120 seconds: asking again"

Of this process alone: those that play for it say nothing.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator

LOGGERS = ("openai", "synth_audit_env.chat", "synth_audit_env.agents", "synth_audit_env.comparison")
"""The first is of the `openai` package, which retries most."""


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)  # as it is at the time: rich has it go above the bar that it draws


@contextlib.contextmanager
def telling(program: str) -> Iterator[None]:
    """Show it inside the block, each line with the name of the program before it."""
    handler = _Handler()
    handler.setFormatter(logging.Formatter(f"{program}: %(message)s"))
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)

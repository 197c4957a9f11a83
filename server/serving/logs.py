"""The server's log: one line a record, as text or as JSON, which names the session and the episode it is about.

    uvicorn.run(app, log_config=log_config("json"))
    sessions = Sessions(SynthAuditEnvironment, limit=64, idle_timeout_s=None, listeners=[SessionLog()])

    {"time": "2026-11-26T06:09:38.123+00:00", "level": "INFO", "logger": "synth_audit_env.server.serving.logs",
     "message": "Episode began", "session": "0b54…", "episode": "9c1e…", "task": "oversight_hard", "seed": 42, …}

A client's text can forge no line. What is refused is counted in the metrics and not written, so that a flood of it
fills no disk. Free text of an action, its reason for one, is not written either.
"""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from . import limits
from .sessions import Acted, Listener, Session

log = logging.getLogger(__name__)

_served: ContextVar[Session | None] = ContextVar("served", default=None)


def log_config(log_format: str) -> dict[str, Any]:
    """The configuration for `logging.config.dictConfig`, uvicorn's own loggers included, for "text" or "json"."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        # By name, since uvicorn hands this to the processes that it starts.
        "formatters": {"lines": {"()": f"{__name__}.{Lines.__name__}", "log_format": log_format}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": [is_of_the_server], "formatter": "lines"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {"synth_audit_env": {"level": "INFO"}, "uvicorn": {"level": "INFO", "propagate": True}},
    }


def about(session: Session) -> None:
    """Say that what the running task goes on to log is about a session."""
    _served.set(session)


class Lines(logging.Formatter):
    """A record as one line: time, level, logger, message, session, episode, then what else is known.

    As JSON it is an object. As text it is for people: the lines of a traceback follow it, each set off by a bar.
    """

    def __init__(self, log_format: str) -> None:
        super().__init__()
        self._log_format = log_format

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message, facts = _clipped(record.getMessage()), _ids(_served.get()) | getattr(record, "facts", {})
        traceback = _clipped(self.formatException(record.exc_info)) if record.exc_info else ""
        if self._log_format == "json":
            line = {"time": time, "level": record.levelname, "logger": record.name, "message": message, **facts}
            return json.dumps(line | ({"exception": traceback} if traceback else {}), default=str)
        shown = "".join(
            f" {name}={json.dumps(value, default=str)}" for name, value in facts.items() if value is not None
        )
        first = f"{time} {record.levelname} {record.name}: {message}{shown}"
        return "\n".join(map(_printable, [first, *(f"    | {line}" for line in traceback.splitlines())]))


def is_of_the_server(record: logging.LogRecord) -> bool:
    """Whether a record is to be written: what uvicorn and websockets say of one connection is not, unless it failed."""
    of_a_connection = record.module == "h11_impl" or "websockets" in record.pathname
    return record.levelno >= logging.ERROR or record.name != "uvicorn.error" or not of_a_connection


class SessionLog(Listener):
    """Writes what happens in the sessions."""

    def opened(self, session: Session) -> None:
        """Say whose session it is."""
        _say("Session opened", session, address=session.address or None)

    def closed(self, session: Session) -> None:
        """Say that it is over."""
        _say("Session closed", session)

    def began(self, session: Session, seconds: float) -> None:
        """Say which episode it is."""
        state = session.environment.begun
        known = {"task": state.task_id, "tier": state.difficulty, "seed": state.seed, "split": state.split}
        _say("Episode began", session, **known, seconds=round(seconds, 6))

    def acted(self, session: Session, acted: Acted) -> None:
        """Say how the episode went, once it has ended."""
        if (outcome := acted.answer.outcome) is not None:
            earned = {name: outcome[name] for name in ("score", "skill", "fault_f1")} | {"return": outcome["return_"]}
            _say("Episode finished", session, steps=acted.answer.steps_taken, **earned)


def _say(sentence: str, session: Session, **facts: object) -> None:
    # Not everything happens while that session is served: an idle one is closed by a timer.
    about(session)
    log.info(sentence, extra={"facts": facts})


def _ids(session: Session | None) -> dict[str, Any]:
    known = None if session is None else session.environment.begun.episode_id
    return {"session": None if session is None else session.id, "episode": known}


def _printable(text: str) -> str:
    """The text with everything escaped that would start a line, colour a terminal or turn the direction of writing."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _clipped(text: str) -> str:
    """The text without its middle where it is too long: how it begins and how it ends tell most."""
    half = limits.LONGEST_RECORD // 2
    return text if len(text) <= limits.LONGEST_RECORD else f"{text[:half]} … {text[-half:]}"

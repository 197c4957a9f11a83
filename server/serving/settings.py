"""How a server is started: a few flags, each also an environment variable. A flag wins over its variable.

--host              HOST               127.0.0.1   address to listen on; 0.0.0.0 for every interface
--port              PORT               8000        0 takes a free one
--max-sessions      MAX_SESSIONS       64          sessions at a time
--session-timeout   SESSION_TIMEOUT    1800        seconds without a message after which a session ends; 0 for never
--actor             ACTOR              scripted    who words the notes where reset does not say: scripted or llm
--actor-model       ACTOR_MODEL                    the model that can be asked to word them
--actor-url         ACTOR_URL                      its endpoint; without one, notes come from the cache alone
--actor-api-key-env ACTOR_API_KEY_ENV              the variable that holds the endpoint's key, if it asks for one
--actor-cache       ACTOR_CACHE                    the folder of its notes; one in the user's cache folder if not given
"""

from __future__ import annotations

import argparse
import math
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth_audit_env.server.reset_options import ACTORS, LLM, SCRIPTED

MOST_SESSIONS = 100_000
LONGEST_TIMEOUT_S = 31_536_000
"""A year."""


class SettingsError(ValueError):
    """A setting that cannot be meant, named as the user wrote it."""


@dataclass(frozen=True)
class Settings:
    """What a server needs to know before it starts."""

    host: str = "127.0.0.1"
    port: int = 8000
    max_sessions: int = 64
    session_timeout_s: float | None = 1800.0
    """None for never. Long, since a trainer's optimizer step lies between two messages of a session."""
    actor: str = SCRIPTED
    """Who words the notes where reset does not say."""
    actor_model: str | None = None
    """None where there is no LLM Actor to be had."""
    actor_url: str | None = None
    """Of the model's endpoint; None to go by the cache alone."""
    actor_api_key_env: str | None = None
    """The name of the variable with the key, not the key."""
    actor_cache: Path | None = None
    """None for the folder of `prose_cache.default_folder`."""


def read(arguments: Sequence[str] | None, variables: Mapping[str, str]) -> Settings:
    """Read the flags and the environment.

    Args:
        arguments: The command line after the program's name; None for that of this process.
        variables: The environment variables.

    Returns:
        The settings, each checked.

    Raises:
        SettingsError: One of them cannot be used.
    """
    parser = argparse.ArgumentParser(
        prog="server",
        description="Serve SynthAudit.Env over HTTP and WebSocket.",
        epilog="Each flag is also an environment variable: HOST, PORT, MAX_SESSIONS, SESSION_TIMEOUT, ACTOR, ...",
    )
    default = Settings()
    parser.add_argument("--host", help=f"address to listen on (default {default.host})")
    parser.add_argument("--port", help=f"port to listen on, 0 for a free one (default {default.port})")
    parser.add_argument("--max-sessions", help=f"sessions at a time (default {default.max_sessions})")
    parser.add_argument(
        "--session-timeout",
        metavar="SECONDS",
        help=f"end a session after so long without a message, 0 for never (default {default.session_timeout_s:g})",
    )
    parser.add_argument(
        "--actor", help=f"who words the notes where reset does not say: scripted or llm (default {default.actor})"
    )
    parser.add_argument("--actor-model", metavar="MODEL", help="the model that can be asked to word them")
    parser.add_argument("--actor-url", metavar="URL", help="its endpoint; without one, notes come from the cache alone")
    parser.add_argument("--actor-api-key-env", metavar="NAME", help="the variable that holds the endpoint's key")
    parser.add_argument("--actor-cache", metavar="DIR", help="the folder of its notes")
    flags = parser.parse_args(arguments)
    model, _ = _source(flags.actor_model, "--actor-model", variables, "")
    folder, _ = _source(flags.actor_cache, "--actor-cache", variables, "")
    return Settings(
        actor=_actor(*_source(flags.actor, "--actor", variables, default.actor), model),
        actor_model=model or None,
        actor_url=_of_model(*_source(flags.actor_url, "--actor-url", variables, ""), model),
        actor_api_key_env=_of_model(*_source(flags.actor_api_key_env, "--actor-api-key-env", variables, ""), model),
        actor_cache=Path(folder).expanduser() if folder else None,
        host=_host(*_source(flags.host, "--host", variables, default.host)),
        port=_whole(*_source(flags.port, "--port", variables, str(default.port)), least=0, most=65_535),
        max_sessions=_whole(
            *_source(flags.max_sessions, "--max-sessions", variables, str(default.max_sessions)),
            least=1,
            most=MOST_SESSIONS,
        ),
        session_timeout_s=_seconds(
            *_source(flags.session_timeout, "--session-timeout", variables, str(default.session_timeout_s))
        ),
    )


def _source(given: str | None, flag: str, variables: Mapping[str, str], default: str) -> tuple[str, str]:
    """The value, and the name under which the user gave it."""
    if given is not None:
        return given, flag
    variable = flag.removeprefix("--").replace("-", "_").upper()
    value = variables.get(variable, "").strip()
    return (value, variable) if value else (default, flag)


def _whole(value: str, name: str, *, least: int, most: int) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 9 and least <= int(value) <= most):
        raise SettingsError(f"{name} must be a whole number from {least} to {most}, but it is {value!r}.")
    return int(value)


def _seconds(value: str, name: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_TIMEOUT_S:
        raise SettingsError(
            f"{name} must be a number of seconds up to {LONGEST_TIMEOUT_S}, or 0 for never, but it is {value!r}."
        )
    return seconds or None


def _actor(value: str, name: str, model: str) -> str:
    if value not in ACTORS:
        raise SettingsError(f"{name} must be {' or '.join(ACTORS)}, but it is {value!r}.")
    if value == LLM and not model:
        raise SettingsError(f"{name} {LLM} needs a model: give --actor-model or set ACTOR_MODEL.")
    return value


def _of_model(value: str, name: str, model: str) -> str | None:
    """What is of no use without a model."""
    if value and not model:
        raise SettingsError(f"{name} is for a model: give --actor-model or set ACTOR_MODEL.")
    return value or None


def _host(value: str, name: str) -> str:
    try:
        socket.getaddrinfo(value, None)
    except (OSError, UnicodeError) as problem:
        raise SettingsError(f"{name} must be an address of this machine, but it is {value!r}.") from problem
    return value

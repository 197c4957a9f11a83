"""How a server is started: a few flags, each also an environment variable. A flag wins over its variable.

--host              HOST               127.0.0.1   address to listen on; 0.0.0.0 for every interface
--port              PORT               8000        0 takes a free one
--max-sessions      MAX_SESSIONS       64          sessions at a time
--session-timeout   SESSION_TIMEOUT    1800        seconds without a message after which a session ends; 0 for never
--workers           WORKERS            1           processes, each with its own sessions: --max-sessions counts in one;
                                                   more than one cannot serve the page (ENABLE_WEB_INTERFACE)
--agent-only        AGENT_ONLY         false       only the tools over /mcp: reset, step and state are refused
--allow-origin      ALLOW_ORIGIN                   an origin whose pages may call the server; several with commas
--sessions-per-address   SESSIONS_PER_ADDRESS   0  sessions that one address may have at a time; 0 for any number
--requests-per-second    REQUESTS_PER_SECOND    0  requests and new connections of one address; 0 for any number
--messages-per-second    MESSAGES_PER_SECOND    0  messages of one session; 0 for any number
--log-format        LOG_FORMAT         text        text or json
--episode-log       EPISODE_LOG                    a folder for a line of JSON for every finished episode
--actor             ACTOR              scripted    who words the notes where reset does not say: scripted or llm
--actor-model       ACTOR_MODEL                    the model that can be asked to word them
--actor-url         ACTOR_URL                      its endpoint; without one, notes come from the cache alone
--actor-api-key-env ACTOR_API_KEY_ENV              the variable that holds the endpoint's key, if it asks for one
--actor-cache       ACTOR_CACHE                    the folder of its notes; one in the user's cache folder if not given
                    SYNTH_AUDIT_TOKEN              what a client has to show; no flag, since a command line is public
"""

from __future__ import annotations

import argparse
import math
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from synth_audit_env.server.reset_options import ACTORS, LLM, SCRIPTED

MOST_SESSIONS = 100_000
LONGEST_TIMEOUT_S = 31_536_000
"""A year."""
MOST_WORKERS = 256
HIGHEST_RATE = 1_000_000
PAGE_VARIABLE = "ENABLE_WEB_INTERFACE"
"""openenv's: whether there is a page at /web."""
TOKEN_VARIABLE = "SYNTH_AUDIT_TOKEN"
SHORTEST_TOKEN = 16
"""Characters. What is shorter can be guessed at the rate at which a server answers."""
LOG_FORMATS = ("text", "json")
_VARIABLES = f"""\
Each flag is also an environment variable: HOST, PORT, MAX_SESSIONS, ...
Variables alone, without a flag:
  {TOKEN_VARIABLE}     what a client has to show; nothing if not set
  {PAGE_VARIABLE}  true for the page at /web; none if not set"""
"""What the help ends with."""


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
    workers: int = 1
    agent_only: bool = False
    """Whether reset, step and state are refused on every way in, so that only the tools of /mcp are left."""
    token: str | None = field(default=None, repr=False)
    """What every request but /health has to show as its bearer token; None for nothing."""
    origins: tuple[str, ...] = ()
    """Other sites whose pages may call the server from a browser."""
    sessions_per_address: int = 0
    """At a time; 0 for any number. So are the two below."""
    requests_per_second: int = 0
    """Of one address, new connections among them."""
    messages_per_second: int = 0
    """Of one session."""
    log_format: str = "text"
    episode_log: Path | None = None
    """The folder for finished episodes; None to keep none."""
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


def as_variables(arguments: Sequence[str] | None) -> dict[str, str]:
    """The flags of a command line as the environment variables that say the same, for processes of its own."""
    given = vars(_parser().parse_args(arguments))
    return {name.upper(): value for name, value in given.items() if value is not None}


def has_page(variables: Mapping[str, str]) -> bool:
    """Whether they ask for the page at /web, by openenv's rule."""
    return variables.get(PAGE_VARIABLE, "").lower() in ("true", "1", "yes")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="server",
        description="Serve SynthAudit.Env over HTTP and WebSocket.",
        epilog=_VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
    parser.add_argument("--workers", help=f"processes, each with sessions of its own (default {default.workers})")
    parser.add_argument(
        "--agent-only",
        action="store_const",
        const="true",
        help="refuse reset, step and state: only /mcp's tools are left",
    )
    parser.add_argument("--allow-origin", metavar="URL,...", help="origins whose pages may call the server")
    any_number = "; 0, the default, for any number"
    parser.add_argument(
        "--sessions-per-address", metavar="N", help=f"sessions that one address may have at a time{any_number}"
    )
    parser.add_argument(
        "--requests-per-second", metavar="N", help=f"requests and new connections of one address{any_number}"
    )
    parser.add_argument("--messages-per-second", metavar="N", help=f"messages of one session{any_number}")
    parser.add_argument("--log-format", help=f"{' or '.join(LOG_FORMATS)} (default {default.log_format})")
    parser.add_argument("--episode-log", metavar="DIR", help="keep a line of JSON for every finished episode there")
    parser.add_argument(
        "--actor", help=f"who words the notes where reset does not say: scripted or llm (default {default.actor})"
    )
    parser.add_argument("--actor-model", metavar="MODEL", help="the model that can be asked to word them")
    parser.add_argument("--actor-url", metavar="URL", help="its endpoint; without one, notes come from the cache alone")
    parser.add_argument("--actor-api-key-env", metavar="NAME", help="the variable that holds the endpoint's key")
    parser.add_argument("--actor-cache", metavar="DIR", help="the folder of its notes")
    return parser


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
    default = Settings()
    flags = _parser().parse_args(arguments)
    model, _ = _source(flags.actor_model, "--actor-model", variables, "")
    folder, _ = _source(flags.actor_cache, "--actor-cache", variables, "")
    log_folder, _ = _source(flags.episode_log, "--episode-log", variables, "")
    return Settings(
        workers=_workers(*_source(flags.workers, "--workers", variables, "1"), variables),
        agent_only=_truth(*_source(flags.agent_only, "--agent-only", variables, "false")),
        token=_token(variables),
        origins=_origins(*_source(flags.allow_origin, "--allow-origin", variables, "")),
        sessions_per_address=_rate(*_source(flags.sessions_per_address, "--sessions-per-address", variables, "0")),
        requests_per_second=_rate(*_source(flags.requests_per_second, "--requests-per-second", variables, "0")),
        messages_per_second=_rate(*_source(flags.messages_per_second, "--messages-per-second", variables, "0")),
        log_format=_one_of(LOG_FORMATS, *_source(flags.log_format, "--log-format", variables, default.log_format)),
        episode_log=Path(log_folder).expanduser() if log_folder else None,
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


def _workers(value: str, name: str, variables: Mapping[str, str]) -> int:
    workers = _whole(value, name, least=1, most=MOST_WORKERS)
    # The page's events are requests that follow one another, and have to find the process that the first has met.
    if workers > 1 and has_page(variables):
        raise SettingsError(
            f"{name} must be 1 with the page at /web, but it is {value!r}: "
            f"set {PAGE_VARIABLE}=false to serve without the page."
        )
    return workers


def _rate(value: str, name: str) -> int:
    return _whole(value, name, least=0, most=HIGHEST_RATE)


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


def _one_of(values: Sequence[str], value: str, name: str) -> str:
    if value not in values:
        raise SettingsError(f"{name} must be {' or '.join(values)}, but it is {value!r}.")
    return value


def _truth(value: str, name: str) -> bool:
    return _one_of(("true", "false"), value.lower(), name) == "true"


def _token(variables: Mapping[str, str]) -> str | None:
    token = variables.get(TOKEN_VARIABLE, "").strip()
    if not token:
        return None
    # The value itself is not repeated: what complains about a token ends in a log.
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise SettingsError(
            f"{TOKEN_VARIABLE} must have {SHORTEST_TOKEN} characters or more, of printable ASCII without blanks."
        )
    return token


def _origins(value: str, name: str) -> tuple[str, ...]:
    origins = tuple(origin for origin in (part.strip().rstrip("/").lower() for part in value.split(",")) if origin)
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise SettingsError(f"{name} must be origins such as https://example.org, but one is {origin!r}.")
    return origins


def _actor(value: str, name: str, model: str) -> str:
    _one_of(ACTORS, value, name)
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

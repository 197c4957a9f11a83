"""How a server is started: a few flags, each also an environment variable. A flag wins over its variable.

--host              HOST               127.0.0.1   address to listen on; 0.0.0.0 for every interface
--port              PORT               8000        0 takes a free one
--max-sessions      MAX_SESSIONS       64          sessions at a time
--session-timeout   SESSION_TIMEOUT    1800        seconds without a message after which a session ends; 0 for never
--workers           WORKERS            1           processes, each with its own sessions: --max-sessions counts in one;
                                                   more than one cannot serve the page (ENABLE_WEB_INTERFACE)
--agent-only        AGENT_ONLY         false       only the tools over /mcp: reset, step and state are refused
--settlement        SETTLEMENT                     immediate or terminal, for every episode; if not given, the client
                                                   chooses, or with --agent-only it is immediate
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
                    ENABLE_WEB_INTERFACE   false   true for the page at /web
"""

from __future__ import annotations

import argparse
import math
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..audit.episode import SETTLEMENTS
from ..reset_options import ACTORS, LLM, SCRIPTED

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
FLAGS = (
    *("host", "port", "max-sessions", "session-timeout", "workers", "settlement", "allow-origin"),
    *("sessions-per-address", "requests-per-second", "messages-per-second", "log-format", "episode-log"),
    *("actor", "actor-model", "actor-url", "actor-api-key-env", "actor-cache"),
)
"""Those that take a value. What they mean is said above, which is also what --help says."""


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
    settlement: str | None = None
    """How every episode is settled, as far as it was said: see `settled`."""
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

    @property
    def settled(self) -> str | None:
        """How every episode is settled; None where the client chooses, which an agent never does."""
        return self.settlement or (SETTLEMENTS[0] if self.agent_only else None)


def as_variables(arguments: Sequence[str] | None) -> dict[str, str]:
    """The flags of a command line as the environment variables that say the same, for processes of its own."""
    given = vars(_parser().parse_args(arguments))
    return {name.upper(): value for name, value in given.items() if value is not None}


def has_page(variables: Mapping[str, str]) -> bool:
    """Whether they ask for the page at /web, by openenv's rule."""
    return variables.get(PAGE_VARIABLE, "").lower() in ("true", "1", "yes")


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("server", "server [--flag value ...]", __doc__, formatter_class=raw)
    parser.add_argument("--agent-only", action="store_const", const="true", help=argparse.SUPPRESS)
    for name in FLAGS:
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
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
    flags = vars(_parser().parse_args(arguments))

    def given(flag: str, default: object = "") -> tuple[str, str]:
        """The value, and the name under which the user gave it."""
        name = flag.removeprefix("--").replace("-", "_")
        if flags[name] is not None:
            return flags[name], flag
        value = variables.get(name.upper(), "").strip()
        return (value, name.upper()) if value else (str(default), flag)

    model, cache, log_folder = (given(flag)[0] for flag in ("--actor-model", "--actor-cache", "--episode-log"))
    page = has_page(variables)
    agent_only = _truth(*given("--agent-only", "false"))
    return Settings(
        workers=_workers(*given("--workers", default.workers), page),
        agent_only=agent_only,
        settlement=_settlement(*given("--settlement"), page and not agent_only),
        token=_token(variables),
        origins=_origins(*given("--allow-origin")),
        sessions_per_address=_whole(*given("--sessions-per-address", 0), least=0, most=HIGHEST_RATE),
        requests_per_second=_whole(*given("--requests-per-second", 0), least=0, most=HIGHEST_RATE),
        messages_per_second=_whole(*given("--messages-per-second", 0), least=0, most=HIGHEST_RATE),
        log_format=_one_of(LOG_FORMATS, *given("--log-format", default.log_format)),
        episode_log=Path(log_folder).expanduser() if log_folder else None,
        actor=_actor(*given("--actor", default.actor), model),
        actor_model=model or None,
        actor_url=_of_model(*given("--actor-url"), model),
        actor_api_key_env=_of_model(*given("--actor-api-key-env"), model),
        actor_cache=Path(cache).expanduser() if cache else None,
        host=_host(*given("--host", default.host)),
        port=_whole(*given("--port", default.port), least=0, most=65_535),
        max_sessions=_whole(*given("--max-sessions", default.max_sessions), least=1, most=MOST_SESSIONS),
        session_timeout_s=_seconds(*given("--session-timeout", default.session_timeout_s)),
    )


def _whole(value: str, name: str, *, least: int, most: int) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) <= 9 and least <= int(value) <= most):
        raise SettingsError(f"{name} must be a whole number from {least} to {most}, but it is {value!r}.")
    return int(value)


def _workers(value: str, name: str, page: bool) -> int:
    workers = _whole(value, name, least=1, most=MOST_WORKERS)
    # The page's events are requests that follow one another, and have to find the process that the first has met.
    if workers > 1 and page:
        raise SettingsError(
            f"{name} must be 1 with the page at /web, but it is {value!r}: "
            f"set {PAGE_VARIABLE}=false to serve without the page."
        )
    return workers


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


def _settlement(value: str, name: str, on_a_page: bool) -> str | None:
    if value and _one_of(SETTLEMENTS, value, name) != "terminal" and on_a_page:
        told = "must be terminal with the page at /web, whose audits are settled at their end"
        raise SettingsError(f"{name} {told}, but it is {value!r}: set {PAGE_VARIABLE}=false to serve without the page.")
    return value or None


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

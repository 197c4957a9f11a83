"""The settings of a server: each field is also a flag and an environment variable. A flag wins over its variable.

    chosen = read(["--port", "9000"])      # the field max_sessions is --max-sessions and MAX_SESSIONS
    chosen = Settings(max_sessions=4)      # in a program: the environment is not looked at

The description of a field says what its value must be, and after a colon what that means: --help shows all of it, and
an error sentence repeats the first part.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, CliSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from . import limits

TOKEN = "synth_audit_token"


class SettingsError(ValueError):
    """An invalid setting, named as the user wrote it: by its flag or its variable."""


def _origins(value: str | Sequence[str]) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    origins = tuple(origin for origin in (part.strip().rstrip("/").lower() for part in parts) if origin)
    for url in map(urlsplit, origins):
        if url.scheme not in ("http", "https") or not url.netloc or url.path or url.query:
            raise ValueError("not an origin")
    return origins


def _unless_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


# A flag without a text, as a script gives it whose own variable is empty, says the same as an empty variable: nothing.
MAY_BE_BLANK = BeforeValidator(_unless_blank)
Text = Annotated[str | None, MAY_BE_BLANK]
Folder = Annotated[Annotated[Path, AfterValidator(Path.expanduser)] | None, MAY_BE_BLANK]


def _whole(default: int, least: int, most: int, meaning: str) -> Any:
    description = f"a whole number from {least} to {most}: {meaning}"
    return Field(default=default, ge=least, le=most, description=description)


def _rate(meaning: str) -> Any:
    return _whole(0, 0, limits.HIGHEST_RATE, f"{meaning}; 0 for any number")


def _text(default: Any, description: str) -> Any:
    return Field(default=default, description=description)


class Flags(BaseSettings):
    """The server of SynthAudit.Env. Each flag is also an environment variable: --max-sessions is MAX_SESSIONS.

    One setting is an environment variable alone. SYNTH_AUDIT_TOKEN is the bearer token that a client has to show: it is
    no flag, since other users can read a command line.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        cli_kebab_case=True,
        cli_implicit_flags="toggle",
        cli_hide_none_type=True,
        cli_avoid_json=True,
        # Some text has to stand for None, in --help as well; without this it would be "None", a name like others.
        cli_parse_none_str="not given",
        cli_prog_name="server",
    )
    host: str = _text("127.0.0.1", "an address of this machine: where to listen; 0.0.0.0 for every interface")
    port: int = _whole(8000, 0, 65_535, "0 takes a free one")
    max_sessions: int = _whole(64, 1, limits.MOST_SESSIONS, "sessions of each process at a time")
    # Long by default, since a trainer's optimizer step lies between two messages of a session.
    session_timeout: Annotated[float | None, AfterValidator(lambda seconds: seconds or None)] = Field(
        default=1800.0,
        ge=0,
        le=limits.LONGEST_TIMEOUT_S,
        allow_inf_nan=False,
        description=f"a number of seconds up to {limits.LONGEST_TIMEOUT_S}, or 0 for never: "
        "a session without a message for so long ends",
    )
    workers: int = _whole(1, 1, limits.MOST_WORKERS, "processes, each with its own sessions")
    agent_only: bool = _text(False, "true or false: only the tools over /mcp; reset, step and state are refused")
    settlement: Annotated[Literal["immediate", "terminal"] | None, MAY_BE_BLANK] = _text(
        None,
        "immediate or terminal: for every episode; if not given, the client chooses, or with --agent-only immediate",
    )
    allow_origin: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = _text(
        (), "origins such as https://example.org: with commas between them, whose pages may call the server"
    )
    sessions_per_address: int = _rate("sessions that one address may have at a time")
    requests_per_second: int = _rate("requests and new connections of one address")
    messages_per_second: int = _rate("messages of one session")
    log_format: Literal["text", "json"] = _text("text", "text or json")
    episode_log: Folder = _text(None, "a folder for a line of JSON for every finished episode")
    actor: Literal["scripted", "llm"] = _text("scripted", "scripted or llm: who words the notes if reset does not say")
    actor_model: Text = _text(None, "the model that can be asked to word the notes")
    actor_url: Text = _text(None, "the model's endpoint; without one, notes come from the cache alone")
    actor_api_key_env: Text = _text(None, "the variable that holds the endpoint's key, if it asks for one")
    actor_cache: Folder = _text(None, "the folder of the model's notes; one in the user's cache folder if not given")

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # called by name; the sources left out are not used
        cls, *_: Any, init_settings: PydanticBaseSettingsSource, **__: Any
    ) -> tuple[PydanticBaseSettingsSource]:
        """Take only what a program gives: `read` looks at the flags and the environment."""
        return (init_settings,)


class Settings(Flags):
    """All that a server needs to know before it starts."""

    synth_audit_token: str | None = Field(
        default=None,
        repr=False,
        pattern=f"^[!-~]{{{limits.SHORTEST_TOKEN},}}$",
        description=f"a text of {limits.SHORTEST_TOKEN} characters or more, of printable ASCII without blanks",
    )

    @property
    def settled(self) -> str | None:
        """How every episode is settled; None where the client chooses, which an agent never does."""
        return self.settlement or ("immediate" if self.agent_only else None)


def as_variables(arguments: Sequence[str] | None) -> dict[str, str]:
    """The flags of a command line as the environment variables that say the same, for worker processes."""
    return {name.upper(): str(value) for name, value in _flags(arguments).items()}


def read(arguments: Sequence[str] | None) -> Settings:
    """Read the environment and the flags: these arguments, or None for those of this process.

    Raises:
        SettingsError: A setting is invalid.
    """
    flags = _flags(arguments)
    # pydantic's own reader would take variables in lower case as well.
    variables = {name: value for name in Settings.model_fields if (value := os.environ.get(name.upper(), "").strip())}
    try:
        chosen = Settings(**{**variables, **flags})
    except ValidationError as problem:
        found = problem.errors(include_url=False)[0]
        field = str(found["loc"][0])
        # A token is not repeated: what complains about it ends in a log.
        shown = "" if field == TOKEN else f", but it is {found['input']!r}"
        wanted = str(Settings.model_fields[field].description).partition(": ")[0]
        raise SettingsError(f"{_name(field, flags)} must be {wanted}{shown}.") from None
    for field, told in _conflicts(chosen):
        raise SettingsError(f"{_name(field, flags)} {told}")
    return chosen


def _flags(arguments: Sequence[str] | None) -> dict[str, Any]:
    return CliSettingsSource[Any](Flags, cli_parse_args=list(sys.argv[1:] if arguments is None else arguments))()


def _name(field: str, flags: Mapping[str, object]) -> str:
    """A setting as the user wrote it."""
    return f"--{field.replace('_', '-')}" if field in flags else field.upper()


def _conflicts(chosen: Settings) -> Iterator[tuple[str, str]]:
    """Settings that do not go together: the field, and what is wrong with it."""
    if chosen.actor_model is None:
        needed = "give --actor-model or set ACTOR_MODEL."
        if chosen.actor == "llm":
            yield "actor", f"llm needs a model: {needed}"
        for field in ("actor_url", "actor_api_key_env"):
            if getattr(chosen, field) is not None:
                yield field, f"is for a model: {needed}"

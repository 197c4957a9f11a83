"""The server as a program, and its application by name (`server/application.py` makes it).

    uv run server --port 8000 --workers 2

`uvicorn synth_audit_env.server.app:app`, the name in openenv.yaml, works too, but without UVICORN_OPTIONS. Then a
session whose client answers no ping for 20 s is lost, and the limits on frames and slow requests are uvicorn's. What
SECURITY.md promises of them holds for `server` alone.

Flags are read before the application is imported, which takes a second.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
from collections.abc import Sequence
from typing import Any

from .serving import settings
from .serving.settings import Settings, SettingsError

app: Any
"""The application, a FastAPI."""
log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the server until it is stopped."""
    try:
        chosen = settings.read(argv)
        from .application import UVICORN_OPTIONS, environments, log_files

        # What `build_app` would raise is said before anything is started.
        environments(chosen)
        log_files(chosen)
        _bind(chosen)
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
    import uvicorn

    from .serving.logs import log_config
    from .serving.metrics import shared

    # Each process makes the application itself, out of its environment.
    os.environ.update(settings.as_variables(argv))
    with shared() if chosen.workers > 1 else contextlib.nullcontext():
        uvicorn.run(
            "synth_audit_env.server.app:from_variables",
            factory=True,
            host=chosen.host,
            port=chosen.port,
            log_config=log_config(chosen.log_format),
            # Said, or uvicorn would go by WEB_CONCURRENCY.
            workers=chosen.workers,
            # On a busy machine a start takes longer than uvicorn's five seconds, after which it would begin anew.
            timeout_worker_healthcheck=60,
            **UVICORN_OPTIONS,
        )


def from_variables() -> Any:
    """The application that the environment variables ask for, with the garbage collector calmed for it."""
    from .application import build_app, collect_less

    built = build_app(settings.read([]))
    collect_less()
    return built


def _bind(chosen: Settings) -> None:
    """Listen for a moment. Raises SettingsError where that cannot be: uvicorn would say so after all is started."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    try:
        socket.create_server((chosen.host, chosen.port), family=family).close()
    except OSError as problem:
        reason = str(problem.strerror).partition(" (")[0]
        told = f"Port {chosen.port} of {chosen.host} cannot be had ({reason})"
        raise SettingsError(f"{told}: name others by --host and --port, where port 0 is a free one.") from problem


def __getattr__(name: str) -> Any:
    # `app` is made when somebody asks for it (uvicorn does, by name), since main makes its own from the flags, and
    # since a wrong environment variable must not make this module unimportable.
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = from_variables()
    log.warning("Started by the name of its application, this server goes without UVICORN_OPTIONS: `server` sets them.")
    return globals()["app"]


if __name__ == "__main__":
    main()

"""openenv's own playground at /web, a page by Gradio, kept from reading files, calling hosts and telling exceptions.

    built = with_playground(sessions.refused, env=environment, env_name="synth_audit_env", ...)

Gradio is openenv's dependency, not ours, and takes seconds to import: only a server with the playground does so.

Gradio takes an object that names a file for the value of any field, copies the file into a cache, and serves the cache.
It checks the name only once a page was launched, which openenv, who mounts it, never does, and fetches what a URL
names. The playground has no field for a file: so no object that names one is taken, and the cache is not served. That
stands on parts that Gradio does not document, so no other release is served than those that it was tested with.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount

from ..world.errors import EpisodeError
from .refusals import refusal
from .settings import WITHOUT_PLAYGROUND, SettingsError

FIRST, NEXT = (6, 31), (7, 0)
"""The first release of Gradio that `_guard` was tested with, and the next one that may change what it stands on."""
PATH = "/web"
ASKED_FOR = frozenset(
    "/ /config /theme.css /manifest.json /robots.txt /favicon.ico /assets/{path:path} /static/{path:path} "
    "/gradio_api/info /gradio_api/app_id /gradio_api/heartbeat/{session_hash} /gradio_api/queue/join "
    "/gradio_api/queue/data /gradio_api/cancel /gradio_api/reset".split()
)
"""Routes that the playground itself asks for. Gradio's others hand out files, relay requests and call functions."""
NO_FILES = "The playground takes no files."


def check_gradio() -> None:
    """See that the playground can be kept. Raises SettingsError."""
    try:
        found = version("gradio")
    except PackageNotFoundError:
        found = "missing"
    if not FIRST <= tuple(int(part) for part in found.split(".")[:2] if part.isdecimal()) < NEXT:
        told = f"asks for the playground at /web, which needs Gradio from 6.31 on and before 7, but it is {found}"
        raise SettingsError(f"ENABLE_WEB_INTERFACE {told}: {WITHOUT_PLAYGROUND}")


def with_playground(refused: Callable[[str], None], **served: Any) -> FastAPI:
    """openenv's application with its playground, whose visitors share one episode.

    Args:
        refused: Is told the code of what is refused.
        served: What `create_web_interface_app` is given.

    Raises:
        SettingsError: There is no Gradio, or one that was not tested.
    """
    check_gradio()
    from openenv.core.env_server.gradio_ui import build_gradio_app
    from openenv.core.env_server.web_interface import create_web_interface_app

    # Gradio tells its makers of every page that is built, unless it is told not to.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

    def same_but_plain(manager: Any, *shown: Any) -> Any:
        for name in ("reset_environment", "step_environment"):
            setattr(manager, name, _speaking_plainly(getattr(manager, name)))
        return build_gradio_app(manager, *shown)

    built = create_web_interface_app(**served, gradio_builder=same_but_plain, show_default_tab=False)
    (mount,) = (route for route in built.routes if isinstance(route, Mount) and route.path == PATH)
    _guard(mount.app, refused)
    return built


def _guard(app: Any, refused: Callable[[str], None]) -> None:
    """Keep the visitors of Gradio's application to what the playground is for."""
    from gradio import Error

    blocks = app.blocks
    process = blocks.process_api

    async def answer(**asked: Any) -> dict[str, Any]:
        try:
            if _names_a_file(asked["inputs"]):
                raise EpisodeError(NO_FILES)
            answered: dict[str, Any] = await process(**asked)
            return answered
        except Error:  # Gradio's own words to who sent something wrong
            raise
        except Exception as problem:  # noqa: BLE001  # whatever it is, its text goes to the log alone
            told = refusal(problem)
            refused(told.code)
            raise Error(told.sentence, print_exception=False) from None

    app.router.routes[:] = [route for route in app.routes if getattr(route, "path", None) in ASKED_FOR]
    # Every way to a function leads through this method. Gradio checks paths too from here on, and of what fails outside
    # of a function it shows nothing.
    vars(blocks).update(process_api=answer, has_launched=True, show_error=False)


def _names_a_file(value: Any) -> bool:
    """Whether anything in it is an object that Gradio would take for a file."""
    if isinstance(value, dict):
        return ("path" in value and "meta" in value) or any(map(_names_a_file, value.values()))
    return isinstance(value, list) and any(map(_names_a_file, value))


def _speaking_plainly(play: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """What the playground plays by, for it shows the text of any exception: here only what visitors may know."""

    async def told(*given: Any) -> Any:
        try:
            return await play(*given)
        except Exception as problem:  # noqa: BLE001  # as above
            refused = refusal(problem)
            raise (RuntimeError if refused.ours else EpisodeError)(refused.sentence) from None

    return told

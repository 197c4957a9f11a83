"""What a visitor may not do through the page: read the server's files, send it to other hosts, learn why it failed.

    guard(mount, sessions.refused)      # the route at which openenv has mounted Gradio's application
    speak_plainly(manager)              # what openenv's playground plays through

Gradio takes an object that names a file for the value of any field, copies the file into a cache, and serves the cache.
It checks the name only once a page was launched, which openenv, who mounts it, never does, and fetches what a URL
names. So here a name has to be that of a file which was uploaded, and nothing is served from the cache: what the page
offers to be saved is in its links.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from synth_audit_env.server.errors import EpisodeError
from synth_audit_env.server.serving.refusals import refusal

ASKED_FOR = re.compile(
    r"/((config|theme\.css|manifest\.json|robots\.txt|favicon\.ico)?|(assets|static|svelte)/.+"
    r"|gradio_api/(info|app_id|queue/(join|data)|heartbeat/[^/]+|upload|upload_progress|cancel|reset))"
)
"""Paths that the page itself asks for. Gradio's others hand out files, relay requests and call functions directly."""
NOT_SENT = "That is no file which was sent to this page: send it, or send it again."


def guard(mount: Mount, refused: Callable[[str], None]) -> gr.Blocks:
    """Keep visitors to what the page is for.

    Args:
        mount: The route of Gradio's application.
        refused: Is told the code of what was refused, as the server counts it.

    Returns:
        The page that is mounted there.
    """
    app: Any = mount.app
    blocks: gr.Blocks = app.blocks
    mount.app = _OnlyAskedFor(app)
    # From here on Gradio checks paths too.
    blocks.has_launched = True
    # What fails outside of a function is told by its exception's text, or not at all.
    blocks.show_error = False
    process = blocks.process_api

    async def answer(**asked: Any) -> dict[str, Any]:
        try:
            if not all(_was_sent(blocks, path) for path in _named_files(asked["inputs"])):
                raise EpisodeError(NOT_SENT)
            return await process(**asked)
        except gr.Error:
            raise
        except Exception as problem:  # noqa: BLE001  # whatever it is, its text goes to the log alone
            told = refusal(problem)
            refused(told.code)
            raise gr.Error(told.sentence, print_exception=False) from None

    # Every way to a function leads through this method.
    vars(blocks)["process_api"] = answer
    return blocks


class _OnlyAskedFor:
    """ASGI: Gradio's application, of which only the routes are there that the page needs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not ASKED_FOR.fullmatch(scope["path"].removeprefix(scope["root_path"])):
            raise HTTPException(404)
        await self._app(scope, receive, send)


def _named_files(value: Any) -> Iterator[Any]:
    """The path of every object in it that Gradio would take for a file."""
    if isinstance(value, dict):
        if "path" in value and "meta" in value:
            yield value["path"]
        value = [*value.values()]
    if isinstance(value, list):
        for one in value:
            yield from _named_files(one)


def _was_sent(blocks: gr.Blocks, path: Any) -> bool:
    return isinstance(path, str) and path in blocks.upload_file_set and os.path.isfile(path)


def speak_plainly(manager: Any) -> None:
    """Have openenv's playground, which shows the text of any exception, meet only texts that are meant for visitors."""
    reset, step, state = manager.reset_environment, manager.step_environment, manager.get_state

    async def reset_environment(options: dict[str, Any] | None = None) -> Any:
        with _in_words():
            return await reset(options)

    async def step_environment(action: dict[str, Any]) -> Any:
        with _in_words():
            return await step(action)

    manager.reset_environment, manager.step_environment = reset_environment, step_environment
    manager.get_state = _in_words()(state)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except Exception as problem:  # noqa: BLE001  # as above
        told = refusal(problem)
        raise (RuntimeError if told.ours else EpisodeError)(told.sentence) from None

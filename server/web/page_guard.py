"""What a visitor may not do through the page: read the server's files, send it to other hosts, learn why it failed.

Gradio takes an object that names a file for the value of any field, copies the file into a cache, and serves the cache.
It checks the name only once a page was launched, which openenv, who mounts it, never does, and fetches what a URL
names. So here a name has to be that of a file which was uploaded, and nothing is served from the cache: what the page
offers to be saved is in its links.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import gradio as gr
from starlette.routing import Mount

from ..serving.refusals import refusal
from ..world.errors import EpisodeError

ASKED_FOR = frozenset(
    "/ /config /theme.css /manifest.json /robots.txt /favicon.ico /assets/{path:path} /static/{path:path} "
    "/gradio_api/info /gradio_api/app_id /gradio_api/heartbeat/{session_hash} /gradio_api/queue/join "
    "/gradio_api/queue/data /gradio_api/upload /gradio_api/upload_progress /gradio_api/cancel /gradio_api/reset".split()
)
"""Routes that the page itself asks for. Gradio's others hand out files, relay requests and call functions directly."""
NOT_SENT = "That is no file which was sent to this page: send it, or send it again."


def guard(mount: Mount, refused: Callable[[str], None]) -> gr.Blocks:
    """Keep the visitors of what is mounted to what it is for, have `refused` count what is not, and return its page."""
    app: Any = mount.app
    blocks: gr.Blocks = app.blocks
    process, sent = blocks.process_api, blocks.upload_file_set

    async def answer(**asked: Any) -> dict[str, Any]:
        try:
            if not all(path in sent and os.path.isfile(path) for path in _named_files(asked["inputs"])):
                raise EpisodeError(NOT_SENT)
            return await process(**asked)
        except gr.Error:
            raise
        except Exception as problem:  # noqa: BLE001  # whatever it is, its text goes to the log alone
            told = refusal(problem)
            refused(told.code)
            raise gr.Error(told.sentence, print_exception=False) from None

    app.router.routes[:] = [route for route in app.routes if getattr(route, "path", None) in ASKED_FOR]
    # Every way to a function leads through this method. Gradio checks paths too from here on, and of what fails outside
    # of a function it shows nothing.
    vars(blocks).update(process_api=answer, has_launched=True, show_error=False)
    return blocks


def _named_files(value: Any) -> Iterator[str]:
    """The path of every object in it that Gradio would take for a file."""
    if isinstance(value, dict):
        if "path" in value and "meta" in value:
            yield str(value["path"])
        value = [*value.values()]
    if isinstance(value, list):
        for one in value:
            yield from _named_files(one)


def speaking_plainly(play: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """What openenv's playground plays by, for it shows the text of any exception: here only what visitors may know."""

    async def told(*given: Any) -> Any:
        try:
            return await play(*given)
        except Exception as problem:  # noqa: BLE001  # as above
            refused = refusal(problem)
            raise (RuntimeError if refused.ours else EpisodeError)(refused.sentence) from None

    return told

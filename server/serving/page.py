"""The page at / and /page/: its files, and what it asks beside an audit.

    built.router.routes += page_routes(chosen, finished, play, results=Path("outputs"))

It plays over /ws like any other client. Its questions are the facts, reference auditors on a finished episode, kept
logs and results. All of these are read from the disk or played in a thread, for one visitor at a time, so that no
session waits for them. They tell nothing of a running episode: logs and results are of finished ones, and reference
auditors play no other. The browser reads the lines of a log, as it reads those of a visitor's own file.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter, to_thread
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from ... import __version__
from ...error_types import ERROR_KINDS
from ...fault_types import FAULT_KINDS
from ...tool_records import COHORT_FEATURES
from ..audit.audit_report import MOST
from ..audit.reward_model import REPORT, REWARDS
from ..world.errors import EpisodeError
from ..world.quantities import LIMITED, QUANTITIES
from ..world.record import FACT_FIELDS
from ..world.tasks import ADAPTIVE, ALL_TIERS, FRONTIER, LEVELS, REFERENCE_SEEDS, SPLITS, TIERS, num_tasks, task_of
from .limits import RETRY_AFTER_S
from .sessions import Sessions
from .settings import Settings

Play = Callable[[Mapping[str, Any]], list[dict[str, Any]]]
"""Has the reference auditors play the episode of reset's options."""
Answer = Callable[[Request], Response]

FILES = Path(__file__).parents[1] / "page"
HEADERS = {
    # Nothing comes from another host, and no script but the page's own files runs.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'",
    # The browser asks each time whether a file has changed, and is told so without the file where it has not.
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}
KINDS = {"results.json": "evaluation", "training_log.json": "training", "certificate.json": "certificate"}
"""The results that the page can draw, by a file's name."""
MOST_LOGS = 500
"""The newest of a folder."""
MOST_WAITING = 64
"""Requests that may wait for their turn."""
NDJSON = "application/x-ndjson"
NOT_FINISHED = "No open session has finished an episode of that id: reference auditors play one once it is over."
ELSEWHERE = " This server has several processes, and another one may have that session."
TOO_MANY = "Too many questions of the page wait for an answer: ask again in a moment."


def page_routes(chosen: Settings, sessions: Sessions, play: Play, results: Path) -> list[BaseRoute]:
    """The routes of the page: /, /page/, and /web, which leads to /.

    Args:
        chosen: How the server settles episodes, where its logs are, and how many processes it has.
        sessions: Of this process: the episode that one of them has finished may be told of.
        play: Plays them.
        results: The folder of evaluations and training runs.
    """
    facts, logs = page_facts(chosen), chosen.episode_log

    def reference(request: Request) -> Response:
        episode_id = request.path_params["episode_id"]
        options = sessions.finished(episode_id)
        if options is None:
            raise HTTPException(404, NOT_FINISHED + (ELSEWHERE if chosen.workers > 1 else ""))
        try:
            auditors = play(options)
        except EpisodeError as problem:
            # The model that worded the notes cannot be had any more.
            raise HTTPException(409, f"The episode cannot be played again: {problem}") from None
        return _json({"episode_id": episode_id, "auditors": auditors})

    def log(request: Request) -> Response:
        name = request.path_params["name"]
        if logs is None or name not in dict(log_files(logs)):
            raise HTTPException(404, "There is no log of that name: /page/logs lists those that there are.")
        # It may grow while it is sent, so its length is not told beforehand.
        return StreamingResponse(_pieces(logs / str(name)), media_type=NDJSON)

    def result(request: Request) -> Response:
        path = request.path_params["path"]
        if path not in [file["path"] for file in result_files(results)]:
            raise HTTPException(404, "There is no result of that path: /page/results lists those that there are.")
        return FileResponse(results / str(path), media_type="application/json")

    answers: dict[str, Answer] = {
        "/settings": lambda _: _json(facts),
        "/reference/{episode_id}": reference,
        "/logs": lambda _: _json([{"name": name, "bytes": size} for name, size in log_files(logs)]),
        "/logs/{name}": log,
        "/results": lambda _: _json(result_files(results)),
        "/results/{path:path}": result,
    }
    turn = CapacityLimiter(1)

    async def in_turn(answer: Answer, request: Request) -> Response:
        """Answer in a thread, once all that were asked before are answered."""
        if turn.statistics().tasks_waiting >= MOST_WAITING:
            raise HTTPException(503, TOO_MANY, {"Retry-After": str(RETRY_AFTER_S)})
        return await to_thread.run_sync(answer, request, limiter=turn)

    questions = [Route(path, partial(in_turn, answer)) for path, answer in answers.items()]
    # Python asks the operating system for types, and some systems say that JavaScript is plain text.
    mimetypes.add_type("text/javascript", ".js")
    below = [*questions, Mount("/", StaticFiles(directory=FILES))]
    return [
        Route("/", _index),
        # Where openenv's tools look for a page. The address is relative, as a proxy may have put a path before it.
        Route("/web", RedirectResponse("./")),
        Mount("/page", routes=below, middleware=[Middleware(BaseHTTPMiddleware, dispatch=_with_headers)]),
    ]


async def _index(_: Request) -> FileResponse:
    return FileResponse(FILES / "index.html", headers=HEADERS)


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.update(HEADERS)
    return response


def page_facts(chosen: Settings) -> dict[str, Any]:
    """Facts of this server and of the environment, so that the page holds no copy of its own. Amounts are points."""
    known = ("task_id", "patients", "proposals", "steps")
    tasks = [{"difficulty": tier.name, **{name: getattr(tier, name) for name in known}} for tier in TIERS.values()]
    # The figures of these are those of the level, or of the tier that is its turn.
    unknown = dict.fromkeys(tasks[0])
    tasks += [unknown | {"task_id": FRONTIER, "levels": list(LEVELS)}, unknown | {"task_id": ADAPTIVE}]
    tiers = {name: [tier.name for tier in ALL_TIERS.values() if name in tier.error_types] for name in ERROR_KINDS}
    return {
        "version": __version__,
        "settlement": chosen.settled,
        "logs": chosen.episode_log is not None,
        "tasks": tasks,
        "splits": {split: _split(split) for split in SPLITS},
        "error_types": [
            {"name": name, "meaning": kind.rule, "tiers": tiers[name]} for name, kind in ERROR_KINDS.items()
        ],
        "faults": [{"name": name, **kind._asdict()} for name, kind in FAULT_KINDS.items()],
        "quantities": [QUANTITIES[name].words.name for name in LIMITED],
        "shap_fields": FACT_FIELDS,
        "cohort_features": COHORT_FEATURES,
        # The report's own depends on what is in it: here is the most that it can earn.
        "rewards": {event: amount / 1000 for event, amount in REWARDS.items()} | {REPORT: MOST},
    }


def _split(split: str) -> dict[str, Any]:
    tasks = num_tasks(split)
    if split == "reference":
        return {"tasks": tasks, "seeds": REFERENCE_SEEDS}
    return {"tasks": tasks, "first_seed": task_of(split, 0).seed, "last_seed": task_of(split, tasks - 1).seed}


def log_files(folder: Path | None) -> list[tuple[str, int]]:
    """The logs right inside a folder by name and size, the newest first; links are none."""
    if folder is None or not folder.is_dir():
        return []
    found = [path for path in folder.glob("*.jsonl") if path.is_file() and not path.is_symlink()]
    # The server names its files after the time.
    newest = sorted(found, key=lambda path: path.name, reverse=True)[:MOST_LOGS]
    return [(path.name, path.stat().st_size) for path in newest]


def result_files(root: Path) -> list[dict[str, Any]]:
    """Path from the folder on, size and kind of each result, by path; not links, hidden folders and checkpoints."""
    found = []
    for file in root.rglob("*.json"):
        path = file.relative_to(root)
        passed_over = any(part.startswith((".", "checkpoint-")) for part in path.parts)
        if file.name in KINDS and not passed_over and file.is_file() and not file.is_symlink():
            found.append({"path": path.as_posix(), "bytes": file.stat().st_size, "kind": KINDS[file.name]})
    return sorted(found, key=lambda file: str(file["path"]))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(partial(file.read, 256 * 1024), b"")


def _json(value: Any) -> Response:
    return Response(to_json(value), media_type="application/json")

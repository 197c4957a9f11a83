"""Answers a request with a file: its type, whether the client has it already, compressed, or in part.

    response = await asyncio.to_thread(answer_with, Path("server/page/index.html"), request)

A small file is read and compressed at once. A larger one, and a part of one (`Range: bytes=0-99`), is sent in pieces,
so that a slow client holds no memory. Which files may be asked for is for the caller to say.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".md": "text/plain; charset=utf-8",
}
"""By a file's ending. The operating system has such a table too, and some have JavaScript wrong in it."""
OTHER = "text/plain; charset=utf-8"
PACKED = ("text/", "application/json", "image/svg")
NO_FILE = "There is no such file."
LEAST_PACKED = 1_024
"""Bytes that are worth compressing."""
MOST_AT_ONCE = 1024 * 1024
"""Bytes of a file that is read as a whole."""
PIECE = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


def answer_with(path: Path, request: Request) -> Response:
    """The file as an answer. For a thread, since it waits for the disk.

    Raises:
        HTTPException: 404 where it is no file or cannot be read, 416 where the file has no such part.
    """
    with _opened(path) as file:
        status = os.fstat(file.fileno())
        etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        headers = {"Content-Type": TYPES.get(path.suffix, OTHER), "ETag": etag}
        if etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers=headers)
        part = _part(request, status.st_size) if request.headers.get("if-range", etag) == etag else None
        if part is None and status.st_size <= MOST_AT_ONCE:
            return packed(file.read(status.st_size), request, headers)
    start, stop = part or (0, status.st_size)
    headers |= {"Accept-Ranges": "bytes", "Content-Length": str(stop - start)}
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{status.st_size}"
    code = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(status_code=code, headers=headers)
    return StreamingResponse(_pieces(path, start, stop), code, headers)


def packed(content: bytes, request: Request, headers: dict[str, str]) -> Response:
    """Content as an answer, compressed where that is worth it and the client takes it. `headers` has its type."""
    headers = {**headers, "Vary": "Accept-Encoding"}
    accepted = re.search(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", request.headers.get("accept-encoding", ""))
    if accepted and len(content) >= LEAST_PACKED and headers["Content-Type"].startswith(PACKED):
        content = gzip.compress(content, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers)


def _part(request: Request, size: int) -> tuple[int, int] | None:
    """The first byte that is asked for and the one after the last; None for all, as for what is no single range."""
    asked = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if asked is None or asked.groups() == ("", ""):
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if first and last and int(last) < int(first):
        return None
    if start >= stop:
        told = f"The file has {size} bytes: there is no part of it from byte {start} on."
        raise HTTPException(416, told, {"Content-Range": f"bytes */{size}"})
    return start, stop


def _pieces(path: Path, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from start to stop; of a file that has grown meanwhile no more."""
    with _opened(path) as file:
        file.seek(start)
        while start < stop and (piece := file.read(min(PIECE, stop - start))):
            start += len(piece)
            yield piece


def _opened(path: Path) -> BinaryIO:
    """The file, to be read. Raises HTTPException for a folder, a pipe, and what is not there."""
    try:
        # Else the opening of a pipe would wait for somebody who writes to it.
        file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb")
    except (OSError, ValueError):
        raise HTTPException(404, NO_FILE) from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise HTTPException(404, NO_FILE)
    return file

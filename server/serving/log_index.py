"""The table of contents of an episode log: where each episode lies in the file, who played it, and how it went.

    for name, size in log_files(folder):
        log_index(folder / name)["episodes"][0]["offset"]

No line, however long or broken, ends the reading: it is told with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, FiniteFloat, StringConstraints, ValidationError

from ...models import EpisodeOutcome
from ..world.tasks import ALL_TIERS

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes. An episode of the frontier has up to one and a half megabytes; the longest reasons alone make three."""
MOST_LINES = 10_000
"""Of a file. A full one of the server's has a third of it."""
MOST_REFUSED = 20
"""Lines that are told to be no episodes, each with the reason; of further ones only the number."""
MOST_FILES = 500
"""The newest of a folder."""
Name = Annotated[str, StringConstraints(max_length=200)]


class _Line(BaseModel):
    """A line, as far as it is read."""

    task: Name
    seed: int
    split: Name
    agent: Name
    rewards: list[FiniteFloat] = Field(min_length=1, max_length=max(tier.steps for tier in ALL_TIERS.values()))
    outcome: EpisodeOutcome


def log_files(folder: Path | None) -> list[tuple[str, int]]:
    """The logs right inside a folder by name and size, the newest first; links are none."""
    if folder is None or not folder.is_dir():
        return []
    found = [path for path in folder.glob("*.jsonl") if path.is_file() and not path.is_symlink()]
    # The server names its files after the time.
    newest = sorted(found, key=lambda path: path.name, reverse=True)[:MOST_FILES]
    return [(path.name, path.stat().st_size) for path in newest]


def log_index(path: Path) -> dict[str, Any]:
    """The episodes of a log, and the lines that are none. Raises OSError."""
    episodes: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    last: list[dict[str, Any]] = []
    for number, (offset, line) in enumerate(_lines(path), start=1):
        if number > MOST_LINES:
            last = [{"line": number, "why": f"The index ends here: it has the first {MOST_LINES:,} lines."}]
            break
        try:
            if line.strip():
                where = {"offset": offset, "bytes": len(line.removesuffix(b"\n")), "line": number}
                episodes.append(where | _heading(line))
        except ValueError as problem:
            refused.append({"line": number, "why": str(problem)})
    return {"episodes": episodes, "refused": refused[:MOST_REFUSED] + last, "more_refused": len(refused[MOST_REFUSED:])}


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Where each line begins, and the line, of a too long one only the beginning."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            yield file.tell() - len(line), line
            while not line.endswith(b"\n") and (line := file.readline(LONGEST_LINE)):
                pass


def _heading(line: bytes) -> dict[str, Any]:
    """Who played what, and how it went. Raises ValueError with a sentence."""
    if len(line) > LONGEST_LINE:
        raise ValueError(f"The line has more than {LONGEST_LINE:,} bytes.")
    try:
        read = _Line.model_validate_json(line)
    except ValidationError as problem:
        wrong = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        where = "".join(f"{part}: " for part in wrong["loc"])
        raise ValueError(f"The line is no episode: {where}{wrong['msg']}.") from None
    outcome = read.outcome
    return {
        **read.model_dump(include={"task", "seed", "split", "agent"}),
        "score": outcome.score,
        "fault_f1": outcome.fault_f1,
        "return": outcome.return_,
        "steps": len(read.rewards),
        # A proposal that is left undecided is never right.
        "mistakes": sum(told.decision != ("flagged" if told.is_wrong else "approved") for told in outcome.proposals),
    }

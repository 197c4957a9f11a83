"""The table of contents of an episode log: where each episode lies in the file, who played it, and how it went.

    for name, size in log_files(folder):
        log_index(folder / name)["episodes"][0]["offset"]

Of a line only its two ends are read, as `episode_line.py` writes them: what the episode is, and what came of it. No
line, however long or broken, ends the reading: it is told with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from ...models import EpisodeOutcome
from ..world.tasks import ALL_TIERS
from . import strict_json

LONGEST_LINE, LONGEST_ENDS = 4 * 1024 * 1024, 1024 * 1024
"""Bytes of a line, and of its two ends. An episode of the frontier has up to one and a half megabytes; the longest
reasons alone make three."""
MOST_LINES = 10_000
"""Of a file. A full one of the server's has a third of it."""
MOST_REFUSED = 20
"""Lines that are told to be no episodes, each with the reason; of further ones only the number."""
MOST_FILES = 500
"""The newest of a folder."""
_HEAD_ENDS, _TAIL_BEGINS = b',"actions":[', b'],"rewards":['
# Neither can be within a text of valid JSON, where a quotation mark is written with a backslash before it.
Name = Annotated[str, StringConstraints(max_length=200)]


class _Ends(BaseModel):
    """The two ends of a line, as far as they are read."""

    task: Name
    seed: int
    split: Name
    agent: Name
    rewards: list[float] = Field(min_length=1, max_length=max(tier.steps for tier in ALL_TIERS.values()))
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
    last: dict[str, Any] | None = None
    for number, (offset, size, line) in enumerate(_lines(path), start=1):
        if number > MOST_LINES:
            last = {"line": number, "why": f"The index ends here: it has the first {MOST_LINES:,} lines."}
            break
        try:
            if line.strip():
                episodes.append({"offset": offset, "bytes": size, "line": number, **_heading(size, line)})
        except ValueError as problem:
            refused.append({"line": number, "why": str(problem)})
    shown = refused[:MOST_REFUSED] + ([] if last is None else [last])
    return {"episodes": episodes, "refused": shown, "more_refused": len(refused[MOST_REFUSED:])}


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Where each line begins, how long it is without its end, and the line, of a too long one only the beginning."""
    with path.open("rb", buffering=1024 * 1024) as file:
        offset = 0
        while line := file.readline(LONGEST_LINE + 1):
            size, end = len(line), line
            while not end.endswith(b"\n") and (end := file.readline(LONGEST_LINE)):
                size += len(end)
            yield offset, size - end.endswith(b"\n"), line
            offset += size


def _heading(size: int, line: bytes) -> dict[str, Any]:
    """Who played what, and how it went. Raises ValueError with a sentence."""
    if size > LONGEST_LINE:
        raise ValueError(f"The line has {size:,} bytes, and {LONGEST_LINE:,} is the limit.")
    first, last = line.find(_HEAD_ENDS), line.rfind(_TAIL_BEGINS)
    if not 0 < first < last or not line.rstrip().endswith(b"}"):
        raise ValueError("The line is no whole episode: its ends are not those of an episode log's line.")
    if first + len(line) - last > LONGEST_ENDS:
        raise ValueError(f"The line has more than {LONGEST_ENDS:,} bytes beside its actions and observations.")
    try:
        ends = _Ends.model_validate(strict_json.read(line[:first] + line[last + 1 :]))
    except ValidationError as problem:
        wrong = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        raise ValueError(f"The line is no episode: {where}: {wrong['msg']}.") from None
    except ValueError as problem:
        raise ValueError(f"The line is not valid JSON: {problem}.") from None
    return {
        **ends.model_dump(include={"task", "seed", "split", "agent"}),
        "score": ends.outcome.score,
        "fault_f1": ends.outcome.fault_f1,
        "return": ends.outcome.return_,
        "steps": len(ends.rewards),
        # A proposal that is left undecided is never right.
        "mistakes": sum(
            told.decision != ("flagged" if told.is_wrong else "approved") for told in ends.outcome.proposals
        ),
    }

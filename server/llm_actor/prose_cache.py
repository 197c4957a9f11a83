"""Prose on disk: a file an episode, by scenario, model and version, so that an episode told once is told so for good.

    cache = ProseCache(Path("prose"))
    kept = cache.keep(prose)                   # prose/MODEL/VERSION/DIGEST.json
    cache.find("qwen3:8b", digest_of(scenario))

Files are written aside and linked into place, so that other processes see a whole file or none, and the first stays.
What a file holds is not trusted: its form is checked here, its texts by whoever takes them up (`actor.py`).
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from pydantic import ValidationError

from ..world.errors import EpisodeError
from .prose import PROMPT_VERSION, EpisodeProse


class ProseCacheError(EpisodeError):
    """The cache cannot be used; the sentence names the file, as the cache's folder has it, and the remedy."""


def default_folder() -> Path:
    """Where prose is kept when nobody says otherwise: in the user's folder for caches."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "synth_audit_env" / "prose"


class ProseCache:
    """A folder of prose."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made when something is kept."""
        self._folder = folder

    def find(self, model: str, digest: str) -> EpisodeProse | None:
        """The prose of a scenario in the words of a model, or None where there is none.

        Raises:
            ProseCacheError: There is a file, and it cannot be read as that.
        """
        path = self._path(model, digest)
        try:
            prose = EpisodeProse.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else problem.errors()[0]["msg"]
            raise self.broken(model, digest, f"it is no prose of an episode ({why})") from problem
        if (prose.version, prose.model, prose.digest) != (PROMPT_VERSION, model, digest):
            raise self.broken(model, digest, "it is of another episode, model or version than its place says")
        return prose

    def keep(self, prose: EpisodeProse) -> EpisodeProse:
        """Keep prose, unless there is some already.

        Returns:
            What is kept: of two processes that worded an episode at the same time, the second takes the prose of the
            first.

        Raises:
            ProseCacheError: The folder cannot be written.
        """
        path = self._path(prose.model, prose.digest)
        aside = path.with_name(f"{prose.digest}.{uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                aside.write_text(prose.model_dump_json(indent=1) + "\n", encoding="utf-8")
                os.link(aside, path)  # unlike a move, it never takes the place of another's
            except FileExistsError:
                return self.find(prose.model, prose.digest) or self.keep(prose)  # it may have been deleted since
            finally:
                aside.unlink(missing_ok=True)
        except OSError as problem:
            raise ProseCacheError(f"The prose cache cannot be written: {problem.strerror}.") from problem
        return prose

    def broken(self, model: str, digest: str, why: str) -> ProseCacheError:
        """The error for prose of this cache that will not do."""
        name = self._path(model, digest).relative_to(self._folder)
        return ProseCacheError(f"The file {name} of the prose cache is broken: {why}. Delete it to have it made again.")

    def _path(self, model: str, digest: str) -> Path:
        name = quote(model, safe="")
        if name.startswith("."):  # which `quote` leaves, and as ".." it would lead out of the folder
            name = f"%2E{name[1:]}"
        return self._folder / name / PROMPT_VERSION / f"{digest}.json"

"""What evaluation and training wrote to `outputs/`, as tables and pictures for a page.

    results = read_results(Path("outputs"))
    for section in results:
        section.title, section.tables, section.pictures, section.problems

A file that is missing or broken is a sentence in its section, and everything else is there all the same. Only files
inside the folder are read: no link leads out of it. What the files say is untrusted: the page has to escape it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from .result_tables import Table, certificate_tables, evaluation_tables, log_table

MAX_BYTES = 32 * 2**20
"""Of a file that is read: the largest of ours is under one megabyte."""
_PNG = b"\x89PNG\r\n\x1a\n"
_READERS: Mapping[str, Callable[[bytes], list[Table]]] = {
    "results.json": evaluation_tables,
    "training_log.json": lambda content: [log_table(content, "Training, step by step")],
    "sft_log.json": lambda content: [log_table(content, "Imitation, step by step")],
}
"""What makes tables of a file of a run, by its name."""
_ALT: Mapping[str, str] = {
    "score.png": "score of each agent by tier, with 95 % intervals",
    "differences.png": "score and skill of each agent less the baseline's, paired by seed, with 95 % intervals",
    "reward.png": "reward over the steps of training",
    "dashboard.png": "the figures of training over its steps",
}
"""What a picture shows, by the name of its file. Its figures are in the tables beside it."""


class RefusedError(ValueError):
    """A file that is not read, with the reason in a sentence."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG of the folder."""

    path: str
    """From the folder on, with slashes; `picture_bytes` takes it."""
    alt: str
    """What it shows, in words."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one folder holds, or the certificate."""

    title: str
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    page: str | None = None
    """The folder's table.md, as Markdown: the same figures with what they mean."""
    problems: tuple[str, ...] = ()
    """A sentence for each file that is missing or cannot be read."""


def read_results(root: Path) -> tuple[Section, ...]:
    """Every evaluation, then the certificate, then every folder of training that holds something to show."""
    evaluations = [_section(root, folder) for folder in _folders(root, "eval") if folder != "eval"]
    trained = [_section(root, folder) for folder in _folders(root, "train") if _holds(root, folder)]
    if not evaluations:
        evaluations = [Section("eval", problems=("There is no evaluation: `python evaluation.py` makes one.",))]
    if not trained:
        trained = [Section("train", problems=("There is no training run: `python training/train_grpo.py` makes one.",))]
    return (*evaluations, _certificate(root), *trained)


def picture_bytes(root: Path, path: str) -> bytes:
    """The PNG of that path. Raises RefusedError for anything else, such as a file outside the folder."""
    content = _bytes(root, path)
    if not content.startswith(_PNG):
        raise RefusedError(f"{path} is no PNG.")
    return content


def _certificate(root: Path) -> Section:
    tables, problems = _tables(root, "certificate.json", certificate_tables)
    return Section("certificate", tuple(tables), problems=tuple(problems))


def _section(root: Path, folder: str) -> Section:
    tables: list[Table] = []
    problems: list[str] = []
    names = _names(root, folder)
    wanted = [name for name in _READERS if name in names]
    if folder.startswith("eval/") and "results.json" not in names:
        problems.append(f"{folder} has no results.json, so there are no tables.")
    for name in wanted:
        found, wrong = _tables(root, f"{folder}/{name}", _READERS[name])
        tables += found
        problems += wrong
    pictures = []
    for name in names:
        if name.endswith(".png"):
            try:
                picture_bytes(root, f"{folder}/{name}")
            except RefusedError as problem:
                problems.append(str(problem))
            else:
                shows = _ALT.get(name, name.removesuffix(".png").replace("_", " "))
                pictures.append(Picture(f"{folder}/{name}", f"{folder}: {shows}"))
    page = None
    if "table.md" in names:
        try:
            page = _bytes(root, f"{folder}/table.md").decode(errors="replace")
        except RefusedError as problem:
            problems.append(str(problem))
    return Section(folder, tuple(tables), tuple(pictures), page, tuple(problems))


def _tables(root: Path, path: str, read: Callable[[bytes], list[Table]]) -> tuple[list[Table], list[str]]:
    """The tables of a file, or the sentence that stands in their place."""
    try:
        return read(_bytes(root, path)), []
    except RefusedError as problem:
        return [], [str(problem)]
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return [], [f"{path} cannot be read: {first['msg']}{f' at {place}' if place else ''}."]


def _bytes(root: Path, path: str) -> bytes:
    """The content of a file of the folder."""
    home = root.resolve()
    try:
        file = (home / path).resolve()
        if not file.is_relative_to(home):
            raise RefusedError(f"{path} is outside of the folder.")
        if not file.is_file():
            raise RefusedError(f"{path} is not there.")
        if file.stat().st_size > MAX_BYTES:
            raise RefusedError(f"{path} is larger than {MAX_BYTES // 2**20} MiB.")
        return file.read_bytes()
    except RefusedError:
        raise
    except (OSError, ValueError) as problem:
        raise RefusedError(f"{path} cannot be read: {problem.__class__.__name__}.") from problem


def _folders(root: Path, below: str) -> Iterator[str]:
    """The folders below that one and itself, by name; checkpoints are left out, links are not followed."""
    home = root.resolve()
    for where, folders, _ in os.walk(home / below):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "checkpoint-")))
        yield Path(where).relative_to(home).as_posix()


def _names(root: Path, folder: str) -> Sequence[str]:
    try:
        return sorted(os.listdir(root.resolve() / folder))
    except OSError:
        return ()


def _holds(root: Path, folder: str) -> bool:
    return any(name in _READERS or name.endswith((".png", "table.md")) for name in _names(root, folder))

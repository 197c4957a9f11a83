"""The files of `outputs/` that the page can draw: evaluations, training logs and the certificate.

    result_files(Path("outputs"))[0]        # {"path": "certificate.json", "bytes": 349618, "kind": "certificate"}

Only what is in the folder: links are passed over, and so are hidden folders and checkpoints.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

KINDS = {
    "results.json": "evaluation",
    "training_log.json": "training",
    "certificate.json": "certificate",
}
"""By a file's name."""
LARGEST = 32 * 1024 * 1024
"""Bytes of a file that is listed: the largest of ours is under one megabyte."""
MOST_FOLDERS = 2_000
"""That are looked into."""


def result_files(root: Path) -> list[dict[str, Any]]:
    """Path from the folder on, size and kind of each, by path; none where there is no such folder."""
    found = []
    for count, (where, folders, names) in enumerate(os.walk(root)):
        if count == MOST_FOLDERS:
            break
        folders[:] = sorted(name for name in folders if not name.startswith((".", "checkpoint-")))
        for name in KINDS.keys() & set(names):
            file = Path(where, name)
            if file.is_symlink() or not file.is_file() or (size := file.stat().st_size) > LARGEST:
                continue
            found.append({"path": file.relative_to(root).as_posix(), "bytes": size, "kind": KINDS[name]})
    return sorted(found, key=lambda one: str(one["path"]))

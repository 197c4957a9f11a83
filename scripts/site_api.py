"""A hook of mkdocs: a copy of the modules whose docstrings the site shows, under the name of the package.

The root of the repository is the package, so its folder holds much else: environments, outputs, tests. mkdocstrings
would read all of it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent
COPY = ROOT / "build" / "api"
"""Where mkdocs.yml has mkdocstrings look."""
SHOWN = ("*.py", "rollouts/*.py", "server/*.py", "server/world/*.py")


def on_startup(**_: object) -> None:
    """Make the copy anew, before the site is built."""
    shutil.rmtree(COPY, ignore_errors=True)
    for source in (found for pattern in SHOWN for found in ROOT.glob(pattern)):
        copy = COPY / "synth_audit_env" / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)

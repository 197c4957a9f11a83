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
SHOWN = ("__init__.py", "models.py", "client.py", "rollouts", "server/__init__.py", "server/synth_audit_environment.py")
SHOWN += ("server/world",)


def on_startup(**_: object) -> None:
    """Make the copy anew, before the site is built."""
    shutil.rmtree(COPY, ignore_errors=True)
    for name in SHOWN:
        source, copy = ROOT / name, COPY / "synth_audit_env" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy)

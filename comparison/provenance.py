"""The origin of a run: command, commit and date. It is published, so no password of a URL is in it.

made(["--split", "test"]).commit
"""

import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..episode_line import WORLD_VERSION

ROOT = Path(__file__).resolve().parent.parent
UNKNOWN = "unknown"
_URL = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^/?#]*@)?([^?#]*).*", re.IGNORECASE | re.DOTALL)
"""Its two groups leave out what may be secret: user, password, and all that follows the path."""


@dataclass(frozen=True, slots=True)
class Made:
    """The origin of a run: all that may differ between two runs with the same results."""

    command: str
    commit: str
    """The commit of the checkout; "unknown" outside of one."""
    dirty: bool
    """True if files of the checkout differed from that commit."""
    date: str
    """ISO 8601, UTC, when the run was started, or resumed."""
    version: str
    """The version of the world that was played (`WORLD_VERSION`)."""

    @property
    def words(self) -> str:
        """All but the command."""
        state = ", with changes that are not committed" if self.dirty else ""
        return f"{self.date}, synth_audit_env {self.version}, commit {self.commit}{state}"


def made(arguments: Sequence[str], program: Sequence[str] = ("uv", "run", "python", "evaluation.py")) -> Made:
    """The origin of a run that starts now, with these arguments of a program."""
    inside = _git("rev-parse", "--show-toplevel") == str(ROOT)  # and not in the checkout of another project
    return Made(
        command=shlex.join([*program, *(_URL.sub(r"\1\2", argument) for argument in arguments)]),
        commit=_git("rev-parse", "HEAD") if inside else UNKNOWN,
        # What runs write is no change of what they run.
        dirty=inside and _git("status", "--porcelain", "--", ".", ":(exclude)outputs") != "",
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        version=WORLD_VERSION,
    )


def _git(*arguments: str) -> str:
    """The words of git in the folder of this package; UNKNOWN where it has none."""
    try:
        asked = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN
    return asked.stdout.strip()

"""Type-check the package under the name by which its own code imports it.

The root of `synth_audit_env` is the repository root, so no folder of that name exists for mypy to find, and
mypy does not follow the finder that an editable install writes. This makes a folder that holds one link of
the right name, and runs mypy there. The folder lies outside the tree, since openenv's validator refuses
packages with links.

    uv run python scripts/typecheck.py
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "synth_audit_env"
# Folders of the root that are no part of the program; mypy skips those with a leading dot by itself.
NOT_CHECKED = "tests|benchmarks|outputs|build|dist"


def main() -> int:
    """Return mypy's exit status."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / PACKAGE).symlink_to(ROOT, target_is_directory=True)
        checked = subprocess.run(
            [
                *(sys.executable, "-m", "mypy", "--package", PACKAGE),
                *("--config-file", str(ROOT / "pyproject.toml")),
                *("--cache-dir", str(ROOT / ".mypy_cache")),
                *("--exclude", rf"{PACKAGE}/({NOT_CHECKED})/"),
            ],
            cwd=folder,
            env={**os.environ, "MYPYPATH": folder},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    # Paths as an editor knows them: relative to the root of the repository.
    print(checked.stdout.replace(f"{PACKAGE}/", ""), end="")
    return checked.returncode


if __name__ == "__main__":
    sys.exit(main())

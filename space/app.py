"""The entry of a Gradio Space: the server with its page, where a Space looks for it.

    python space/app.py        # http://localhost:7860/web/

In the front matter of the Space's README: `sdk: gradio`, `app_file: space/app.py`, and `python_version: "3.12"`, since
the default of Spaces is too old. Flags and environment variables are the server's (`server/serving/settings.py`); a
Space sets PORT itself or leaves it at 7860.

A Space installs what requirements.txt names and not the repository that it lies in, so that is made importable here.
"""

import os
import sys
import tempfile
import tomllib
from pathlib import Path

PACKAGE = "synth_audit_env"
ROOT = Path(__file__).resolve().parent.parent


def by_name(folder: Path) -> None:
    """Let the repository go by the package's name in a folder, as if it were installed there.

    The root of the package is that of the repository, so that no folder has its name: a link has.
    """
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    (folder / PACKAGE).symlink_to(ROOT, target_is_directory=True)
    about = folder / f"{PACKAGE}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {version}\n", encoding="utf-8")


def main() -> None:
    """Serve until stopped."""
    os.environ.setdefault("ENABLE_WEB_INTERFACE", "true")
    os.environ.setdefault("HOST", "0.0.0.0")
    os.environ.setdefault("PORT", "7860")
    with tempfile.TemporaryDirectory() as folder:
        by_name(Path(folder))
        sys.path.insert(0, folder)
        from synth_audit_env.server.app import main as serve

        serve(sys.argv[1:])


if __name__ == "__main__":
    main()

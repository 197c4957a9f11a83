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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Serve until stopped."""
    os.environ.setdefault("ENABLE_WEB_INTERFACE", "true")
    os.environ.setdefault("HOST", "0.0.0.0")
    os.environ.setdefault("PORT", "7860")
    with tempfile.TemporaryDirectory() as folder:
        # The root of the package is that of the repository, so that no folder has its name: a link has.
        (Path(folder) / "synth_audit_env").symlink_to(ROOT, target_is_directory=True)
        sys.path.insert(0, folder)
        from synth_audit_env.server.app import main as serve

        serve(sys.argv[1:])


if __name__ == "__main__":
    main()

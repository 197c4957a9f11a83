"""The entry of a Gradio Space: the server with its page, where a Space looks for it.

    python space/app.py        # http://localhost:7860/web/

In the front matter of the Space's README: `sdk: gradio`, `app_file: space/app.py`. Flags and environment variables are
the server's (`server/serving/settings.py`); a Space sets PORT itself or leaves it at 7860.
"""

import os
import sys

from synth_audit_env.server.app import main

if __name__ == "__main__":
    os.environ.setdefault("ENABLE_WEB_INTERFACE", "true")
    os.environ.setdefault("HOST", "0.0.0.0")
    os.environ.setdefault("PORT", "7860")
    main(sys.argv[1:])

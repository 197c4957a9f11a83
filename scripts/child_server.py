"""Run one command against a server of our own.

    uv run python scripts/child_server.py openenv validate --url {url}

starts the server on a free loopback port, runs the command with `{url}` filled in, and returns its exit status.
Whatever happens, the server is stopped by its process id.
"""

import subprocess
import sys

from synth_audit_env.rollouts.own_server import own_server
from synth_audit_env.rollouts.unwinding import unwinding


def main(arguments: list[str]) -> int:
    """Run a command against a server that lives as long as the command does."""
    if not arguments:
        print(__doc__)
        return 2
    # So that a terminated job takes its server along.
    with unwinding(), own_server() as base_url:
        return subprocess.run([word.replace("{url}", base_url) for word in arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

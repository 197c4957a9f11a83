"""A process with several sessions, which plays until it is killed, and finishes nothing.

    python benchmarks/soak/victim.py PORT SEED

It says a line once all of its sessions play. A few imports and no more, since one is started every few seconds.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import time
from collections.abc import Mapping

from synth_audit_env.benchmarks.wire import RECEIVED, connect, frame

SESSIONS = 4
PLAYING = "playing"
TASKS = ("oversight_easy", "oversight_medium", "oversight_hard", "oversight_expert")
STEPS = 20
"""Of an episode: fewer than the shortest budget, or it would end."""
PAUSE_S = 0.01
REVIEW = {"type": "step", "data": {"action_type": "review_proposal", "proposal_id": "PROP-001"}}


def main() -> None:
    """Play until killed, or until the server is gone."""
    port, rng = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    connections = [connect(port) for _ in range(SESSIONS)]
    print(PLAYING, flush=True)
    while True:
        for connection in connections:
            say(connection, {"type": "reset", "data": {"seed": rng.randrange(100), "task_id": rng.choice(TASKS)}})
        for _ in range(STEPS):
            for connection in connections:
                say(connection, REVIEW)
            time.sleep(PAUSE_S)


def say(connection: socket.socket, message: Mapping[str, object]) -> None:
    """Say something, and take what has come."""
    connection.sendall(frame(json.dumps(message).encode()))
    if not connection.recv(RECEIVED):
        sys.exit("The server has closed the connection.")


if __name__ == "__main__":
    main()

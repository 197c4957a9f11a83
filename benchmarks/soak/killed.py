"""A process that plays several sessions until it is killed, and finishes no episode.

    python benchmarks/soak/killed.py PORT SEED

It prints a line once all of its sessions are open. It imports little, since one is started every few seconds.
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import time

from websockets.sync.client import connect

SESSIONS = 4
TASKS = ("oversight_easy", "oversight_medium", "oversight_hard", "oversight_expert")
STEPS = 20
"""Of an episode: fewer than the shortest budget, or it would end."""
REVIEW = json.dumps({"type": "step", "data": {"action_type": "review_proposal", "proposal_id": "PROP-001"}})


def main() -> None:
    """Play until killed, or until the server is gone."""
    address, rng = f"ws://127.0.0.1:{sys.argv[1]}/ws", random.Random(int(sys.argv[2]))
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(connect(address, proxy=None, max_size=None)) for _ in range(SESSIONS)]
        print("playing", flush=True)
        while True:
            reset = {"type": "reset", "data": {"seed": rng.randrange(100), "task_id": rng.choice(TASKS)}}
            for message in (json.dumps(reset), *[REVIEW] * STEPS):
                for session in sessions:
                    session.send(message)
                    session.recv()
                time.sleep(0.01)


if __name__ == "__main__":
    main()

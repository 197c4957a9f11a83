"""A quiet session beside the fuzzing: what it is answered must be, byte for byte, what it is answered alone.

bystander = Bystander(talk(f"{server.ws_url}/ws"))      # plays its audit once, and keeps the answers
bystander.turn()                                        # one message of the next time through
"""

import json

from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.properties.drawn_audits import oracle_actions

TIER, SEED = "hard", 7


def script(tier=TIER, seed=SEED, name="bystander", states=True):
    """The messages of an audit as somebody who knows everything plays it, its state asked for after every step."""
    options = {"task_id": f"oversight_{tier}", "seed": seed, "episode_id": name}
    messages = [{"type": "reset", "data": options}]
    for action in oracle_actions(tier, seed):
        messages += [{"type": "step", "data": action.model_dump(exclude_defaults=True)}, *[{"type": "state"}] * states]
    return [json.dumps(message) for message in messages]


class Bystander:
    """One session and its script."""

    def __init__(self, opened):
        self._socket = opened.socket
        self._script = script()
        self._quiet = [self._ask(message) for message in self._script]
        self.turns = 0

    def turn(self):
        """Send the next message, and compare its answer."""
        place = self.turns % len(self._script)
        assert self._ask(self._script[place]) == self._quiet[place], self._script[place]
        self.turns += 1

    def rest_of_the_script(self):
        """Play on until its end."""
        while self.turns % len(self._script):
            self.turn()

    def _ask(self, message):
        self._socket.send(message)
        return self._socket.recv(timeout=PATIENCE_S)

"""Any messages on /ws: each has one answer, which is JSON and tells nothing that it may not.

What a client writes may come back in an error or a state, as a text inside the JSON: nothing of it is taken for markup,
for an instruction or for a path.
"""

import json

from hypothesis import strategies as st
from websockets.sync.client import connect

from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.fuzz.answers import Watch
from synth_audit_env.tests.server.fuzz.cases import tried
from synth_audit_env.tests.server.fuzz.hostile import bombs, much, poisoned, twisted
from synth_audit_env.tests.server.properties.drawn_messages import EPISODE, messages
from synth_audit_env.tests.server.properties.draws import share

KINDS = {"observation", "state", "error", "mcp"}


def hostile():
    rare = st.sampled_from(range(8)).flatmap(lambda drawn: bombs if drawn == 0 else much if drawn == 1 else poisoned())
    return st.lists(st.one_of(messages(), twisted(messages()), twisted(messages()), rare), min_size=1, max_size=8)


def test_every_message_is_answered(fuzzed):
    def conversed(sent):
        watch, came = Watch(), set()
        with connect(f"{fuzzed.server.ws_url}/ws", proxy=None, max_size=None) as opened:
            for message in [json.dumps({"type": "reset", "data": EPISODE}), *sent, '{"type": "state"}']:
                opened.send(message)
                answer = opened.recv(timeout=PATIENCE_S)
                told = watch.saw(message if isinstance(message, str) else "", answer)
                assert told["type"] in KINDS
                came |= {told["type"], told["data"].get("code", "")}
            assert told["type"] == "state", "the session goes on"
        fuzzed.is_well()
        return came

    came = tried(40, hostile(), conversed)
    for what in ("INVALID_JSON", "VALIDATION_ERROR", "UNKNOWN_TYPE", "EXECUTION_ERROR", "mcp", "observation"):
        assert share(came, what) >= 0.05, what

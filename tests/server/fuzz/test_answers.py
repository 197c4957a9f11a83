"""What looks for leaks finds them: in an answer that has one, and in no answer of an audit as it should be."""

import json
from pathlib import Path

import pytest

import synth_audit_env
from synth_audit_env.server.serving.refusals import OUR_FAULT
from synth_audit_env.tests.patience import PATIENCE_S
from synth_audit_env.tests.server.fuzz.answers import Watch
from synth_audit_env.tests.server.fuzz.bystander import script

OPEN = {"done": False, "observation": {"error": None, "feedback": "The flag is recorded.", "steps_remaining": 3}}


def error(sentence):
    return {"type": "error", "data": {"message": sentence, "code": "EXECUTION_ERROR"}}


@pytest.mark.parametrize(
    "answer",
    [
        error("KeyError at 0x7f3a5c"),
        error('File "server/app.py", line 3'),
        error(f"No such file: {Path(synth_audit_env.__file__).parent}/models.py"),
        error("/usr/lib/python3/site-packages/openenv/core"),
        error(OUR_FAULT),
        error("PROP-001 is an age_boundary_error."),
        {**OPEN, "result": {"is_wrong": False}},
        {**OPEN, "result": [{"error_type": "age_boundary_error"}]},
        {"type": "state", "data": {"outcome": {"score": 1.0}}},
        {"done": True, "observation": {"steps_remaining": 3}},
        error("Traceback (most recent call last):"),
        {"reward": float("nan")},
    ],
)
def test_a_leak_is_found(answer):
    with pytest.raises((AssertionError, ValueError)):
        Watch().saw("", json.dumps(answer))


@pytest.mark.parametrize("tier", ["medium", "expert"])
def test_a_whole_audit_tells_nothing_before_its_end_and_everything_after_it(server, talk, tier):
    watch, opened = Watch(), talk(f"{server.ws_url}/ws")
    *before, report, state = script(tier)
    for message in [*before, report, state]:
        assert watch.over == (message is state)
        opened.send(message)
        answer = opened.socket.recv(timeout=PATIENCE_S)
        watch.saw(message, answer)
    assert watch.over
    assert '"is_wrong":' in answer

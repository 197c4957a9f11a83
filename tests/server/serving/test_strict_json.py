"""JSON as it is read from strangers: what costs too much or has no meaning is refused, on every way in."""

import json

import pytest

from synth_audit_env.models import MAX_REPORT, SynthAuditAction
from synth_audit_env.server.serving import strict_json
from synth_audit_env.server.serving.limits import LONGEST_MESSAGE
from synth_audit_env.server.serving.refusals import RefusedError
from synth_audit_env.server.serving.ws_messages import read_step

DEEP, LONG = "[" * 250 + "]" * 250, "[" + "[]," * 30_000 + "1]"
HALF_A_PAIR = ('"\\ud83d"', '"\\udc00"', '"\\ud83d\\u0041"', '{"\\ud83d": 1}')


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        *[(raw, "value") for raw in ("NaN", '{"a": NaN}', "[Infinity]", "[1,", "True", "+1", ".5")],
        *[(raw, "number") for raw in ("[-Infinity]", "9" * 5_000, "01")],
        *[(raw, "") for raw in ("{", "{} {}", "0x10")],
        *[(raw, "recursion") for raw in (DEEP, '{"a": ' * 250 + "1" + "}" * 250, "[" * 20_000 + "]" * 20_000)],
        *[(raw, "25000 values") for raw in (LONG, "[" + "1," * 25_001 + "1]", json.dumps("," * 30_000))],
        *[
            (raw, "")
            for raw in (*HALF_A_PAIR, "", b"", b'"\xff"', "\ufeff{}", "{}".encode("utf-16"), '"\n"', '"\ud83d"')
        ],
        (" " * (LONGEST_MESSAGE + 1), str(LONGEST_MESSAGE)),
    ],
)
def test_what_is_refused_is_refused_in_one_short_sentence(raw, word):
    with pytest.raises(RefusedError) as refused:
        strict_json.read(raw)
    assert word in str(refused.value)
    assert 0 < len(str(refused.value)) < 150
    assert "\n" not in str(refused.value)


def test_up_to_the_limits_it_is_read():
    assert strict_json.read("9" * 100) == 10**100 - 1
    assert len(strict_json.read("[" + "1," * 24_000 + "1]")) == 24_001
    assert strict_json.read(json.dumps("," * MAX_REPORT)) == "," * MAX_REPORT
    assert strict_json.read('"\\ud83d\\ude00 \\u0000 é"') == "😀 \x00 é"
    assert strict_json.read(" " * (LONGEST_MESSAGE - 1) + "1") == 1


def test_of_two_equal_keys_every_reader_takes_the_last():
    """Else what one of them has checked could be another than what the next one acts on."""
    raw = '{"type": "step", "data": {"action_type": "approve", "report": "a", "report": "b"}}'
    read = strict_json.read(raw)
    assert read == json.loads(raw)
    assert read_step(raw.encode()) == SynthAuditAction.model_validate(read["data"])
    assert read["data"]["report"] == "b"


@pytest.mark.parametrize("bad", [f'{{"a": {bad}}}' for bad in (LONG, "NaN", DEEP, '"\\ud800"')])
def test_every_way_in_refuses_it_and_goes_on(server, talk, bad):
    opened = talk(f"{server.ws_url}/ws")
    request = f'{{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {bad}}}'
    for text in (
        f'{{"type": "reset", "data": {bad}}}',
        f'{{"type": "step", "data": {bad}}}',
        f'{{"type": "mcp", "data": {request}}}',
    ):
        refused = opened.ask(text)["data"]
        assert (refused["code"], refused["message"][:14]) == ("INVALID_JSON", "Invalid JSON: ")
    assert opened.reset(seed=1)["type"] == "observation"
    assert talk(f"{server.ws_url}/mcp?seed=1").ask(request)["error"]["code"] == -32700
    for kind in ("application/problem+json; charset=utf-8", "text/plain"):
        posted = server.http.post("/mcp", content=request, headers={"Content-Type": kind})
        assert (posted.status_code, posted.json()["error"]["code"]) == (200, -32700)
        for path, body in (("/reset", f'{{"seed": 1, "x": {bad}}}'), ("/step", f'{{"action": {bad}}}')):
            posted = server.http.post(path, content=body, headers={"Content-Type": kind})
            assert (posted.status_code, posted.json()["detail"][:14]) == (422, "Invalid JSON: ")

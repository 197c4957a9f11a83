"""JSON as it is read from strangers: one meaning or none, on every way in."""

import json
import math

import pytest

from synth_audit_env.models import MAX_REPORT, SynthAuditAction
from synth_audit_env.server.serving import strict_json
from synth_audit_env.server.serving.limits import LONGEST_MESSAGE
from synth_audit_env.server.serving.ws_messages import read_step

TWICE = [
    '{"a": 1, "a": 2}',
    '{"a": 1, "\\u0061": 2}',
    '{"b": {"a": 1, "a": 1}}',
    # A colon in a text must not make up for the key that is gone.
    '{"t": "\\u003a", "a": 1, "a": 2}',
    '[{"a": 1}, {"a": 1, "b": 0, "a": 2}]',
]
TOO_LARGE = ["[" + "[]," * 15_000 + "1]", "[" + "1," * 25_001 + "1]", json.dumps("," * 30_000)]
TOO_DEEP = ["[" * 250 + "]" * 250, '{"a": ' * 250 + "1" + "}" * 250]
NO_TEXT = [b'"\xff"', b'{"\xc0\xaf": 1}', b'"\xed\xa0\x80"', "\ufeff{}", "{}".encode("utf-16")]
HALF_A_PAIR = ['"\\ud83d"', '"\\udc00"', '"\\ud83d\\u0041"', '{"\\ud83d": 1}']
NO_JSON = ["", b"", " ", *'{} {}|1 2|{\'a\': 1}|{"a": 1,}|[1,]|// no\n1|01|+1|.5|0x10|"\n"|True'.split("|")]


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        *[(raw, "'a'") for raw in TWICE],
        (f'{{"{"k" * 5_000}": 1, "{"k" * 5_000}": 2}}', "'" + "k" * 64 + "'"),
        ("{" + "".join(f'"{n}": 0, ' for n in range(20_000)) + '"19999": 0}', "'19999'"),
        ('{"a": 1, "b": 1, "b": 2, "a": 2}', "'b'"),
        *[(raw, "") for raw in ("NaN", '{"a": NaN}', "[Infinity]", "[-Infinity]")],
        *[(raw, "number") for raw in ("9" * 5_000, "-" + "9" * 5_000, '{"a": [-1e999]}')],
        *[(raw, "recursion") for raw in TOO_DEEP],
        *[(opened, "") for opened in ("[" * 100_000 + "]" * 100_000, "[" * 1_000_000)],
        ("[" * 20_000 + "]" * 20_000, "recursion"),
        *[(raw, "25000 values") for raw in TOO_LARGE],
        *[(raw, "") for raw in (*NO_TEXT, *HALF_A_PAIR, *NO_JSON)],
        ('"\ud83d"', "surrogate"),
        (" " * (LONGEST_MESSAGE + 1), str(LONGEST_MESSAGE)),
    ],
)
def test_what_is_refused_is_refused_in_one_short_sentence(raw, word):
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the words are looked at below
        strict_json.read(raw)
    sentence = str(refused.value)
    assert word in sentence
    assert 0 < len(sentence) < 150
    assert "\n" not in sentence


def test_up_to_the_limits_it_is_read():
    assert strict_json.read("9" * 100) == 10**100 - 1
    assert strict_json.read("[" * 32 + "1" + "]" * 32)
    assert len(strict_json.read("[" + "1," * 24_000 + "1]")) == 24_001
    assert strict_json.read(json.dumps("," * MAX_REPORT)) == "," * MAX_REPORT
    assert strict_json.read('"\\ud83d\\ude00 \\u0000 é"') == "😀 \x00 é"
    assert strict_json.read(" " * (LONGEST_MESSAGE - 1) + "1") == 1
    assert math.copysign(1, strict_json.read("-0.0")) == -1
    assert strict_json.read('{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}')["b"] == [{"a": 1}, {"a": 2}]


def step_of(inside):
    return '{"type": "step", "data": {' + inside + "}}"


APPROVE = '"action_type": "approve", "proposal_id": "PROP-001"'
DEEP, LONG = "[" * 250 + "]" * 250, "[" + "[]," * 30_000 + "1]"


class TestFastPath:
    """A step that is answered at once was read by pydantic, which is less strict; what it would let pass goes on."""

    @pytest.mark.parametrize(
        "raw",
        [
            step_of(APPROVE),
            step_of(f'{APPROVE}, "confidence": 0.5'),
            step_of(f'{APPROVE}, "metadata": {{}}'),
            step_of(f'{APPROVE}, "metadata": {{"a": {{"b": "c: d"}}}}'),
            step_of('"action_type": "submit_audit_report", "report": "PROP-001: it is: so \\u003a {\\"a\\": 1}"'),
            f'{{"data": {{{APPROVE}}}, "type": "step"}}',
            step_of(f'{APPROVE}, "reason": "\\u00a75.3 was left out"'),
            json.dumps(json.loads(step_of(APPROVE)), indent=1),
        ],
    )
    def test_takes_what_is_strict(self, raw):
        assert read_step(raw.encode()) == SynthAuditAction.model_validate(json.loads(raw)["data"])

    @pytest.mark.parametrize(
        "raw",
        [
            *[step_of(f'{APPROVE}, "metadata": {{"a": {bad}}}') for bad in ("NaN", "1e999", DEEP, LONG, '1, "a": 1')],
            *[step_of(f'{APPROVE}, "confidence": {bad}') for bad in ("NaN", "1e999")],
            '{"type": "step", "type": "step", "data": {' + APPROVE + "}}",
            '{"type": "step", "data": {}, "data": {' + APPROVE + "}}",
            # Colons of the texts, written as escapes or not, do not make up for a key that comes twice.
            step_of('"action_type": "submit_audit_report", "report": "a", "report": "\\u003a\\u003a"'),
            step_of('"action_type": "submit_audit_report", "report": "a:", "report": "b:"'),
            # Nor does white space between a key and its colon hide one.
            *[step_of(f'{APPROVE}, "report": "a", "report"{space}: "b"') for space in (" ", "\t", "\n", "\r\n")],
        ],
    )
    def test_leaves_the_rest_to_be_refused_in_words(self, raw):
        assert read_step(raw.encode()) is None


@pytest.mark.parametrize("bad", ['{"a": 1, "a": 1}', *[f'{{"a": {bad}}}' for bad in (LONG, "NaN", DEEP, '"\\ud800"')]])
def test_every_way_in_refuses_it_and_goes_on(server, talk, bad):
    opened = talk(f"{server.ws_url}/ws")
    request = f'{{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {bad}}}'
    for text in (
        f'{{"type": "reset", "data": {bad}}}',
        f'{{"type": "step", "data": {{"action_type": "approve", "metadata": {bad}}}}}',
        f'{{"type": "mcp", "data": {request}}}',
    ):
        refused = opened.ask(text)["data"]
        assert (refused["code"], refused["message"][:14]) == ("INVALID_JSON", "Invalid JSON: ")
    assert opened.reset(seed=1)["type"] == "observation"
    over_mcp = talk(f"{server.ws_url}/mcp?seed=1")
    assert over_mcp.ask(request)["error"]["code"] == -32700
    assert over_mcp.rpc("ping")["result"] == {}
    for kind in ("application/problem+json; charset=utf-8", "Application/JSON", "text/plain"):
        posted = server.http.post("/mcp", content=request, headers={"Content-Type": kind})
        assert (posted.status_code, posted.json()["error"]["code"]) == (200, -32700)
        for path, body in (
            ("/reset", f'{{"seed": 1, "x": {bad}}}'),
            ("/step", f'{{"action": {bad}}}'),
            ("/synth_audit_env/task", f'{{"split": "train", "index": {bad}}}'),
        ):
            posted = server.http.post(path, content=body, headers={"Content-Type": kind})
            assert (posted.status_code, posted.json()["detail"][:14]) == (422, "Invalid JSON: ")

"""What no answer may hold: a stack trace, a path of the server's machine, or, before the end, the truth.

    watch = Watch()
    watch.saw(sent, answer)     # fails where the answer tells what it may not

The truth about a proposal is whether it is wrong, how, and why. The names of the error types are no secret, but a
single one that nobody asked about is: answers either list them all, or repeat what the client has sent. A briefing and
the refusal of an unknown one have those of their tier, whatever the episode.
"""

import re
import sys
from pathlib import Path

import synth_audit_env
from synth_audit_env.error_types import ERROR_TYPES
from synth_audit_env.server.audit.briefing import briefing
from synth_audit_env.server.serving import strict_json
from synth_audit_env.server.serving.refusals import OUR_FAULT
from synth_audit_env.server.world.tasks import TIERS

INSIDES = (
    "Traceback (most recent call last)",
    'File "',
    "site-packages",
    str(Path(synth_audit_env.__file__).parent),
    sys.prefix,
)
"""Texts that only an exception, or an object of Python, would bring into an answer."""
ADDRESS = re.compile(r" at 0x[0-9a-f]{6}")
TRUTH = ("is_wrong", "flaw", "explanation", "f_beta", "reward_breakdown")
"""Fields that tell it."""
VOCABULARY = ("enum", "error_types")
"""Fields whose lists name error types that there may be: the schema of a tool, the state of an adaptive episode."""


def insides(text):
    """Which of the server's insides a text tells."""
    plain = text.replace('\\"', '"').replace("\\/", "/")
    return [one for one in INSIDES if one in plain] + ADDRESS.findall(plain)


def members(value, name=""):
    """Every value inside a value, at any depth, with the name of its field, or of its list's."""
    inside = value.items() if isinstance(value, dict) else [(name, one) for one in value]
    for its_name, inner in inside:
        yield its_name, inner
        if isinstance(inner, dict | list):
            yield from members(inner, its_name)


def truths(told, sent):
    """What an answer tells of the truth, though the client has not sent it: fields and error types."""
    found, texts = [], ""
    for name, inner in members(told):
        labels = name == "error_type" and isinstance(inner, str)
        # A patient has an outcome as well, which is a text.
        ends = name == "outcome" and isinstance(inner, dict)
        if name in TRUTH or labels or ends:
            found.append(name)
        if isinstance(inner, str) and name not in VOCABULARY:
            texts += f" {inner}"
    for tier in TIERS.values():
        texts = texts.replace(briefing(tier), "").replace(f"here: they are {', '.join(tier.error_types)}.", "")
    named = {kind for kind in ERROR_TYPES if kind in texts}
    if named == set(ERROR_TYPES) or "has no error type" in texts:
        return found
    return found + sorted(kind for kind in named if kind not in sent)


class Watch:
    """Follows one conversation."""

    def __init__(self):
        self.sent = ""
        self.over = False
        """Whether the episode has ended, so that the truth may be told."""

    def saw(self, sent, answer):
        """Look at an answer, and return the JSON that it is."""
        self.sent += sent
        told = strict_json.read(answer)
        assert not insides(answer), answer
        assert OUR_FAULT not in answer, f"{answer} to {sent[:500]!r}"
        done = [inner for name, inner in members(told) if name == "done"]
        if done:
            if done[0] and not self.over:
                left = [inner for name, inner in members(told) if name == "steps_remaining"]
                assert "submit_audit_report" in self.sent or left == [0], "nobody has ended the episode"
            self.over = done[0]
        if not self.over:
            assert not truths(told, self.sent), answer
        return told

"""Messages to a session, however odd, for the fuzzing of /ws.

Odd ones are of every depth: texts that are no JSON, JSON that is no message, messages whose data are none, and actions
and options that are read and that the referee refuses.
"""

import json

from hypothesis import strategies as st

from synth_audit_env.models import ACTION_TYPES, SynthAuditAction
from synth_audit_env.server.serving.ws_messages import MESSAGES
from synth_audit_env.tests.server.properties.drawn_audits import TEXTS, odd_actions, world
from synth_audit_env.tool_records import TOOLS

EPISODE = {"seed": 3, "task_id": "oversight_easy"}
ARGUMENT_NAMES = ("action_type", "metadata", *TOOLS["flag_error"].needed, "patient_id", "feature", "report")
OPTIONS = ("seed", "index", "split", "task_id", "episode_id", "settlement", "level", "error_types", "actor", "self")
METHODS = ("ping", "initialize", "tools/list", "tools/call", "openenv/session/create", "openenv/session/close")

letters = st.text(max_size=20) | st.text(
    st.characters(categories=["Cs", "Cc", "Lo"]), max_size=4
)  # halves of pairs too
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | letters,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


def odd_data(names):
    """Under names that mean something, mostly: a value that may be right, or anything."""
    values = st.sampled_from([*ACTION_TYPES, "PROP-001", "P0001", "oversight_hard", "train", "easy", 3, 0.5]) | junk
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=12), values, max_size=4) | junk


def as_message(kind, data):
    return st.fixed_dictionaries({"type": st.just(kind), "data": data}).map(json.dumps)


def tool_calls(actions):
    """The same actions as MCP sends them, and other requests with odd parameters."""
    called = actions.map(
        lambda action: {
            "name": action.action_type,
            "arguments": action.model_dump(mode="json", exclude_defaults=True, exclude={"action_type"}),
        }
    )
    begun = {"jsonrpc": st.just("2.0"), "id": st.integers() | letters}
    wrong = st.fixed_dictionaries({"name": st.sampled_from(ACTION_TYPES) | junk, "arguments": odd_data(ARGUMENT_NAMES)})
    calls = st.fixed_dictionaries({**begun, "method": st.just("tools/call"), "params": called | wrong})
    odd = {
        "method": st.sampled_from(METHODS) | letters,
        "params": odd_data(["name", "arguments", "session_id", "seed"]),
    }
    return calls | st.fixed_dictionaries(begun, optional=odd) | odd_data(["jsonrpc", "method", "params", "id"])


def messages():
    """Half of them steps such as a client sends in an audit with mistakes."""
    actions = odd_actions(world("easy", EPISODE["seed"]))
    reports = st.builds(SynthAuditAction, action_type=st.just("submit_audit_report"), report=TEXTS)
    dumped = {"mode": "json", "exclude_defaults": True}
    usual = [
        *[as_message("step", actions.map(lambda action: action.model_dump(**dumped)))] * 6,
        as_message("step", reports.map(lambda action: action.model_dump(**dumped))),
        as_message("reset", st.just(EPISODE)),
        st.just('{"type": "state"}'),
    ]
    odd = [
        as_message("step", odd_data(ARGUMENT_NAMES)),
        as_message("reset", odd_data(OPTIONS)),
        *[as_message("mcp", tool_calls(actions))] * 3,
        as_message("nonsense", junk),
        st.fixed_dictionaries({"type": st.sampled_from(sorted(MESSAGES.keys() - {"close"})) | junk}).map(json.dumps),
        junk.map(json.dumps),
        st.text(max_size=60),
        st.binary(max_size=20),
    ]
    return st.sampled_from([*usual, *odd]).flatmap(lambda drawn: drawn)

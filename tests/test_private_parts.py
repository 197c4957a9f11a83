"""What we use of other packages that they do not document: all of it is named here, and is there.

A release that takes one away fails the test of its package, which says what is gone. A name more is a word more. The
training libraries have such a list of their own (tests/training/upstream.py).
"""

import dis
import importlib
import inspect
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PRIVATE = {
    "openenv": {
        # __init__.py
        "openenv.core.env_server": "__all__ create_web_interface_app WebInterfaceManager",
        # client.py
        "openenv.core.env_client:EnvClient": "_connect_async _reset_async _send_and_receive _send "
        "_receive _ws _ws_loop _message_timeout _schedule_socket_close _sync_client _create_session_client",
        "openenv.core.sync_client:SyncEnvClient": "_async _run _claim_sync_mode _ensure_loop _child_clients",
        # server/
        "openenv.core.env_server.types": "BaseMessage WSErrorCode WSCloseMessage WSResetMessage WSStateMessage "
        "WSStepMessage",
        "openenv.core.env_server.mcp_types": "JsonRpcErrorCode JsonRpcRequest JsonRpcResponse WSMCPMessage",
        "openenv.core.env_server.http_server": "create_fastapi_app",
    },
    "uvicorn": {
        # server/serving/http_protocol.py
        "uvicorn.protocols.http.h11_impl:H11Protocol": "connection_made data_received on_response_complete "
        "connection_lost cycle connections loop transport conn send_400_response",
        "uvicorn.protocols.http.h11_impl:RequestResponseCycle": "response_complete disconnected message_event",
        # server/serving/websocket_protocol.py
        "uvicorn.protocols.websockets.websockets_sansio_impl:WebSocketsSansIOProtocol": "shutdown handle_cont run_asgi "
        "connection_made data_received connection_lost stop_keepalive handle_parser_exception handle_ping handle_pong "
        "handshake_initiated handshake_complete close_sent queue frames transport conn app loop scope read_paused "
        "writable receive send",
        "uvicorn.protocols.utils": "ClientDisconnected",
    },
    "websockets": {
        # server/serving/websocket_protocol.py
        "websockets.protocol:Protocol": "fail parser close_rcvd data_to_send",
        "websockets.utils": "apply_mask",
        "websockets.streams:StreamReader": "at_eof",
        "websockets.frames": "CloseCode Frame",
        # client.py
        "websockets.asyncio.client:ClientConnection": "protocol state",
    },
    "h11": {
        # server/serving/http_protocol.py
        "h11:Connection": "next_event our_state their_state",
        "h11:Data": "chunk_end",
    },
    "fastapi": {
        # server/application.py
        "fastapi.routing:APIRouter": "on_shutdown on_startup lifespan_context",
    },
    "pydantic": {
        # server/serving/ws_messages.py
        "pydantic:BaseModel": "__pydantic_serializer__ __pydantic_validator__"
    },
}
"""By package: where (`module` or `module:class`), and which names."""


def gone(places):
    """The names that are not there, each with its place."""
    return [f"{place} {name}" for place, names in places.items() for name in names.split() if name not in known(place)]


def known(place):
    """The names of a module, or those of a class with what its methods set on an instance."""
    module, _, name = place.partition(":")
    try:
        found = importlib.import_module(module)
        found = getattr(found, name) if name else found
    except (ImportError, AttributeError):
        return set()
    kinds = inspect.getmro(found) if name else ()
    functions = [part for kind in kinds for part in vars(kind).values() if inspect.isfunction(part)]
    steps = (step for function in functions for step in dis.get_instructions(function))
    annotated = {part for kind in kinds for part in inspect.get_annotations(kind)}
    return {*dir(found), *annotated, *(step.argval for step in steps if step.opname == "STORE_ATTR")}


@pytest.mark.parametrize("package", PRIVATE)
def test_every_private_part_that_we_use_is_there(package):
    assert gone(PRIVATE[package]) == []


@pytest.mark.parametrize("package", PRIVATE)
def test_no_release_is_let_in_that_may_have_taken_them_away(package):
    """What is locked has been tested; what may break with it is its next major release, or minor one below 1."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (allowed,) = [asked.specifier for asked in map(Requirement, declared) if asked.name == package]
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    (tested,) = {Version(one["version"]) for one in locked if one["name"] == package}
    major, minor = tested.release[:2]
    assert tested in allowed
    assert (f"<{major + 1}" if major else f"<0.{minor + 1}") in map(str, allowed)
    assert any(bound.operator == ">=" for bound in allowed)

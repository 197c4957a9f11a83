"""What is told of an exception: of an environment's that something failed, of a validator's what is wrong with what."""

import json

import httpx
import pytest
from pydantic_core import PydanticCustomError

from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment


class Faulty(SynthAuditEnvironment):
    """Fails with what nobody outside should read."""

    def reset(self, *args, **options):
        if options.get("task_id") == "fail":
            raise KeyError("/srv/secret/truth.json")
        return super().reset(*args, **options)

    async def reset_async(self, *args, **options):
        return self.reset(*args, **options)

    def act(self, action):
        if action.proposal_id == "value":
            raise ValueError("PROP-001 is wrong: /srv/secret/truth.json")
        if action.proposal_id == "custom":
            raise PydanticCustomError("secret", "/srv/secret/truth.json")
        return super().act(action)

    def close(self):
        raise OSError("/srv/secret/truth.json")


def over_ws(server, talk):
    opened = talk(f"{server.ws_url}/ws")
    opened.reset(seed=1)
    yield opened.reset(task_id="fail")
    for proposal in ("value", "custom"):
        yield opened.step(action_type="approve", proposal_id=proposal)
    assert opened.step(action_type="review_proposal", proposal_id="PROP-001")["type"] == "observation"
    opened.socket.close()


def over_post_mcp(server, talk):
    session = {"session_id": server.rpc("openenv/session/create", seed=1).json()["result"]["session_id"]}
    for proposal in ("value", "custom"):
        yield server.rpc("tools/call", **session, name="approve", arguments={"proposal_id": proposal}).json()
    server.rpc("openenv/session/close", **session)
    yield server.rpc("openenv/session/create", task_id="fail").json()


def over_the_mcp_socket(server, talk):
    opened = talk(f"{server.ws_url}/mcp?seed=1")
    for proposal in ("value", "custom"):
        yield opened.rpc("tools/call", name="approve", arguments={"proposal_id": proposal})
    opened.socket.close()
    server.wait_for_sessions(0)
    yield talk(f"{server.ws_url}/mcp?task_id=fail").receive()


def over_http(server, talk):
    acted = [{"action": {"action_type": "approve", "proposal_id": proposal}} for proposal in ("value", "custom")]
    for path, asked in (("/reset", {"task_id": "fail"}), ("/step", acted[0]), ("/step", acted[1])):
        # uvicorn closes the connection of a fault.
        answer = httpx.post(server.url + path, json=asked, trust_env=False)
        assert answer.status_code == 500
        yield answer.json()


@pytest.mark.parametrize("transport", [over_ws, over_post_mcp, over_the_mcp_socket, over_http])
def test_unexpected_exceptions_are_logged_and_not_told(serve, talk, caplog, transport):
    server = serve(max_sessions=1, environment=Faulty)
    answers = [json.dumps(answer) for answer in transport(server, talk)]
    assert len(answers) == 3
    for answer in answers:
        assert "its log says why" in answer
        assert "secret" not in answer
        assert "Traceback" not in answer
    server.wait_for_sessions(0)
    assert caplog.text.count("/srv/secret/truth.json") >= 3
    assert ("did not close cleanly" in caplog.text) == (transport is not over_http)

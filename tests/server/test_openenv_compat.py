"""The environment without openenv and the web stack that it brings."""

import subprocess
import sys

from synth_audit_env.tests.patience import PATIENCE_S

PLAY = """
import sys

ABSENT = ("openenv", "fastapi", "starlette", "uvicorn", "websockets", "gradio", "fastmcp", "mcp", "httpx")
for name in ABSENT:
    sys.modules[name] = None  # makes its import fail as if it were not installed

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.openenv_compat import Environment, EnvironmentMetadata
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

assert Environment.__module__ == EnvironmentMetadata.__module__ == "synth_audit_env.server.openenv_compat"
environment = SynthAuditEnvironment()
opening = environment.reset(seed=42, task_id="oversight_easy")
for proposal in opening.actor_proposals:
    environment.step(SynthAuditAction(action_type="approve", proposal_id=proposal.proposal_id))
ended = environment.step(SynthAuditAction(action_type="submit_audit_report", report="Nothing found."))
assert ended.done
print(environment.get_metadata().name, environment.state.outcome.score >= 0)
environment.close()
"""


def test_an_episode_is_played_where_openenv_is_absent():
    played = subprocess.run(
        [sys.executable, "-c", PLAY], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert played.stdout == "synth_audit_env True\n", played.stderr


def test_our_environment_has_what_openenvs_class_has_where_openenv_is_absent():
    """So that it means the same on both."""
    from openenv.core.env_server.interfaces import Environment
    from openenv.core.env_server.types import EnvironmentMetadata

    probe = (
        "import sys; sys.modules['openenv'] = None\n"
        "from synth_audit_env.server.openenv_compat import EnvironmentMetadata\n"
        "from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment\n"
        "print(*dir(SynthAuditEnvironment), *EnvironmentMetadata.model_fields)"
    )
    seen = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    left_out = {"render_web", "web_actions"}
    names = {name for name in vars(Environment) if name[0] != "_"} - left_out
    assert {"reset", "step_async", "state"} <= names
    assert names | set(EnvironmentMetadata.model_fields) <= set(seen.stdout.split())

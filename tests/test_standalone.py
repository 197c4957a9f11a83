"""Without the server stack: the audit core and the environment import and play with pydantic and numpy alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCKED = (
    *("openenv", "fastapi", "starlette", "uvicorn", "uvloop", "gradio", "fastmcp", "mcp", "websockets", "httpx"),
    *("pydantic_settings", "rich", "requests"),
)
ASKS_A_MODEL = ("llm_actor/actor.py", "llm_actor/cache_command.py")
PLAY = f"""
import importlib.abc, json, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {BLOCKED!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}: blocked by the test", name=name)

sys.meta_path.insert(0, Blocker())
from synth_audit_env.models import COHORT, SynthAuditAction, SynthAuditObservation, SynthAuditState
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

env = SynthAuditEnvironment()
observation = env.reset(seed=42, task_id="oversight_expert", episode_id="alone")
seen = [observation.model_dump_json()]

def step(action_type, **arguments):
    observation = env.step(SynthAuditAction(action_type=action_type, **arguments))
    seen.append(observation.model_dump_json())

for proposal in observation.actor_proposals:
    step("review_proposal", proposal_id=proposal.proposal_id)
    if proposal.patient_id != COHORT:
        for tool in ("investigate_patient", "temporal_audit", "request_shap"):
            step(tool, patient_id=proposal.patient_id)
    step("flag_error", proposal_id=proposal.proposal_id, error_type="age_boundary_error", reason="So.")
step("cohort_analysis", feature="arm")
step("submit_audit_report", report="Done.")
blocked = sorted(set(sys.modules) & set({BLOCKED!r}))
web = sorted(name for name in sys.modules if name.startswith("synth_audit_env") and name.rsplit(".", 1)[-1] == "app")
described = [env.get_metadata().name, env.num_tasks("test"), len(env.list_splits())]
print(json.dumps([seen, env.state.model_dump_json(), blocked, web, described]))
"""


def run(code, tmp_path, *options):
    (tmp_path / "synth_audit_env").symlink_to(ROOT, target_is_directory=True)
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    done = run(PLAY, tmp_path_factory.mktemp("alone"))
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_an_episode_is_played_to_its_end(alone):
    seen, state, blocked, web, described = alone
    last = json.loads(seen[-1])
    assert last["done"] is True
    assert last["result"]["outcome"] == json.loads(state)["outcome"]
    assert blocked == web == []
    assert described == ["synth_audit_env", 100_000, 4]


def test_it_is_the_episode_that_the_full_installation_plays(alone):
    from synth_audit_env.models import SynthAuditAction
    from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment

    env = SynthAuditEnvironment()
    opening = env.reset(seed=42, task_id="oversight_expert", episode_id="alone")
    assert json.loads(alone[0][0]) == json.loads(opening.model_dump_json())
    reviewed = env.step(SynthAuditAction(action_type="review_proposal", proposal_id="PROP-001"))
    assert json.loads(alone[0][1]) == json.loads(reviewed.model_dump_json())


def test_every_module_of_the_audit_core_imports_alone(tmp_path):
    """All of server/ but the web application, what serves it, the web page, and what asks a language model."""
    files = [path.relative_to(ROOT / "server") for path in sorted((ROOT / "server").rglob("*.py"))]
    core = [path for path in files if path.parts[0] not in ("app.py", "serving", "web") and path.stem != "__init__"]
    core = [path for path in core if path.as_posix() not in ASKS_A_MODEL]
    names = [".".join(path.with_suffix("").parts) for path in core]
    assert {"world.protocol", "world.scenario", "audit.episode", "audit.rationale", "synth_audit_environment"} <= set(
        names
    )
    code = PLAY.split("from synth_audit_env.models")[0]
    code += f"import importlib\nfor name in {names!r}: importlib.import_module('synth_audit_env.server.' + name)\n"
    done = run(code, tmp_path, "-W", "error")
    assert done.returncode == 0, done.stderr[-3000:]

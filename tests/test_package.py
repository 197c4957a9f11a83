"""What the package gives out by its own name."""

import subprocess
import sys
from pathlib import Path

import pytest

import synth_audit_env
from synth_audit_env import client, models


def test_client_and_wire_types_are_had_from_the_package():
    assert synth_audit_env.SynthAuditEnv is client.SynthAuditEnv
    for name in ("SynthAuditAction", "SynthAuditObservation", "SynthAuditState"):
        assert getattr(synth_audit_env, name) is getattr(models, name)
    assert set(synth_audit_env.__all__) <= {"SynthAuditEnv", *vars(models)}


def test_another_name_is_refused_as_of_any_module():
    with pytest.raises(AttributeError, match="'synth_audit_env' has no attribute 'Nothing'"):
        synth_audit_env.Nothing  # noqa: B018


@pytest.mark.parametrize(
    ("name", "why"), [("models", "import synth_audit_env.models"), ("client", "attempted relative import")]
)
def test_there_are_no_two_classes_of_one_name(name, why):
    """A module of the package that is imported as if it were one of its own fails, and says why."""
    root = Path(synth_audit_env.__file__).parent
    command = [sys.executable, "-c", f"import {name}"]
    told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert why in told.stderr.splitlines()[-1]


def test_openenv_is_imported_without_its_page_which_can_be_had_all_the_same():
    code = f"""
import sys, synth_audit_env.client
assert not {{"gradio", "pandas", "{synth_audit_env._PAGE}"}} & set(sys.modules), "the page was imported"
import {synth_audit_env._PAGE}
from openenv.core import EnvClient, create_app
assert issubclass(synth_audit_env.client.SynthAuditEnv, EnvClient)
"""
    subprocess.run([sys.executable, "-c", code], check=True)

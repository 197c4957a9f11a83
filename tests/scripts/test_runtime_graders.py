"""The runtime graders get the plan that openenv.yaml leaves out, and a grader that does not pass is a failure."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from openenv.validation.parsers.openenv_yaml import OpenEnvYamlParser
from openenv.validation.types import CheckStatus, ProviderCapability, Verdict

from synth_audit_env.scripts import runtime_graders as graders

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_plan_is_declared_for_the_graders_and_not_in_the_manifest(tmp_path):
    graders.declare_execution(tmp_path)
    declared = OpenEnvYamlParser().parse(tmp_path)
    assert declared.execution.probe_path == "validation/runtime.json"
    assert (tmp_path / declared.execution.probe_path).exists()
    kept = OpenEnvYamlParser().parse(ROOT)
    assert not hasattr(kept, "execution"), "openenv.yaml says why"
    assert kept.capabilities == declared.capabilities


@pytest.mark.parametrize(
    ("amiss", "verdict", "measured", "status"),
    [
        (None, Verdict.WARN, True, 0),
        ("runtime.state_contract", Verdict.WARN, True, 1),
        ("runtime.network_policy", Verdict.WARN, True, 1),
        ("runtime.network_policy", Verdict.WARN, False, 0),
        (None, Verdict.FAIL, True, 1),
    ],
)
def test_only_the_network_may_go_unmeasured(monkeypatch, capsys, amiss, verdict, measured, status):
    statuses = {**dict.fromkeys(graders.GRADERS, CheckStatus.PASS), **({amiss: CheckStatus.SKIP} if amiss else {})}
    results = [SimpleNamespace(check_id=name, status=found, evidence=("seen",)) for name, found in statuses.items()]
    capabilities = {ProviderCapability.NETWORK_POLICY} if measured else set()
    monkeypatch.setattr(graders, "ChildProcess", lambda: SimpleNamespace(capabilities=capabilities))
    monkeypatch.setattr(
        "openenv.validation.run_validation", lambda *_, **__: SimpleNamespace(results=results, verdict=verdict)
    )
    assert graders.main([]) == status
    assert ("Not passed" in capsys.readouterr().out) == bool(status)

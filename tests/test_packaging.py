"""What is installed, locked and declared is what is here."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from openenv.cli._validation import validate_multi_mode_deployment
from openenv.validation.manifest import ExecutionDeclaration
from openenv.validation.parsers.openenv_yaml import OpenEnvYamlParser
from openenv.validation.runtime.contracts import load_runtime_plan

from synth_audit_env import __version__, models
from synth_audit_env.server.audit import reward_model
from synth_audit_env.server.world import tasks

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PYPROJECT["tool"]["setuptools"]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text())
MANIFEST = OpenEnvYamlParser().parse(ROOT)
NOT_PACKAGED = {"tests", "benchmarks", "outputs", "build", "dist"}


def package_folders() -> Iterator[Path]:
    """Every folder that Python would import as a package, the root first."""
    yield ROOT
    for init in sorted(ROOT.rglob("*/__init__.py")):
        parts = init.relative_to(ROOT).parts
        is_environment = (ROOT / parts[0] / "pyvenv.cfg").is_file()  # that somebody has made in the checkout
        if parts[0] not in NOT_PACKAGED and not is_environment and not any(part.startswith(".") for part in parts):
            yield init.parent


def dotted(folder: Path) -> str:
    return ".".join(("synth_audit_env", *folder.relative_to(ROOT).parts))


def tracked() -> list[tuple[str, str]]:
    """Mode and path of every file in git."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--stage", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [(entry.split()[0], entry.split("\t")[1]) for entry in listed.split("\0") if entry]


def test_every_package_folder_is_installed():
    assert sorted(SETUPTOOLS["packages"]) == sorted(map(dotted, package_folders()))


def test_every_data_file_of_a_package_is_installed():
    declared = {
        path
        for package, patterns in SETUPTOOLS["package-data"].items()
        for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")[1:]).glob(pattern)
    }
    present = {
        path
        for folder in package_folders()
        if folder != ROOT
        for path in folder.iterdir()
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    present |= {path for path in (ROOT / "server" / "page").rglob("*") if path.is_file()}
    assert present - declared == set()
    assert {ROOT / "py.typed", ROOT / "openenv.yaml"} <= declared


def test_the_version_is_one_everywhere():
    version = PYPROJECT["project"]["version"]
    # What is to come stands above the newest version, as "0.2.0 (next)".
    newest = re.search(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    locked = next(package for package in LOCK["package"] if package["name"] == "synth-audit-env")
    assert newest is not None
    cited = re.search(r"^version: (\S+)", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert {MANIFEST.version, newest[1], locked["version"], cited[1], __version__} == {version}


def test_no_link_is_tracked():
    # openenv's validator refuses a package that holds one outside outputs.
    assert [path for mode, path in tracked() if mode == "120000"] == ["outputs/.import/synth_audit_env"]


def test_the_extras_are_locked_and_openenv_comes_once():
    """openenv-core, which it continues, installs the same import package: whichever comes last would win."""
    names = {package["name"] for package in LOCK["package"]}
    assert {"torch", "trl", "transformers", "vllm", "scikit-learn", "openenv"} <= names
    assert "openenv-core" not in names


def test_the_image_is_built_from_one_file():
    """`openenv build` takes server/Dockerfile where there is one, `openenv push` the one at the root."""
    assert [path for _, path in tracked() if Path(path).name == "Dockerfile"] == ["Dockerfile"]


def test_the_lock_names_no_registry_but_pypi():
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text()))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_openenv_0_3_would_deploy_it():
    assert validate_multi_mode_deployment(ROOT) == (True, [])


def test_the_declared_tools_are_the_actions():
    assert MANIFEST.capabilities.declared_tools == list(models.ACTION_TYPES)


def test_the_declared_task_counts_are_those_of_the_splits():
    assert MANIFEST.capabilities.declared_task_count == {name: tasks.num_tasks(name) for name in tasks.SPLITS}


def test_the_declared_reward_range_holds_the_return_of_any_episode():
    thousandths = reward_model.REWARDS
    proposals = max(tier.proposals[1] for tier in tasks.TIERS.values())
    steps = max(tier.steps for tier in tasks.TIERS.values())
    flag = sum(thousandths[event] for event in ("correct_flag", "shap_evidence", "temporal_evidence", "fault_claim"))
    most = proposals * flag + thousandths["all_decided"] + thousandths["half_investigated"] + 100
    worst = min(thousandths["false_positive"], thousandths["wrong_approval"]) + thousandths["false_claim"]
    wasted = min(thousandths["invalid_action"], thousandths["duplicate_action"])
    decided = proposals * worst + (steps - proposals) * wasted + steps * thousandths["step"]
    silent = proposals * thousandths["wrong_undecided"] + steps * wasted + (steps + proposals) * thousandths["step"]
    least = min(decided, silent)
    low, high = MANIFEST.reward.range
    assert low <= least / 1000 < most / 1000 <= high


def test_the_runtime_plan_can_be_read():
    block = yaml.safe_load((ROOT / "validation" / "execution.yaml").read_text())["execution"]
    plan = load_runtime_plan(ROOT, ExecutionDeclaration(**block))
    assert plan.reset.options["task_id"] in tasks.TASK_IDS
    assert {action["action_type"] for action in plan.actions} == set(models.ACTION_TYPES)


def test_the_package_shows_what_verifiers_looks_for_to_nobody_else():
    names: dict = {}
    exec("from synth_audit_env import *", names)
    assert "__getattr__" not in names
    assert "AuditTaskset" not in names
    with pytest.raises(ImportError, match="cannot import name 'AuditTasket'"):
        exec("from synth_audit_env import AuditTasket")

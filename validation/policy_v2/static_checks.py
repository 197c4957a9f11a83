"""openenv's level 1, as far as it takes no image: what is declared, and what is pinned.

for check in static_checks(): ...
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from openenv.validation.policy import load_policy

from ..certificate import Interval, at_most
from .checks import ROOT, Check, manifest, none_of


def static_checks() -> Iterator[Check]:
    """All of them."""
    yield resource_declaration()
    yield timeout_ceiling()
    yield dependency_pinning()
    yield task_distribution_pinning()


def resource_declaration() -> Check:
    """CPU, memory, disk and time are declared, and finite."""
    declared = manifest().resources
    amounts = (declared.cpu, declared.memory_mb, declared.disk_mb, declared.episode_timeout_s)
    missing = sum(not 0 < amount < float("inf") for amount in amounts)
    how = "CPU, memory, disk and episode time of openenv.yaml; what they are held to: runtime.resource_bounds"
    return none_of("static.resource_declaration", "resources undeclared", missing, how, "none")


def timeout_ceiling() -> Check:
    """An episode may not be declared to take longer than the policy allows."""
    ceiling = load_policy("v2").bounds.max_episode_timeout_s
    figure = Interval.exact(manifest().resources.episode_timeout_s)
    how = "the episode_timeout_s of openenv.yaml against the ceiling of openenv's policy"
    return Check("static.timeout_ceiling", "seconds declared", figure, at_most(ceiling), how, "none")


def dependency_pinning() -> Check:
    """Every package that is installed is locked to a version and to the hashes of its files."""
    locked: list[dict[str, Any]] = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    others = [package for package in locked if "registry" in package["source"]]
    loose = sum(not _hashed(package) for package in others) + (len(locked) - len(others) - 1)
    how = (
        f"{len(others)} packages of uv.lock, which the Dockerfile installs with --locked: a version and hashes for each"
    )
    return none_of("static.dependency_pinning", "packages not pinned", loose, how, "none")


def _hashed(package: dict[str, Any]) -> bool:
    files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
    return bool(files) and "version" in package and all("hash" in file for file in files)


def task_distribution_pinning() -> Check:
    """The generator of the tasks is the version that the manifest names: a task is then its seed."""
    pin = manifest().task_distribution
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    amiss = int(pin is None or pin.dataset_version != version)
    how = "the dataset_version of openenv.yaml is the package's version, whose tasks tests/data/golden.json pins"
    return none_of("static.task_distribution_pinning", "pins amiss", amiss, how, "none")

"""Claim "openenv": every check of openenv's policy v2, run by us where openenv 0.10 has no grader for it yet.

    uv run python -m synth_audit_env.validation.certify --claim openenv

The manifest is the one that `openenv validate` reads, openenv.yaml. A check that takes more than this machine is not
run: NOT_RUN has the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openenv.validation.policy import load_policy

from ..certificate import NONE, Measurement, exact
from ..episodes import Scale
from . import runtime_checks, semantic_checks, statistical_checks
from .fixtures import Run, served

_GRADED = "openenv has a grader: `openenv validate .` runs it"
_PLAYED = "openenv has a grader: scripts/runtime_graders.py runs it on a child process, without the Docker it asks for"
_IMAGE = "it looks at an image, which takes a Docker engine to build"
_HUB = "it is the hub's to run, once an image is published"
NOT_RUN: Mapping[str, str] = {
    "static.manifest": _GRADED,
    "static.reproducible_build": f"{_IMAGE}, twice; the GitHub workflow builds it once",
    **dict.fromkeys(("static.image_hygiene", "static.layout", "static.oci_labels"), _IMAGE),
    "static.sbom": f"{_IMAGE}; uv.lock lists what is in it",
    **dict.fromkeys(("runtime.startup", "runtime.reward_well_formed", "runtime.observation_schema"), _PLAYED),
    **dict.fromkeys(("runtime.state_contract", "runtime.network_policy"), _PLAYED),
    "runtime.host_containment": "it probes from within a container, which takes a Docker engine",
    "semantic.verifier_portability": "it runs the verifier in a container without a network, which takes an engine",
    "statistical.training_signal": "it takes a model and a GPU to train it on",
    "hub.layer_isolation": f"{_HUB}: it compares the layers of two images",
    **dict.fromkeys(("hub.time_to_first_work", "hub.cosign_signature", "hub.immutable_versioning"), _HUB),
    "hub.cross_host_determinism": "it takes hosts of other kinds; tests/data/golden.json pins what each must give",
}
"""By check: why it is not run here."""


def check_ids() -> list[str]:
    """Every check of openenv's policy v2, in its order."""
    return [entry.check_id for entry in load_policy("v2").entries]


def measure(scale: Scale) -> Iterator[Measurement]:
    """Run all that can be run, against one server of our own, and see that none was forgotten."""
    checked = set()
    for row in _rows(scale):
        checked.add(row.what.partition(":")[0])
        yield row
    unknown = (checked | set(NOT_RUN)) ^ set(check_ids())
    found = len(unknown) + len(checked & set(NOT_RUN))
    note = "Checks of openenv's policy v2 that are neither run nor listed with a reason, or that it does not have."
    yield exact("inventory: checks unaccounted for", found, NONE, "none", note)


def _rows(scale: Scale) -> Iterator[Measurement]:
    yield from runtime_checks.static_checks()
    with served() as server:
        for check in (*runtime_checks.CHECKS, *semantic_checks.CHECKS, *statistical_checks.CHECKS):
            yield from check(Run(scale, server))

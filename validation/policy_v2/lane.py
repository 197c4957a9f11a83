"""openenv's own bar: every check of its policy v2, run by us where openenv 0.10 has no grader for it yet.

    uv run python -m synth_audit_env.validation.policy_v2.lane            # --quick for fewer episodes

prints one table: check, passed, measured, how; and exits 1 when a check fails. The manifest is the one that
`openenv validate` reads, openenv.yaml. Checks that need more than this machine are listed as not run, with the reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from openenv.validation.policy import load_policy
from rich.console import Console
from rich.table import Table

from ..certificate import Measurement
from ..episodes import FULL, QUICK, Scale
from .checks import Check, none_of
from .reward_checks import reward_checks
from .runtime_checks import runtime_checks
from .semantic_checks import semantic_checks
from .static_checks import static_checks
from .statistical_checks import statistical_checks
from .wire import served

CLAIM = "openenv"
_GRADED = "openenv has a grader: `openenv validate .` runs it"
_PLAYED = (
    "openenv has a grader: scripts/runtime_graders.py runs it on a child process, without the Docker that it asks for"
)
_IMAGE = "it looks at an image, which takes a Docker engine to build"
_HUB = "it is the hub's to run, once an image is published"
NOT_RUN: Mapping[str, str] = {
    "static.manifest": _GRADED,
    "static.reproducible_build": f"{_IMAGE}, twice; the GitHub workflow builds it once",
    "static.image_hygiene": _IMAGE,
    "static.layout": _IMAGE,
    "static.sbom": f"{_IMAGE}; uv.lock lists what is in it",
    "static.oci_labels": _IMAGE,
    "runtime.startup": _PLAYED,
    "runtime.reward_well_formed": _PLAYED,
    "runtime.observation_schema": _PLAYED,
    "runtime.state_contract": _PLAYED,
    "runtime.network_policy": _PLAYED,
    "runtime.host_containment": "it probes from within a container, which takes a Docker engine",
    "semantic.verifier_portability": "it runs the verifier in a container without a network, which takes an engine",
    "statistical.training_signal": "it takes a model and a GPU to train it on",
    "hub.layer_isolation": f"{_HUB}: it compares the layers of two images",
    "hub.time_to_first_work": _HUB,
    "hub.cosign_signature": _HUB,
    "hub.cross_host_determinism": "it takes hosts of other kinds; tests/data/golden.json pins what each must give",
    "hub.immutable_versioning": _HUB,
}
"""By check: why it is not run here."""


def check_ids() -> list[str]:
    """Every check of openenv's policy v2, in its order."""
    return [entry.check_id for entry in load_policy("v2").entries]


def checks(scale: Scale) -> Iterator[Check]:
    """Run all that can be run, against one server of our own, and see that none was forgotten."""
    run = set()
    for check in _run(scale):
        run.add(check.check_id)
        yield check
    unknown = (run | set(NOT_RUN)) ^ set(check_ids())
    how = "checks of openenv's policy v2 that are neither run nor listed with a reason, or that it does not have"
    yield none_of("inventory", "checks unaccounted for", len(unknown) + len(run & set(NOT_RUN)), how, "none")


def _run(scale: Scale) -> Iterator[Check]:
    yield from static_checks()
    with served() as server:
        yield from runtime_checks(server, scale)
        yield from semantic_checks(server, scale)
    yield from reward_checks(scale)
    yield from statistical_checks(scale)


def measure(scale: Scale) -> Iterator[Measurement]:
    """The same for the certificate."""
    for check in checks(scale):
        what = f"{check.check_id}: {check.counted}"
        how = f"{check.how[0].upper()}{check.how[1:]}."
        yield Measurement(CLAIM, what, "all", check.figure, check.bar, check.seeds, how)


def print_table(found: Sequence[Check], scale: Scale) -> None:
    """A row for each figure, and one for each check that was not run."""
    table = Table("check", "passed", "measured", "how", title="openenv policy v2, local lane", show_lines=False)
    order = [*check_ids(), "inventory"]
    for check in sorted(found, key=lambda check: order.index(check.check_id)):
        figure = check.figure
        spread = "" if figure.low == figure.high else f" ({figure.low:.3g} to {figure.high:.3g})"
        measured = f"{check.counted}: {figure.value:.3g}{spread}, {check.bar}"
        table.add_row(
            check.check_id, "yes" if _passed(check, scale) else "NO", measured, f"{check.how} [{check.seeds}]"
        )
    for check_id in order:
        if check_id in NOT_RUN:
            table.add_row(check_id, "not run", "", NOT_RUN[check_id])
    Console(width=200 if not sys.stdout.isatty() else None).print(table, markup=False)


def _passed(check: Check, scale: Scale) -> bool:
    return check.bar.met(check.figure, doubt=scale.doubt)


def main(arguments: Sequence[str]) -> int:
    """Return 1 when a check fails, and say which."""
    if set(arguments) - {"--quick"}:
        print(__doc__)
        return 2
    scale = QUICK if "--quick" in arguments else FULL
    found = list(checks(scale))
    print_table(found, scale)
    failed = sorted({check.check_id for check in found if not _passed(check, scale)})
    if failed:
        print(f"Not passed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

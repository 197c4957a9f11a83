"""A good server passes a soak, and each check fails for a server that does something wrong."""

import json
import sys
from collections import Counter
from dataclasses import replace

import pytest

pytest.importorskip("picows", reason="needs Linux")

from synth_audit_env.benchmarks.server import MEBIBYTE
from synth_audit_env.scripts import soak as program
from synth_audit_env.scripts.soak import WARM_UP_S, Soak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


def grown(load_s, mebibytes=0):
    """Memory, a sample a second, that rises by so much after the warm-up."""
    share = [max(0.0, second - WARM_UP_S) / max(1.0, load_s - WARM_UP_S) for second in range(load_s + 1)]
    return [(float(second), int(part * mebibytes * MEBIBYTE)) for second, part in enumerate(share)]


GOOD = Soak(answers=20, finished=1, logged=Counter(["episode"]), memory=grown(600), left=0, faults=0)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({}, None),
        ({"errors": 1}, "clients saw what was due"),
        ({"answers": 0}, "clients saw what was due"),
        ({"left": 1}, "no session is left"),
        ({"more_files": 4}, "file descriptors are flat"),
        ({"logged": Counter()}, "every finished episode is logged once"),
        ({"finished": 2, "logged": Counter(["episode", "episode"])}, "every finished episode is logged once"),
        ({"faults": 1}, "the server reports no fault"),
        # Memory is not judged in less than five minutes.
        ({"memory": grown(299, 10_000)}, None),
        ({"memory": grown(300, 11)}, "memory is flat"),
        ({"memory": grown(300, 9)}, None),
    ],
)
def test_each_check_can_fail(change, check):
    assert [name for name, _, passed in replace(GOOD, **change).verdicts() if not passed] == [check] * bool(check)


@pytest.mark.slow
def test_a_short_soak(tmp_path):
    status = program.main(["--minutes", "0.2", "--sessions", "24", "--out", str(tmp_path / "soak.json")])
    report = json.loads((tmp_path / "soak.json").read_text())
    assert (status, report["passed"]) == (0, True), report
    assert set(report["vandals"]) == set(program.VANDALS)
    assert report["episodes_finished"] > 24

"""The processor time of a reset, by tier: the environment alone, in this process, without a server.

    uv run python benchmarks/resets.py                             # every tier, and three levels of the frontier
    uv run python benchmarks/resets.py hard frontier-5 --seeds 100

Each episode of the test split is reset several times, and the fastest counts: what else the machine did is left out as
far as it can be. Printed are the mean of the episodes with its 95 % interval (percentile bootstrap), and the slowest.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Sequence

from synth_audit_env.comparison.intervals import mean_interval
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS, options_of

SHOWN = (*TIERS, "frontier-1", "frontier-5", "frontier-10")


def reset_ms(tier: str, index: int, repeats: int) -> float:
    """Milliseconds of processor time of the fastest of some resets of one episode, which nothing keeps."""
    environment = SynthAuditEnvironment(build=build_scenario)
    options = {**options_of(tier), "split": "test", "index": index}
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        environment.reset(**options)
        taken.append(1000 * (time.process_time() - began))
    return min(taken)


def main(argv: Sequence[str] | None = None) -> None:
    """Print a line for each tier."""
    parser = argparse.ArgumentParser(prog="resets", description=__doc__.splitlines()[0])
    parser.add_argument("tier", nargs="*", default=SHOWN, help=f"default: {' '.join(SHOWN)}")
    parser.add_argument("--seeds", type=int, default=40, help="episodes of each tier (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="resets of each episode (default: %(default)s)")
    chosen = parser.parse_args(argv)
    if min(chosen.seeds, chosen.repeats) < 1:
        parser.error("--seeds and --repeats have to be at least 1.")
    print(f"ms of processor time a reset, {chosen.seeds} test seeds, Python {platform.python_version()}")
    for tier in chosen.tier:
        try:
            reset_ms(tier, 0, 1)  # what the first reset of a process loads is not measured
        except EpisodeError as problem:
            parser.error(str(problem))
        taken = [reset_ms(tier, index, chosen.repeats) for index in range(chosen.seeds)]
        mean = mean_interval(tier, taken)
        assert mean is not None, "each reset took a time"
        print(f"{tier:12} {mean.value:6.1f} [{mean.low:.1f}, {mean.high:.1f}], slowest {max(taken):.1f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

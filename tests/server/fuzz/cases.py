"""How much is tried: 500 cases in all, or as many more as the environment variable FUZZ_CASES says.

    came = tried(30, conversations(), check)      # 30 percent of them
    assert draws.share(came, "closed") >= 0.1

A case is one connection or one request, however much is sent with it.
"""

import os
import warnings

from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning

from synth_audit_env.tests.server.properties import draws

CASES = int(os.environ.get("FUZZ_CASES", "500"))


def tried(percent, strategy, check):
    """What a check returns on that share of the cases. It fails where the check does, on the simplest case found."""
    # A machine that has other work to do is no fault of a strategy.
    busy = {"deadline": None, "suppress_health_check": list(HealthCheck)}
    with warnings.catch_warnings():
        # That a failing case is long to write down must not take the place of what it has found.
        warnings.simplefilter("ignore", HypothesisWarning)
        return draws.tried(max(draws.ROUND, CASES * percent // 100), st.tuples(strategy), check, **busy)

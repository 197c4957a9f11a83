"""Ours are timed as the others are, and the report becomes a table of ratios."""

import pytest

from synth_audit_env.benchmarks import environments
from synth_audit_env.benchmarks.document import document


def test_our_tiers_are_timed_without_the_other_packages():
    tiers = ("ours, easy", "ours, hard")
    rows = environments.rows({name: environments.measure(environments.ENVIRONMENTS[name](), 2) for name in tiers})
    assert (rows[1]["step_ratio"], rows[1]["reset_ratio"]) == pytest.approx((1, 1))
    assert all(row["reset_us"] > row["step_us"] > 0 for row in rows)
    assert document({"environments": rows}).count("| ours, ") == 2

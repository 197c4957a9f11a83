"""What the kinds of error mean, as the page explains them beside the field that asks for one.

    MEANINGS["age_boundary_error"], kinds_pane()

The same for every audit: nothing here knows which kinds there are in it.
"""

from __future__ import annotations

from collections.abc import Mapping

from synth_audit_env.server.protocol import AGE, CITATION, DATES, EQUITY, OVERRIDE, STATISTIC, WINDOW
from synth_audit_env.server.web.markup import facts, words

MEANINGS: Mapping[str, str] = {
    AGE: "the age limits, as amended; a blank age is a deviation",
    DATES: "the order of dates",
    WINDOW: "the treatment window that applies",
    OVERRIDE: "Stage IV, index over the threshold: whether the longer window stands",
    CITATION: "a cited section or amendment is not in the protocol",
    STATISTIC: "a quoted cohort figure is not what the cohort gives",
    EQUITY: "an all-clear on equity against the protocol's rule on the stage-adjusted gap",
}
"""The rule that a determination of each kind gets wrong, in the words of the README."""


def kinds_pane() -> str:
    """All of them, folded."""
    told = facts((words(name), meaning) for name, meaning in MEANINGS.items())
    return (
        "<details><summary>What each kind means</summary><p>A kind names the rule that the determination gets wrong, "
        f"in either direction: a compliant patient who is kept from treatment is wrong too.</p>{told}</details>"
    )

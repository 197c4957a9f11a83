"""Surroundings: what is not asked about tells neither the question nor the label."""

from collections import Counter, defaultdict

import pytest
from scipy.stats import chi2_contingency

from synth_audit_env.error_types import AGE, DATES, WINDOW
from synth_audit_env.server.world.protocol import COMPLIANT
from synth_audit_env.server.world.quantities import LIMITS, QUESTIONS
from synth_audit_env.server.world.surroundings import MOST_BROKEN


@pytest.mark.parametrize("tier", ["medium", "hard"])
def test_as_many_rules_are_broken_whatever_the_label(determinations, tier):
    broken, asked_is, counts = defaultdict(Counter), Counter(), Counter()
    askable = [asked for asked, names in QUESTIONS.items() if LIMITS[names[0]].error_type in (AGE, DATES, WINDOW)]
    for _, proposal, record in determinations(tier, 60):
        brief, protocol = proposal.brief, proposal.trial.protocol
        verdicts = {asked: protocol.asked(asked).judge(record).verdict for asked in askable}
        breaks = sum(verdict != COMPLIANT for verdict in verdicts.values())
        broken[brief.verdict, proposal.is_wrong][min(breaks, MOST_BROKEN)] += 1
        for asked, verdict in verdicts.items():
            counts[asked == brief.argument.question, verdict] += 1
        asked_is[brief.verdict] += 1
    for verdict in asked_is:
        table = [[broken[verdict, wrong][number] for number in range(1, MOST_BROKEN + 1)] for wrong in (True, False)]
        assert chi2_contingency(table).pvalue > 0.001, table
    shares = [
        counts[asked, "deviation"] / (counts[asked, "deviation"] + counts[asked, COMPLIANT]) for asked in (True, False)
    ]
    assert abs(shares[0] - shares[1]) < 0.2


def test_what_is_asked_about_stays_as_the_case_has_it(determinations):
    """A surrounding that changed it would change the label, or the argument."""
    for _, proposal, record in determinations("hard", 20):
        argument, bug = proposal.brief.argument, proposal.brief.bug
        reading = proposal.brief.reading.judge(record)
        quantity = LIMITS[argument.parameter].quantity
        if bug is None:
            assert reading.verdict == argument.verdict
            assert reading.parameters[argument.parameter] == argument.limit, quantity

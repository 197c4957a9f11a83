"""The site cap: a limit on how many enrolled at the site before a patient, so its determinations are on the cohort.

What holds of them as of other determinations of the frontier is in `test_frontier_questions.py`.
"""

import pytest

from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION, Clause, Condition, Protocol
from synth_audit_env.server.world.quantities import LIMITS, SITE_CAP
from synth_audit_env.server.world.record import EARLIER_AT_SITE, columns

CAP = Clause("3.6", SITE_CAP, 9.0)
FOR_STAGE_IV = Clause("3.7", SITE_CAP, 14.0, (Condition("stage", "==", 4.0),))
UNLESS_FIT = Clause("3.8", SITE_CAP, None, (Condition("ecog", ">=", 2.0),), "3.7")
PROTOCOL = Protocol((CAP, FOR_STAGE_IV, UNLESS_FIT), (LIMITS[SITE_CAP],))


@pytest.mark.parametrize(
    ("earlier", "change", "verdict"),
    [
        (9, {}, COMPLIANT),
        (10, {}, DEVIATION),
        (14, {"stage": "IV"}, COMPLIANT),
        (15, {"stage": "IV"}, DEVIATION),
        (10, {"stage": "IV", "ecog": 2}, DEVIATION),
    ],
)
def test_it_is_a_limit_with_exceptions_as_any_other(patient, earlier, change, verdict):
    record = patient(earlier_at_site=earlier, **change)
    judgement = PROTOCOL.judge(record)
    assert judgement.verdict == verdict
    assert PROTOCOL.compliant(columns([record])).tolist() == [verdict == COMPLIANT]
    if verdict == DEVIATION:
        (finding,) = judgement.findings
        assert (finding.quantity, finding.observed) == (EARLIER_AT_SITE, earlier)

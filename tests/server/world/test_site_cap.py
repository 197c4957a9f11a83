"""The site cap: a limit on how many enrolled at the site before a patient, so its determinations are on the cohort.

What holds of them as of other determinations of the frontier is in `test_frontier_questions.py`.
"""

from collections import Counter
from dataclasses import replace

import pytest

from synth_audit_env.error_types import COHORT_RULE
from synth_audit_env.server.audit.attribution import shapley_values_and_passing
from synth_audit_env.server.audit.reward_model import key_features
from synth_audit_env.server.audit.tools import request_shap
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION, Clause, Condition, Protocol
from synth_audit_env.server.world.quantities import LIMITS, SITE_CAP
from synth_audit_env.server.world.record import EARLIER_AT_SITE, columns, facts
from synth_audit_env.tests.server.world.kinds import shares_are_kept

CAP = Clause("3.6", SITE_CAP, 9.0)
FOR_STAGE_IV = Clause("3.7", SITE_CAP, 14.0, (Condition("stage", "==", 4.0),))
UNLESS_FIT = Clause("3.8", SITE_CAP, None, (Condition("ecog", ">=", 2.0),), "3.7")
PROTOCOL = Protocol((CAP, FOR_STAGE_IV, UNLESS_FIT), (LIMITS[SITE_CAP],))
EPISODES = 150
"""Of frontier-3."""


@pytest.fixture(scope="session")
def notes(determinations):
    """(scenario, proposal, record) of each note on the cap."""
    return determinations("frontier-3", EPISODES, COHORT_RULE)


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


def test_three_kinds_in_their_shares_by_every_usual_operator(notes):
    assert shares_are_kept([proposal for _, proposal, _ in notes], z=3.0)
    made = Counter(proposal.brief.bug.operator for _, proposal, _ in notes if proposal.brief.bug is not None)
    usual = ("dropped", "misquoted_limit", "misquoted_threshold", "misquoted_value", "inverted", "unconditional")
    assert min(made[operator] for operator in usual) > 5, made


def test_a_note_asks_for_no_treatment(notes):
    outcomes = set()
    for _, proposal, record in notes:
        note = proposal.note
        assert note.recommended_action == ("accept" if note.verdict == COMPLIANT else "query") + " the entry"
        outcomes.add(record.outcome)
    assert {"alive", "deceased"} < outcomes, "it is asked of all who enrolled"


def test_attribution_takes_the_count_along_with_the_day_of_enrolment(notes):
    scenario, proposal, record = notes[0]
    others = [one for one in scenario.patients if one.earlier_at_site > 12]
    reading = Protocol((CAP,), (LIMITS[SITE_CAP],))
    row = {**facts(record), EARLIER_AT_SITE: 3.0}
    assert shapley_values_and_passing(reading.checks, row, columns(others)) == ({"enrolment_date": 1.0}, 0)
    values = request_shap(scenario, record.patient_id, "enrolment_date")[1].model.values
    assert EARLIER_AT_SITE not in values
    assert key_features(replace(proposal, error_type=COHORT_RULE)) == {"enrolment_date"}

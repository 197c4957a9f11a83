"""A value, a limit or a clause in force states the evidence; of several limits numbers must say which one counts."""

from datetime import date

import pytest

from synth_audit_env.server.audit.rationale import MAX_CLAIMS, states_evidence
from synth_audit_env.server.audit.reasons.ground_truth import ground_truth
from synth_audit_env.server.audit.reasons.utterance import utterance

OLD = ("generic_age_limits", {"age": 80})
BLANK = ("labs_over_age", {"age": None})
STRICT = ("strict_age", {"age": 72})
OVERRIDE = ("override_ignored", {"stage": "IV", "comorbidity_index": 6, "delay": 30, "cites": ("§5.1", "§5.2")})
STAGES = ("extension_to_other_stages", {"stage": "III", "delay": 30})
AMENDED = ("guidance_window", {"stage": "IV", "delay": 40, "enrolment_date": date(2021, 12, 1)})
DATES = ("dates_not_compared", {"last_contact": date(2021, 3, 2)})


def states(made, text):
    return states_evidence(made, utterance(text, made.names, made.proposal.note.reasoning))


@pytest.mark.parametrize(
    ("which", "text"),
    [
        *[(OLD, text) for text in ("80, limit 75", "80", "75", "§3.2 sets it", "80 is over 75, not under 40")],
        (OLD, "40 to 75 apply, exceeded by 5 years"),
        *[(BLANK, text) for text in ("The age is blank", "§3.1")],
        *[(STRICT, text) for text in ("72 is within 40 to 75", "40 to 75", "75")],
        *[(OVERRIDE, text) for text in ("24 days", "30/24", "index 6", "The override applies")],
        *[(OVERRIDE, text) for text in ("the last day was 2021-03-25", "index 6 is above 4.5")],
        (STAGES, "Stage III, not Stage IV"),
        *[(AMENDED, text) for text in ("40 days, limit 36", "Amendment 3 counts", "40 days exceeds 36, once 42")],
        (DATES, "last contact 2021-03-02, treatment 2021-03-15"),
        (DATES, "last contact 13 days before treatment"),
        (DATES, "last contact on 2021-03-02 before treatment"),
    ],
)
def test_what_decides_is_evidence(truth, which, text):
    assert states(truth(which[0], **which[1]), text)


@pytest.mark.parametrize(
    ("which", "text"),
    [
        *[(OLD, text) for text in ("40", "78", "§3.1 sets it", "5 years over", "ECOG 1", "The age is high")],
        *[(OLD, text) for text in ("80; 40 to 75", "§3.1 and §3.2")],
        *[(OVERRIDE, text) for text in ("30 days", "42 days", "age 60", "§5.2", "§5.1, §5.2, §5.3 and §5.4")],
        *[(OVERRIDE, text) for text in ("Perhaps 24 days", "Is 30 days over 24 days?", "24 days may be the limit")],
        *[(STAGES, text) for text in ("Stage III", "Stage IV exception")],
        *[(AMENDED, text) for text in ("40 days", "42 days", "Limits are 24 and 36")],
        *[(DATES, text) for text in ("§6.1", "last contact 2021-03-02", "last contact 12 days before treatment")],
        (DATES, "consent 2021-02-20, enrolment 2021-03-01, treatment 2021-03-15, last contact 2021-03-02"),
    ],
)
def test_what_does_not_decide_is_left_open_or_lists_all_is_none(truth, which, text):
    assert not states(truth(which[0], **which[1]), text)


def test_a_copy_of_all_that_the_tools_tell_is_none(truth):
    numbers = ", ".join(str(100 + number) for number in range(MAX_CLAIMS))
    made = truth(OVERRIDE[0], **OVERRIDE[1])
    assert states(made, "index 6 is above 4.5")
    assert not states(made, f"{numbers}. index 6 is above 4.5")


def test_of_a_reference_that_is_not_there_that_it_is_not_there(truth, trial):
    made = truth("fabricated_citation", cited=trial.invented_provisions[0])
    assert states(made, "§9.2 is not in the protocol.")
    assert not states(made, "§9.2 is about consent.")
    assert not states(made, "§9.1 is not in the protocol.")


@pytest.mark.parametrize("flaw", ["fabricated_statistic", "pooled_mortality"])
def test_of_a_figure_the_true_one_is_evidence_and_the_quoted_one_is_not(scenarios, flaw):
    wrong = [(s, p) for s in scenarios("expert", 60) for p in s.proposals if p.is_wrong and p.brief.flaw.name == flaw]
    assert wrong
    for scenario, proposal in wrong:
        made, figure = ground_truth(scenario, proposal), proposal.brief.figure
        unit = "" if "(" in figure.text else " points"
        assert states(made, f"{figure.true}{unit}")
        assert not states(made, f"{figure.text}{unit}")

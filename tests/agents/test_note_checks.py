"""What a note says, and what the cohort has to say on it."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.note_checks import named_rate, quoted_figure, read_note
from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.models import CohortGroup, CohortResult
from synth_audit_env.server.audit import tools
from synth_audit_env.server.world.argument import MET
from synth_audit_env.server.world.quantities import LIMITS
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.tests.agents.written import review

PROTOCOL = read_protocol(
    "PROTOCOL ONC-1234.\n§3 Eligibility\n§3.2 Maximum age. Age at enrolment is at most 75 years.\n"
    "§3.3 LDH maximum age exception: where LDH is above 210 U/L, the limit of §3.2 is 80 years instead.\n"
    "§3.4 Stage IV maximum age override: where the disease is Stage IV, §3.3 does not apply.\n§9 Amendments\n"
    "Amendment 2 (in force 2022-03-01): for patients enrolled on or after 2022-03-01, §3.2 reads 79 years."
)


def _table(feature: str, **deaths: tuple[int, int]) -> CohortResult:
    """Deaths of patients by group, each spread over two arms."""
    rows = []
    for name, (dead, patients) in deaths.items():
        group = name.replace("_", " ")
        split = [(group, dead, patients)] if feature == "arm" else [("a", 1, 3), ("b", dead - 1, patients - 3)]
        rows += [
            CohortGroup(arm=arm, group=group, patients=n, deaths=d, mortality=0.0, median_survival_days=None)
            for arm, d, n in split
        ]
    return CohortResult(
        feature=feature, groups=rows, contrast="x", crude_gap=-2.4, adjusted_gap=1.0, chi_square=None, p_value=None
    )


ARM = _table("arm", control=(13, 41), experimental=(20, 39))


@pytest.mark.parametrize(
    ("reasoning", "quoted", "own"),
    [
        ("Mortality in the control arm is 31.7 % (13 of 41).", "31.7 % (13 of 41)", "31.7 % (13 of 41)"),
        ("At 31.8 % (13 of 41) I take the experimental arm.", "31.8 % (13 of 41)", "51.3 % (20 of 39)"),
        ("Mortality of somebody is 10.0 % (1 of 10).", "10.0 % (1 of 10)", None),
        ("No figure at all for the control arm.", None, "31.7 % (13 of 41)"),
    ],
)
def test_a_rate_as_quoted_and_as_the_cohort_has_it(reasoning: str, quoted: str | None, own: str | None) -> None:
    assert quoted_figure(reasoning, is_gap=False) == quoted
    rate = named_rate(reasoning, ARM)
    assert (rate and rate[0]) == own


def test_a_gap_as_quoted() -> None:
    assert quoted_figure("Of 80 patients I make it -2.4 percentage points, and 15 are allowed.", is_gap=True) == "-2.4"


def test_reads_what_a_note_quotes() -> None:
    text = "I found that §3.3 (LDH 226 U/L, threshold 210) applies, but not §3.4 (Stage IV exception). "
    note = read_note(PROTOCOL, review(f"{text}At 77 years it is at most 80 years by §3.3.", "§3.2", "§3.3", "§3.4"))
    assert (note.quantity, note.bound, note.against, note.said, note.limit) == ("age", "at most", "3.3", 77.0, 80.0)
    told = [(one.clause.number, one.met, one.said, one.threshold) for one in note.grounds]
    assert told == [("3.3", True, 226.0, 210.0), ("3.4", False, None, None)]
    assert note.believed({"age": 81.0, "ldh": 200.0, "bmi": 22.0}) == {"age": 77.0, "ldh": 226.0, "bmi": 22.0}


@pytest.mark.parametrize(
    ("said", "by_consent"),
    [
        ("By Amendment 2 §3.2 (maximum age) is another.", False),
        ("The patient signed under Amendment 2, and §3.2 is another.", True),
        ("What was agreed to later is Amendment 2.", True),
        ("The significance of the consent lead time was judged under Amendment 2.", False),
        (
            "Consent was late. Amendment 2 changes §3.2. Consent was 3 days before §3.2 as amended by Amendment 2.",
            False,
        ),
    ],
)
def test_reads_by_which_day_an_amendment_counts(said: str, by_consent: bool) -> None:
    assert read_note(PROTOCOL, review(said, "§3.2", "Amendment 2")).amendments == {"Amendment 2": by_consent}


@pytest.mark.parametrize(
    "against", ["The patient does not meet", "Never under", "It isn't for", "This has no claim to"]
)
def test_a_note_can_give_no_numbers(against: str) -> None:
    quiet = read_note(PROTOCOL, review(f"{against} §3.3 (LDH exception). Fine under §3.2.", "§3.2", "§3.3"))
    assert (quiet.quantity, quiet.said, quiet.limit, quiet.against) == ("age", None, None, "3.2")
    assert [(one.met, one.said, one.threshold) for one in quiet.grounds] == [(False, None, None)]


@pytest.mark.parametrize("voices", ["train", "test"])
def test_reads_every_note_as_it_was_meant(voices: str) -> None:
    for seed in range(24):
        scenario = build_scenario(TIERS[list(TIERS)[seed % len(TIERS)]], seed, voices)
        protocol = read_protocol(scenario.protocol_text)
        for proposal in scenario.proposals:
            meant = proposal.brief.argument
            if meant is None:
                continue
            review = tools.review_proposal(scenario, proposal.note.proposal_id)[1].model
            note = read_note(protocol, review)
            assert note.quantity == LIMITS[meant.parameter].quantity
            assert note.said == meant.said, review.reasoning
            assert note.limit == (meant.limit if meant.manner.quotes_limit else None), review.reasoning
            steps = {s.number: (s.part == MET, s.said) for s in meant.steps if s.condition is not None}
            assert {one.clause.number: (one.met, one.said) for one in note.grounds} == steps, review.reasoning
            assert note.against == meant.clause, review.reasoning

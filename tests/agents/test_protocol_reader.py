"""The protocol reader against the clauses that the text was rendered from, and against text that nobody rendered."""

from __future__ import annotations

import pytest

from synth_audit_env.agents.case_rules import facts_of, judge_facts
from synth_audit_env.agents.protocol_reader import ProtocolTextError, ReadCondition, ReadProtocol, read_protocol
from synth_audit_env.error_types import EQUITY
from synth_audit_env.models import PatientResult
from synth_audit_env.server.world.protocol import CONSENTED, Clause, Protocol
from synth_audit_env.server.world.scenario import Scenario, build_scenario
from synth_audit_env.server.world.tasks import LEVELS, TIERS
from synth_audit_env.tests.agents.written import CASCADE, record

_BOUNDS = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}
_COMPARISONS = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "==": "exactly"}


def _scenarios(tier: str, count: int) -> list[Scenario]:
    return [build_scenario(TIERS[tier], seed, "train") for seed in range(count)]


def _add(text: str, *sentences: str) -> str:
    """The text with sentences added at the end of the scheduling section."""
    return text.replace("§6 Dates", "\n".join([*sentences, "§6 Dates"]))


def _verdict(read: ReadProtocol, record: PatientResult) -> str:
    return judge_facts(read, facts_of(record, read)).verdict


def _same(read: ReadProtocol, clause: Clause, protocol: Protocol) -> bool:
    """Whether a clause was read as it is."""
    found = read.clause(clause.number)
    fields = {CONSENTED: "consent_date"}
    when = tuple(ReadCondition(fields.get(c.field, c.field), _COMPARISONS[c.op], c.value, c.term) for c in clause.when)
    limit = protocol.check(clause.parameter)
    told = (found.quantity, found.bound, found.value, found.when, found.acts_on)
    return told == (limit.quantity, _BOUNDS[limit.op], clause.value, when, clause.acts_on)


@pytest.mark.parametrize("tier", TIERS)
def test_reads_every_sentence_of_generated_protocols(tier: str) -> None:
    for scenario in _scenarios(tier, 75):
        read = read_protocol(scenario.protocol_text)
        assert read.unread == (), scenario.protocol_text
        protocol = scenario.trial.protocol
        assert len(read.clauses) == len(protocol.clauses)
        for clause in protocol.clauses:
            assert _same(read, clause, protocol), (scenario.seed, clause)
        assert bool(read.cohort_rules) == (tier == "expert")
        assert [(rule.number, rule.features, rule.is_gap, rule.limit) for rule in read.cohort_rules] == [
            (rule.number, rule.features, rule.error_type == EQUITY, rule.limit) for rule in scenario.trial.cohort_rules
        ]


@pytest.mark.parametrize("level", LEVELS)
def test_reads_every_sentence_of_the_frontier_and_what_holds_at_each_site(level: int) -> None:
    for seed in range(2):
        scenario = build_scenario(LEVELS[level], seed, "train")
        read, trial = read_protocol(scenario.protocol_text), scenario.trial
        assert read.unread == ()
        assert read.annexes == {site: str(trial.sections[site]) for site in trial.annexes}
        assert {clause.number for clause in read.clauses} == {clause.number for clause in trial.clauses}
        for site in sorted({patient.site for patient in scenario.patients}):
            here, protocol = read.at(site), trial.at(site).protocol
            assert {clause.number for clause in here.clauses} == {clause.number for clause in protocol.clauses}
            for clause in protocol.clauses:
                assert _same(here, clause, protocol), (seed, site, clause)


def test_hops_made_of_text_alone_turn_the_verdict_each_time() -> None:
    hops = (
        "§5.4 Waiver: where haemoglobin is at least 12 g/dL, §5.3 does not apply.",
        "§5.5 Restriction: where ECOG performance status is at least 1, §5.4 does not apply.",
        "§5.6 Relief: where LDH is below 900 U/L and the comorbidity index is below 6.5, §5.5 does not apply.",
        "§5.7 Bar: where the disease is Stage III or higher, §5.6 does not apply.",
    )
    patient = record(ldh=300)
    verdicts = []
    for count in range(len(hops) + 1):
        read = read_protocol(_add(CASCADE, *hops[:count]))
        assert read.unread == ()
        verdicts.append(_verdict(read, patient))
    assert verdicts == ["deviation", "compliant", "deviation", "compliant", "deviation"]


def test_an_amendment_can_be_amended() -> None:
    first = "\nAmendment 1 (in force 2022-01-01): for patients enrolled on or after 2022-01-01, §3.2 reads 78 years."
    second = (
        "\nAmendment 2 (in force 2022-01-05): for patients enrolled on or after 2022-01-05, Amendment 1 reads 70 years."
    )
    patient = record(age=76, comorbidity_index=2)
    assert _verdict(read_protocol(CASCADE), patient) == "deviation"
    assert _verdict(read_protocol(CASCADE + first), patient) == "compliant"
    assert _verdict(read_protocol(CASCADE + first + second), patient) == "deviation"


def test_keeps_what_it_cannot_read_and_what_hangs_on_it() -> None:
    strange = "§5.4 Waiver: where the moon is full, §5.3 does not apply."
    on_it = "§5.5 Restriction: where haemoglobin is at least 12 g/dL, §5.4 does not apply."
    unknown = "§5.6 Weight limit. Weight is at most 90 kg."
    weighed = "§5.7 Source of weight: where the two laboratories differ, the value of the site laboratory counts."
    vague = "Amendment 4 (in force 2022-01-01): as the sponsor says."
    read = read_protocol(_add(CASCADE, strange, on_it, unknown, weighed) + f"\n{vague}")
    assert read.unread == (strange, unknown, weighed, vague, on_it)
    assert {"5.4", "5.5", "5.6", "Amendment 4"} <= set(read.citable)


def test_refuses_a_circle_and_a_number_given_twice() -> None:
    circle = (
        "§5.4 Waiver: where haemoglobin is at least 12 g/dL, §5.5 does not apply.",
        "§5.5 Restriction: where haemoglobin is at least 12 g/dL, §5.4 does not apply.",
    )
    with pytest.raises(ProtocolTextError, match=r"circle: 5\.4, 5\.5, 5\.4"):
        read_protocol(_add(CASCADE, *circle))
    with pytest.raises(ProtocolTextError, match="two clauses of one number"):
        read_protocol(_add(CASCADE, "§5.1 Treatment window. Treatment starts at most 30 days after enrolment."))

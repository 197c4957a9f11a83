"""What is told when the episode is over: true of the record, and of what the Actor read and did not read."""

import re

import pytest

from synth_audit_env.server.world.actor_agent import Brief
from synth_audit_env.server.world.explanation import deed, explain
from synth_audit_env.server.world.misreadings import FLAWS, misread
from synth_audit_env.server.world.protocol_text import cite, days_text
from synth_audit_env.server.world.tasks import TIERS

SEEDS = 60
"""Of each tier: every flaw occurs, as right and as wrong."""
SECTION = re.compile(r"§\d+\.\d+|Amendment \d+")
TURNS_ON = {
    "generic_age_limits": ("age_min", "age_max"),
    "labs_over_age": ("age_min", "age_max"),
    "age_amendment": ("cited", "age_max"),
    "dates_not_compared": ("order",),
    "data_entry_excuse": ("order",),
    "guidance_window": ("base",),
    "site_latency": ("window",),
    "extension_to_other_stages": ("extension",),
    "window_amendment": ("cited", "amended"),
    "override_ignored": ("extension", "override"),
    "override_softened": ("override",),
    "waiver_stretched": ("waiver",),
    "superseded_version": ("superseded", "tightening"),
    "fabricated_citation": ("cited",),
    "fabricated_statistic": (),
    "pooled_mortality": ("equity",),
    "strict_age": ("age_min", "age_max"),
    "extension_denied": ("base", "extension"),
    "waiver_ignored": ("override", "waiver"),
}
"""The sections that are named, by role, in their order."""


def told(trial, record, name):
    """The explanation of a determination on that record by an Actor with that flaw."""
    reading = misread(trial, FLAWS[name], None)
    judgement = trial.protocol.judge(record)
    wrong = judgement.verdict != reading.judge(record).verdict
    return explain(trial, Brief(FLAWS[name], reading), wrong, record, judgement)


def test_of_a_wrong_determination(trial, patient):
    record = patient(stage="IV", comorbidity_index=6, delay=30)
    assert told(trial, record, "override_ignored").endswith(
        " The Actor applied §5.2 (Stage IV exception) and never read §5.3 (comorbidity override)."
    )


def test_of_a_right_determination(trial, patient):
    assert told(trial, patient(stage="IV", delay=20), "override_ignored") == (
        "The record is compliant under the limits that apply to it (ages 40 to 75, window 42 days). "
        "The Actor applied §5.2 (Stage IV exception) and never read §5.3 (comorbidity override), which made no "
        "difference here."
    )


def test_a_flaw_on_which_no_section_bears_reads_well(trial):
    reading = misread(trial, FLAWS["fabricated_statistic"], None)
    assert (
        deed(trial, Brief(FLAWS["fabricated_statistic"], reading), None)
        == "quoted a cohort figure without computing it"
    )


@pytest.mark.parametrize(("stage", "section"), [("II", "§5.1 (treatment window)"), ("IV", "§5.2 (Stage IV exception)")])
def test_the_window_is_the_one_of_the_record(trial, patient, stage, section):
    explanation = told(trial, patient(stage=stage, delay=10), "site_latency")
    assert f"from the delay before holding it against {section}, which made" in explanation


def test_a_revoked_extension_gives_no_window(trial, patient):
    explanation = told(trial, patient(stage="IV", comorbidity_index=6, delay=10), "site_latency")
    assert "before holding it against §5.1 (treatment window), which" in explanation


def named(scenario, proposal):
    """Role to the section that it is to be named by."""
    trial, brief = scenario.trial, proposal.brief
    roles = {role: cite(number) for role, number in trial.numbers.items()}
    if brief.cited is not None:
        roles["cited"] = cite(brief.cited.number)
        if getattr(brief.cited, "acts_on", None):
            roles["amended"] = cite(brief.cited.acts_on)
    if "tightening" in trial.numbers:
        roles["superseded"] = cite(trial.protocol.clause(trial.numbers["tightening"]).acts_on)
    if proposal.judgement is not None and "base" in trial.numbers:
        extended = proposal.judgement.step(trial.numbers["extension"]).applies
        roles["window"] = roles["extension" if extended else "base"]
    return roles


@pytest.mark.parametrize("tier", TIERS)
def test_the_sections_that_a_flaw_turns_on_are_named(scenarios, tier):
    met = set()
    for scenario in scenarios(tier, SEEDS):
        for proposal in scenario.proposals:
            roles, flaw = named(scenario, proposal), proposal.brief.flaw.name
            did = deed(scenario.trial, proposal.brief, proposal.judgement)
            assert SECTION.findall(did) == [roles[role] for role in TURNS_ON[flaw]], did
            ending = "." if proposal.is_wrong else ", which made no difference here."
            assert proposal.explanation.endswith(f" The Actor {did}{ending}")
            assert proposal.explanation.count("The Actor") == 1, "so that a page can tell it apart"
            met.add((flaw, proposal.is_wrong))
    assert met == {(flaw.name, wrong) for flaw in FLAWS.values() if tier in flaw.tiers for wrong in (True, False)}


@pytest.mark.parametrize("tier", ["hard", "expert"])
def test_what_was_never_read_is_not_in_the_reading_and_what_was_applied_is(scenarios, tier):
    applied = unread = 0
    for scenario in scenarios(tier, SEEDS):
        for proposal in scenario.proposals:
            did = deed(scenario.trial, proposal.brief, proposal.judgement)
            trace = {} if proposal.judgement is None else reading_of(scenario, proposal)
            for section in re.findall(r"never (?:read|applied) (\S+)", did):
                assert section not in trace, did
                unread += 1
            for section in re.findall(r"^applied (§\S+)", did):
                assert trace[section].applies, did
                applied += 1
    assert applied > 20
    assert unread > 20


def reading_of(scenario, proposal):
    """Section to how the Actor met it."""
    trace = proposal.brief.reading.judge(scenario.patient[proposal.note.patient_id]).trace
    return {cite(step.number): step for step in trace}


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 days"), (1, "1 day"), (1.0, "1 day"), (-1, "-1 day"), (2, "2 days"), (21, "21 days")]
)
def test_days(count, text):
    assert days_text(count) == text

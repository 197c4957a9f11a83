"""Reports are read line by line, or as JSON; a true and complete one earns, a stuffed one does not."""

import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.error_types import ERROR_TYPES
from synth_audit_env.models import MAX_REPORT
from synth_audit_env.server.audit.audit_report import LEAST, MOST, read_report, report_quality
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS

AGE, DATES = "age_boundary_error", "temporal_inconsistency"


@pytest.mark.parametrize(
    ("report", "stated"),
    [
        ("PROP-003: age_boundary_error", {3: AGE}),
        ("PROP-004 is right.\nPROP-003 is an age_boundary_error, since 77 is above 72.", {3: AGE}),
        ("PROP-001, PROP-002 and PROP-003: age_boundary_error", {1: AGE, 2: AGE, 3: AGE}),
        ("| PROP-003 | age_boundary_error | 77 |\n| PROP-004 | approved | |", {3: AGE}),
        ("PROP-003\nage_boundary_error", {}),
        ('{"PROP-003": "age_boundary_error", "PROP-004": null}', {3: AGE}),
        ('{"PROP-003": {"error_type": "age_boundary_error", "reason": "77"}}', {3: AGE}),
        ('{"PROP-003": ["age_boundary_error"]}', {3: AGE}),
        ('{"age_boundary_error": ["PROP-003", "PROP-004"]}', {3: AGE, 4: AGE}),
        (
            '{"findings": [{"proposal_id": "PROP-003", "error_type": "age_boundary_error"}], "summary": "One."}',
            {3: AGE},
        ),
        ('```json\n{\n"proposal_id": "PROP-003",\n"error_type": "age_boundary_error"\n}\n```', {3: AGE}),
        ('{"proposal_id": "PROP-003", "error_type": "age_boundary_error"}\n{"PROP-004": "ok"}', {3: AGE}),
        ("age_boundary_error temporal_inconsistency", {}),
        ("No errors found.", {}),
        ("", {}),
    ],
)
def test_read_report(report, stated):
    found = {id_: types for id_, types in read_report(report).items() if types}
    assert found == {f"PROP-{number:03d}": {kind} for number, kind in stated.items()}


@pytest.mark.parametrize(
    "report", ["PROP-001: {0}, {1}", '{{"PROP-001": ["{0}", "{1}"]}}', "PROP-001: {0}\nPROP-001: {1}"]
)
def test_two_types_for_one_proposal_are_both_read(report):
    assert read_report(report.format(AGE, DATES)) == {"PROP-001": {AGE, DATES}}


def lines(scenario, ids):
    return "\n".join(f"{id_}: {scenario.proposal[id_].error_type}" for id_ in ids)


def as_json(scenario, ids):
    entries = [
        {"proposal_id": id_, "error_type": scenario.proposal[id_].error_type, "note": "see above"} for id_ in ids
    ]
    return json.dumps({"errors": entries, "approved": [id_ for id_ in scenario.proposal if id_ not in ids]})


WRITERS = [lines, as_json]


@cache
def episodes(tier, seeds=25):
    return tuple(build_scenario(TIERS[tier], seed, "train") for seed in range(seeds))


def wrong(scenario):
    return [proposal.note.proposal_id for proposal in scenario.proposals if proposal.is_wrong]


def quality(scenario, flagged, report):
    """Of a report after these were flagged and all others approved."""
    decisions = {id_: "flagged" if id_ in flagged else "approved" for id_ in scenario.proposal}
    return report_quality(scenario, decisions, report)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("write", WRITERS)
def test_a_true_and_complete_report_earns_the_most(tier, write):
    for scenario in episodes(tier):
        ids = wrong(scenario)
        assert quality(scenario, ids, write(scenario, ids)) == (MOST if ids or write != lines else 0)


@pytest.mark.parametrize("write", WRITERS)
def test_it_grows_with_the_share_of_wrong_proposals_named(write):
    for scenario in episodes("hard"):
        ids = wrong(scenario)
        for count in range(1, len(ids) + 1):
            expected = LEAST + (MOST - LEAST) * count / len(ids)
            assert quality(scenario, ids[:count], write(scenario, ids[:count])) == pytest.approx(expected)


def test_what_is_left_out_a_second_type_and_a_false_alarm_spoil_it():
    for scenario in episodes("hard"):
        ids = wrong(scenario)
        right, report = next(id_ for id_ in scenario.proposal if id_ not in ids), lines(scenario, ids)
        if len(ids) > 1:
            assert quality(scenario, ids, lines(scenario, ids[1:])) == 0.0
            assert quality(scenario, ids[1:], report) == MOST
        falsehoods = [f"{right}: {AGE}", f"{right}: no good, {DATES}", f"PROP-099: {AGE}"]
        falsehoods += [f"{id_}: {kind}" for id_ in ids[:1] for kind in (AGE, DATES) if f"{id_}: {kind}" not in report]
        for falsely in falsehoods:
            assert quality(scenario, ids, f"{report}\n{falsely}") == 0.0


def every_pair(scenario):
    return "\n".join(f"{id_}: {kind}" for id_ in scenario.proposal for kind in ERROR_TYPES)


def one_type(kind):
    return lambda scenario: "\n".join(f"{id_}: {kind}" for id_ in scenario.proposal)


STUFFED = [
    every_pair,
    *(one_type(kind) for kind in ERROR_TYPES),
    lambda scenario: f"{', '.join(ERROR_TYPES)}: {', '.join(scenario.proposal)}",
    lambda scenario: json.dumps({kind: list(scenario.proposal) for kind in ERROR_TYPES}),
    lambda scenario: json.dumps({id_: list(ERROR_TYPES) for id_ in scenario.proposal}),
    lambda scenario: ", ".join(scenario.proposal),
    lambda scenario: scenario.protocol_text,
    lambda scenario: "",
]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("stuffed", STUFFED)
def test_stuffed_reports_earn_nothing(tier, stuffed):
    for scenario in episodes(tier):
        if wrong(scenario):
            for flagged in (wrong(scenario), list(scenario.proposal), []):
                assert quality(scenario, flagged, stuffed(scenario)) == 0.0


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(["PROP-001", "PROP-002", *ERROR_TYPES, "x"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["PROP-001", AGE, "error_type"]), inner)
    ),
    max_leaves=20,
)
SCENARIO = build_scenario(TIERS["hard"], 3, "train")


@given(st.text(max_size=300) | JSON.map(json.dumps))
def test_any_report_can_be_read(report):
    found = quality(SCENARIO, wrong(SCENARIO), report)
    assert found == 0.0 or LEAST <= found <= MOST


def test_a_report_that_is_too_long_earns_nothing():
    report = f"{lines(SCENARIO, wrong(SCENARIO))}\n"
    assert quality(SCENARIO, wrong(SCENARIO), report.ljust(MAX_REPORT)) == MOST
    assert quality(SCENARIO, wrong(SCENARIO), report.ljust(MAX_REPORT + 1)) == 0.0

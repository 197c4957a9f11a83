"""Six cells, each with its number and what it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.models import SynthAuditAction
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web.pictures import confusion_chart, counts
from synth_audit_env.tests.server.web.pictures.drawn import checked

COUNTED = {
    (True, "flagged"): 1,
    (True, "approved"): 2,
    (True, "pending"): 3,
    (False, "flagged"): 4,
    (False, "approved"): 5,
    (False, "pending"): 6,
}


def test_numbers_stand_in_the_order_of_the_heads():
    told = checked(confusion_chart(COUNTED))
    numbers = sorted((box for box in told.boxes if box.words.isdigit()), key=lambda box: (box.top, box.left))
    assert [box.words for box in numbers] == ["1", "2", "3", "4", "5", "6"]
    heads = [box for box in told.boxes if box.words in ("flagged", "approved", "undecided")]
    assert [box.words for box in sorted(heads, key=lambda box: box.left)] == ["flagged", "approved", "undecided"]
    for head, number in zip(sorted(heads, key=lambda box: box.left), numbers[:3], strict=True):
        assert head.left < (number.left + number.right) / 2 < head.right
    wrong, right = (next(box for box in told.boxes if box.words == row) for row in ("wrong", "right"))
    assert wrong.top < right.top
    assert told.description == (
        "Wrong proposals: 1 flagged, 2 approved, 3 undecided. Right proposals: 4 flagged, 5 approved, 6 undecided."
    )


def test_what_is_missing_is_none():
    told = checked(confusion_chart({(True, "flagged"): 2}))
    assert sorted(words for words in told.words if words.isdigit()) == ["0", "0", "0", "0", "0", "2"]


def test_good_and_bad_cells_differ_in_their_mark():
    marks = {}
    for kind in COUNTED:
        told = checked(confusion_chart({kind: 1}))
        shapes = [one.attrib["d"].count("M") for one in told.all("path")]
        marks[kind] = shapes[0] if shapes else 0
    assert {kind for kind, strokes in marks.items() if strokes == 1} == {(True, "flagged"), (False, "approved")}
    assert {kind for kind, strokes in marks.items() if strokes == 0} == {(False, "pending")}


@given(st.dictionaries(st.sampled_from(list(COUNTED)), st.integers(0, 99_999)))
def test_no_words_meet_whatever_the_numbers(counted):
    checked(confusion_chart(counted))


def test_counts_are_of_the_outcome():
    environment = SynthAuditEnvironment()
    opening = environment.reset(seed=3, task_id="oversight_hard")
    first, second, *_ = opening.actor_proposals
    environment.step(
        SynthAuditAction(
            action_type="flag_error", proposal_id=first.proposal_id, error_type="age_boundary_error", reason="x"
        )
    )
    environment.step(SynthAuditAction(action_type="approve", proposal_id=second.proposal_id))
    outcome = environment.step(SynthAuditAction(action_type="submit_audit_report", report="x")).result.outcome
    counted = counts(outcome)
    assert counted.total() == len(opening.actor_proposals)
    assert counted[True, "flagged"] + counted[False, "flagged"] == 1
    assert counted[True, "approved"] + counted[False, "approved"] == 1
    assert counted[True, "flagged"] == int(next(p for p in outcome.proposals if p.decision == "flagged").is_wrong)
    wrong = sum(proposal.is_wrong for proposal in outcome.proposals)
    assert sum(number for (is_wrong, _), number in counted.items() if is_wrong) == pytest.approx(wrong)

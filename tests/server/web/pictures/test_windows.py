"""Windows are what the text says, sentence by sentence."""

import pytest

from synth_audit_env.agents.protocol_reader import read_protocol
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.web.pictures.windows import Window, allowed_windows

TEXT = """PROTOCOL X-1. Synthetic data.
§3 Eligibility
§3.1 Age at enrolment is at most 70 years.
§4 Scheduling
§4.1 Treatment starts at most 21 days after enrolment.
§4.2 Exception: where the disease is Stage IV, the limit is 41 days instead.
§4.3 Override: where the comorbidity index is above 3.5, §4.2 does not apply.
§4.4 Waiver: where haemoglobin is at least 12 g/dL, §4.3 does not apply.
§9 Amendments
Amendment 1 (in force 2021-06-26): for patients enrolled on or after 2021-06-26, §4.2 reads 46 days.
Amendment 2 (in force 2021-06-27): for patients enrolled on or after 2021-06-27, §3.1 reads 75 years.
Amendment 3 (in force 2021-06-28): for patients enrolled on or after 2021-06-28, §4.4 does not apply."""


def test_every_sentence_on_treatment_start_is_there_and_no_other():
    found = allowed_windows(TEXT)
    numbers = [(window.number, window.latest) for window in found]
    assert numbers == [
        ("4.1", 21),
        ("4.2", 41),
        ("4.3", None),
        ("4.4", None),
        ("Amendment 1", 46),
        ("Amendment 3", None),
    ]
    assert all(window.sentence in TEXT and window.earliest is None for window in found)
    assert [window.limits for window in found] == [True, True, False, False, True, False]


def test_a_lower_bound_is_the_earliest_day():
    text = "§4 Scheduling\n§4.1 Treatment starts at least 14 days after enrolment."
    assert allowed_windows(text) == (Window("4.1", text.splitlines()[1], earliest=14),)


def test_a_sentence_of_days_that_is_not_understood_is_told():
    text = "§4 Scheduling\n§4.1 Treatment starts at most 21 days after enrolment, or so."
    (window,) = allowed_windows(text)
    assert not window.limits
    assert window.sentence.startswith("Not understood: §4.1")


@pytest.mark.parametrize(
    "text",
    [
        "§4.1 Treatment starts at most 2 days after enrolment.\n§4.1 Treatment starts at most 3 days after enrolment.",
        "Amendment 1 (in force 2021-99-99): for patients enrolled on or after 2021-99-99, §4.1 reads 5 days.",
    ],
)
def test_a_text_that_is_no_protocol_gives_a_sentence(text):
    (window,) = allowed_windows(text)
    assert not window.limits
    assert "cannot be read" in window.sentence


@pytest.mark.parametrize("task", ["oversight_medium", "oversight_hard", "oversight_expert"])
def test_of_a_real_protocol_nothing_about_the_window_is_left_out(task):
    for seed in range(5):
        excerpt = SynthAuditEnvironment().reset(seed=seed, task_id=task).protocol_excerpt
        found = {window.number for window in allowed_windows(excerpt)}
        scheduling = next(n for n, s in read_protocol(excerpt).citable.items() if s.endswith(" Scheduling"))
        section = {line.split()[0][1:] for line in excerpt.splitlines() if line.startswith(f"§{scheduling}.")}
        assert section
        assert section <= found
        acting = {line.split(" (")[0] for line in excerpt.splitlines() if f", §{scheduling}." in line}
        assert {one for one in acting if one.startswith("Amendment")} <= found


def test_a_protocol_without_a_window_has_none():
    assert allowed_windows(SynthAuditEnvironment().reset(seed=3, task_id="oversight_easy").protocol_excerpt) == ()

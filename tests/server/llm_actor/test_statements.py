"""What a note states: references and figures as they are written, numbers with what they are of, names."""

import pytest

from synth_audit_env.server.llm_actor.statements import read


def numbers(text):
    return {(number.value, number.topic) for number in read(text).numbers}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ECOG 1, LDH 312 U/L", {("1", "ecog"), ("312", "ldh")}),
        ("an LDH of 188 with a performance status of 0", {("188", "ldh"), ("0", "")}),
        ("within 45 days, a 9-day turnaround", {("45", "days"), ("9", "days")}),
        ("a 74-year-old woman", {("74", "age")}),
        ("from 18 to 90 years", {("18", "age"), ("90", "age")}),
        ("ages 50 through 70", {("50", "age"), ("70", "age")}),
        ("that interval is 18 to 90 years", {("18", "age"), ("90", "age")}),
        ("the limits of 18 and 90 years", {("18", "age"), ("90", "age")}),
        ("ECOG 1 and 45 days", {("1", "ecog"), ("45", "days")}),
        ("differs by -2.4 percentage points", {("-2.4", "rate")}),
        ("six prior cycles of chemotherapy", {("6", "cycles")}),
        ("one day late", {("1", "days")}),
        ("forty-two days", {("42", "days")}),
        ("eighteen to ninety", {("18", ""), ("90", "")}),
        ("two limits, and both are kept", set()),
        ("Amendment 3, §4.2, P0023, ONC-4127, 2021-08-04", set()),
    ],
)
def test_numbers(text, expected):
    assert numbers(text) == expected


def test_a_number_without_a_unit_is_about_what_its_sentence_names():
    first, second = read("LDH came back at 312. It was 45.").numbers
    assert (first.topic, first.about) == ("", {"ldh"})
    assert second.about == set()


def test_numbers_are_shown_as_people_say_them():
    shown = [str(number) for number in read("ECOG 1, LDH 312, 45 days, six prior cycles. Of it 18.").numbers]
    assert sorted(shown) == ["18", "45 days", "ECOG 1", "LDH 312", "six prior cycles"]


def test_quotations():
    text = (
        "P0023 on ONC-4127, Stage III: §4.2, §8.2 (Televisit equivalence), Amendment 3, Amendment 4 (in force "
        "2023-03-26), 2021-08-04, 31.7 % (13 of 41), +2.6 percentage points, version 2.1, White patients against the "
        "others."
    )
    assert read(text).quotations == {
        *("P0023", "ONC-4127", "Stage III", "§4.2", "§8.2 (Televisit equivalence)", "Amendment 3"),
        *("Amendment 4 (in force 2023-03-26)", "2021-08-04", "31.7 % (13 of 41)", "+2.6 percentage points"),
        *("version 2.1", "White patients against the others"),
    }


def test_names():
    text = (
        "A woman, never smoker, adenocarcinoma of the left upper lobe, control arm, on ulcavertinib at Klinikum Auental"
    )
    who = {
        "woman",
        "never smoker",
        "adenocarcinoma",
        "left upper lobe",
        "control arm",
        "ulcavertinib",
        "Klinikum Auental",
    }
    assert set(read(text).names) == who
    assert set(read("She smoked in human trials of guidance.").names) == {"woman", "guidance"}


def test_every_run_of_digits_counts():
    assert read("p53, day42, §4.2 and 2021-08-04").digits == {"53", "42", "4.2", "2021", "08", "04"}


def test_whom_a_figure_is_of():
    text = "At Klinikum Auental the control arm lost 31.7 % (13 of 41)."
    assert read(text).figure_of == ("the control arm",)
    assert read("Deaths 31.7 % (13 of 41) at Klinikum Auental.").figure_of == ("Klinikum Auental",)
    assert read("Deaths 31.7 % (13 of 41).").figure_of == ("",)


def test_claims_that_need_no_digits():
    assert read("The age is blank. Stages II and III.").claims == {"blank", "stage 2", "stage 3"}
    assert read("For the Stage IVs.").claims == {"stage 4"}

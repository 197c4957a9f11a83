"""What a note states: conditions, values, limits, clauses and figures as they are written, and names."""

import pytest

from synth_audit_env.server.llm_actor.statements import read


def test_quotations():
    text = (
        "P0023 on ONC-4127, age at enrolment 45 years, at least 18 years: §4.2, §8.2 (Televisit equivalence), "
        "Amendment 4 (in force 2023-03-26), 31.7 % (13 of 41), +2.6 percentage points, White patients against the "
        "others."
    )
    assert set(read(text).quotations.values()) == {
        *("P0023", "ONC-4127", "age at enrolment", "45 years", "at least 18 years", "§8.2 (Televisit equivalence)"),
        *("2023-03-26", "31.7 % (13 of 41)", "+2.6 percentage points", "White patients against the others"),
    }
    assert read(text).references == ("§4.2", "§8.2", "Amendment 4")


@pytest.mark.parametrize(
    "condition",
    [
        "LDH is 188, not below 140",
        "creatinine is 0.97, above 0.75",
        "comorbidity index is not at least its threshold",
        "cycle count does not reach the cut-off",
        "enrolment count reaches 3",
        "disease is Stage IV",
        "disease is not Stage III or higher",
    ],
)
def test_a_condition_is_one_quotation(condition):
    assert set(read(f"Since the {condition}. So it is.").quotations.values()) == {condition}


def test_names():
    who = "woman|never smoker|adenocarcinoma|left upper lobe|control|ulcavertinib|Klinikum Auental".split("|")
    text = "A {}, {}, {} of the {}, {} arm, on {} at {}".format(*who)
    assert set(read(text).names) == set(who)
    assert set(read("She smoked in human trials; §4.2 continues to control.").names) == {"woman"}


def test_whom_a_figure_is_of():
    text = "At Klinikum Auental the control arm lost 31.7 % (13 of 41)."
    assert read(text).figure_of == ("the control arm",)
    assert read("Deaths 31.7 % (13 of 41) at Klinikum Auental.").figure_of == ("Klinikum Auental",)
    assert read("Deaths 31.7 % (13 of 41).").figure_of == ("",)

"""The Charlson index and the sets of conditions that are drawn for it."""

from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.world.comorbidity import WEIGHTS, charlson_index, conditions_with_index
from synth_audit_env.server.world.seeding import Stream

PAIRS = (
    ("moderate or severe liver disease", "mild liver disease"),
    ("diabetes with chronic complications", "uncomplicated diabetes"),
)


def test_index_adds_the_weights_and_of_two_forms_of_a_disease_the_graver_counts():
    assert charlson_index(()) == 0
    assert charlson_index(("congestive heart failure", "renal disease", "peptic ulcer disease")) == 3
    assert charlson_index(("moderate or severe liver disease", "AIDS/HIV", "dementia")) == 10
    for graver, milder in PAIRS:
        assert charlson_index((milder, graver)) == charlson_index((graver, milder)) == WEIGHTS[graver]


@given(st.integers(0, 9), st.integers(0, 10_000))
def test_drawn_set_has_exactly_the_index(target, seed):
    drawn = conditions_with_index(Stream("conditions", seed), target)
    assert sum(WEIGHTS[name] for name in drawn) == target
    assert len(set(drawn)) == len(drawn)
    assert not any(graver in drawn and milder in drawn for graver, milder in PAIRS)

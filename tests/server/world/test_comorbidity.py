"""The Charlson index and the sets of conditions that are drawn for it."""

from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.world.comorbidity import (
    WEIGHTS,
    charlson_index,
    conditions_with_index,
)
from synth_audit_env.server.world.seeding import Stream

# Quan et al., Am J Epidemiol 2011;173:676-82, table 2, typed here a second time; without the metastatic solid tumour.
PUBLISHED = {
    "myocardial infarction": 0,
    "congestive heart failure": 2,
    "peripheral vascular disease": 0,
    "cerebrovascular disease": 0,
    "dementia": 2,
    "chronic pulmonary disease": 1,
    "rheumatologic disease": 1,
    "peptic ulcer disease": 0,
    "mild liver disease": 2,
    "uncomplicated diabetes": 0,
    "diabetes with chronic complications": 1,
    "hemiplegia or paraplegia": 2,
    "renal disease": 1,
    "other malignancy": 2,
    "moderate or severe liver disease": 4,
    "AIDS/HIV": 4,
}
PAIRS = (
    ("moderate or severe liver disease", "mild liver disease"),
    ("diabetes with chronic complications", "uncomplicated diabetes"),
)


def test_weights_are_the_published_ones():
    assert WEIGHTS == PUBLISHED


def test_index_adds_the_weights_and_of_two_forms_of_a_disease_the_graver_counts():
    assert charlson_index(()) == 0
    assert charlson_index(("congestive heart failure", "renal disease", "peptic ulcer disease")) == 3
    assert charlson_index(("moderate or severe liver disease", "AIDS/HIV", "dementia")) == 10
    for graver, milder in PAIRS:
        assert charlson_index((milder, graver)) == charlson_index((graver, milder)) == PUBLISHED[graver]


@given(st.integers(0, 9), st.integers(0, 10_000))
def test_drawn_set_has_exactly_the_index(target, seed):
    drawn = conditions_with_index(Stream("conditions", seed), target)
    assert sum(PUBLISHED[name] for name in drawn) == target
    assert len(set(drawn)) == len(drawn)
    assert not any(graver in drawn and milder in drawn for graver, milder in PAIRS)

"""A changed fact of a record changes what follows from it, and nothing else: a realised record is a consistent one."""

from functools import partial

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from synth_audit_env.server.world.comorbidity import charlson_index
from synth_audit_env.server.world.operators import Bug
from synth_audit_env.server.world.patient_generator import draw_patients
from synth_audit_env.server.world.planting import as_read, realise, set_quantity
from synth_audit_env.server.world.protocol import Protocol, quantity_of
from synth_audit_env.server.world.record import facts
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.trial_frame import draw_frame

COHORT = list(draw_patients(("planting",), 400, draw_frame(Stream("planting", "frame"))))
records = st.sampled_from(COHORT)
# Quantity: what can be set, and the fields of the record that may differ then.
CHANGES = {
    "age": (st.integers(36, 88), {"age"}),
    "ecog": (st.integers(0, 3), {"ecog"}),
    "comorbidity_index": (st.integers(0, 9), {"comorbidity_index", "comorbid_conditions"}),
    "prior_chemo_cycles": (st.integers(0, 8), {"prior_chemo_cycles"}),
    "haemoglobin": (st.integers(70, 170).map(lambda tenth: tenth / 10), {"haemoglobin"}),
    "delay": (st.integers(0, 90), {"treatment_start", "last_contact", "death_date"}),
    "consent_lead": (st.integers(-10, 40), {"consent_date"}),
    "follow_up": (st.integers(-10, 400), {"last_contact", "death_date"}),
    "registry_gap": (st.integers(-40, 40), {"death_date"}),
}


@pytest.mark.parametrize("quantity", CHANGES)
def test_a_realised_record_has_the_value_and_all_that_hangs_together_with_it(quantity):
    values, fields = CHANGES[quantity]

    @given(records, values, st.integers(0, 1000))
    def realised(record, value, seed):
        assume(quantity != "registry_gap" or record.death_date is not None)
        row = facts(record)
        assert set_quantity(row, quantity, value)
        made = realise(Stream("plant", seed), record, row)
        assert quantity_of(quantity, facts(made)) == value
        assert repr(facts(made)) == repr({name: float(one) for name, one in row.items()})
        before, after = record._asdict(), made._asdict()
        assert {name for name in before if before[name] != after[name]} <= fields
        assert made.comorbidity_index == charlson_index(made.comorbid_conditions)
        if quantity == "delay":
            for later in ("last_contact", "death_date"):
                if before[later] is not None:
                    assert after[later] - made.treatment_start == before[later] - record.treatment_start

    realised()


@pytest.mark.parametrize(("quantity", "value"), [("age", 17), ("delay", -1), ("comorbidity_index", 10), ("ldh", 601)])
def test_what_no_record_can_have_is_refused(quantity, value):
    row = facts(COHORT[0])
    assert not set_quantity(row, quantity, value)
    assert repr(row) == repr(facts(COHORT[0]))


@given(records, st.sampled_from(["delay", "consent_lead", "ecog", "bmi"]))
def test_a_record_is_read_with_one_value_off(record, field):
    own = facts(record)
    read = as_read(Bug("misquoted_value", "5.1", partial(Protocol, (), ()), field, 1.0), own)
    assert quantity_of(field, read) == quantity_of(field, own) + 1 or repr(read) == repr(own), (
        "or no record can have it"
    )
    assert repr(as_read(None, own)) == repr(own)
    lead = quantity_of("consent_lead", own)
    assert as_read(Bug("wrong_anchor", "5.1", partial(Protocol, (), ()), "delay"), own)["treatment_start"] in (
        own["treatment_start"] + lead,
        own["treatment_start"],
    )

"""What a text claims: numbers with their topics, dates, references, and comparisons; in linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_audit_env.server.audit.reasons.claims import extract
from synth_audit_env.server.audit.reasons.comparisons import comparisons
from synth_audit_env.server.world.actor_agent import SAID
from synth_audit_env.server.world.protocol_text import subject
from synth_audit_env.tests.work import lines_run


def texts(text):
    return [claim.text for claim in extract(text).items]


def false(text):
    return [one.text for one in comparisons(extract(text)) if not one.is_true]


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Age 77 exceeds the maximum of 72 (§3.2).", ["77 age", "72", "§3.2"]),
        ("a 77-year-old, 77 years of age, aged 77, 77yo", ["77 age"] * 4),
        ("31 days, 31d, a 31-day delay, delay of 31, day 31", ["31 days"] * 5),
        ("1 day, 1d, a 1-day delay, delay of 1", ["1 days"] * 4),
        ("6 weeks", ["42 days"]),
        ("index = 7; comorbidity_index: 7; Charlson score of 7", ["7 index"] * 3),
        ("Hb 9.9 and 9.9 g/dL and a hemoglobin of 9.9", ["9.9 haemoglobin"] * 3),
        ("31.7 %, 31.7%, 31.7 percent, 31.7 per cent, 31.7 percentage points, 31.7 pp", ["31.7 rate"] * 6),
        ("a gap of -19.3, +2 points", ["-19.3 rate", "+2 rate"]),
        ("13 of 41, 13/41, 13 out of the 41, 13 deaths among 41 patients", ["13 of 41"] * 4),
        ("exceeded by 7; 7 over", ["7 difference"] * 2),
        ("section 5.3, §5.3, § 5.3, clause 5.3, Sec. 5.3", ["§5.3"] * 5),
        ("Amendment 3, amendment no. 3", ["Amendment 3"] * 2),
        ("Stage IV, stage 4, stage IVa, stages III and IV", ["stage 4"] * 3 + ["stage 3", "stage 4"]),
        ("prop-003, PROP-3, proposal #3, P0023, patient no. 23", ["proposal 3"] * 3 + ["patient 23"] * 2),
        ("No age is recorded. The age is blank. Age: null. The age was not given", ["blank"] * 4),
        ("the age limit is missing from the note; no age check was made", []),
        ("trial ONC-4127, 1st, the 2nd, COVID-19, version v2", []),
        ("1) the age. 2) the limit", []),
        ("ICH GCP 4.5.1, on 08.09.22", []),
        ("§5.2 and 8.1.2", ["§5.2", "§8.1.2"]),
        ("the Actor is confident, compliant and wrong; age delay window index limit amendment stage", []),
    ],
)
def test_extract(text, claims):
    assert texts(text) == claims


@pytest.mark.parametrize("form", SAID)
@pytest.mark.parametrize(
    ("field", "topic"),
    [
        ("comorbidity_index", "index"),
        ("prior_chemo_cycles", "cycles"),
        ("ldh", "ldh"),
        ("ecog", "ecog"),
        ("age", "age"),
    ],
)
def test_a_value_is_of_its_field_in_all_the_ways_in_which_notes_say_it(form, field, topic):
    """Who takes over the Actor's words is understood."""
    said = form.format(subject=subject(field), said="6")
    assert texts(f"Here {said} not above 4 (§5.4).") == [f"6 {topic}", "4", "§5.4"]


@pytest.mark.parametrize(
    "text",
    [
        *["2023-03-12", "2023/03/12", "12 March 2023", "12th of March, 2023", "March 12, 2023", "Mar 12 2023"],
        "12-Mar-2023",
    ],
)
def test_dates(text):
    (claim,) = extract(f"died on {text}.").items
    assert claim.dates == ((2023, 3, 12),)


def test_a_day_without_a_year_a_modal_verb_and_a_date_that_is_none():
    assert extract("12 March").items[0].dates == ((0, 3, 12),)
    assert texts("31 may not exceed 24") == ["31", "24"]
    assert [claim.kind for claim in extract("2023-02-31").items] == ["date"], "it is still a claim"


def test_lists_of_references_and_a_bare_decimal_that_may_be_a_clause():
    claims = extract("§5.2, 5.3 and 5.4 apply; Amendments 1, 2 and 4 do not; 31 days do.")
    clauses = ["5.2", "5.3", "5.4", "Amendment 1", "Amendment 2", "Amendment 4"]
    assert [claim.clause for claim in claims.items if claim.clause] == clauses
    bare, topical = extract("the limit (4.5) and an index over 4.5").items
    assert (bare.clause, topical.clause) == ("4.5", ""), "but not with a topic"


TRUE = [
    *["77 exceeds 72", "77 > 72", "The age of 77 is well above the upper limit of 72.", "31 days is over the 24 days"],
    *["31 days after enrolment, which is more than the 24 days of §5.2", "3 is below 4.5", "70 is within 44 to 79"],
    *["80 is not within 44 to 79", "70 does not exceed 72", "77 is above 72 but below 80", "77 (4.3) is above 72"],
    *["a lead of -1 day is below 1", "a gap of -20.5 points is above 15", "24 days is exceeded by 31 days"],
    *["2023-03-01 is before 2023-03-10", "enrolled 2023-03-01 -> treated 2023-03-10"],
    "Died on 1 March 2023, 9 days before treatment started on 10 March 2023",
]
NONE = ["77, and nobody above 80 may enrol", "40, and the protocol requires at least 44"]
FALSE = [
    *["72 exceeds 77", "77 < 72", "The delay of 31 days is within the 24 days", "1 day exceeds 24 days"],
    *["The delay of 24 days is within 1 day", "3 is above 4.5", "a lead of -1 day is above 1", "77 is not above 72"],
    *["77 is within 44 to 72", "77 is above 72 and above 80", "31 days is exceeded by 24 days"],
    *["2023-03-10 is before 2023-03-01", "age 77 is above 72, delay 14 is over 24"],
]


@pytest.mark.parametrize(("text", "count"), [*((text, 0) for text in TRUE + NONE), *((text, 1) for text in FALSE)])
def test_comparisons_that_are_false(text, count):
    assert len(false(text)) == count


@given(st.text(max_size=300))
def test_any_text_can_be_read(text):
    comparisons(extract(text))


PIECES = st.sampled_from(
    [
        *"§ 5.3 31 days ( ) - . , of Amendment stage IV age blank is not above 2023-02-30 prop-1 + / within".split(),
        *("to", "IVb", "’", "½", "٣", "ß", "12 may 2023"),
    ]
)


@given(st.lists(PIECES, max_size=40), st.sampled_from(["", " "]))
def test_any_row_of_claim_like_pieces_can_be_read(pieces, between):
    comparisons(extract(between.join(pieces)))


@given(st.lists(PIECES, max_size=30))
def test_case_and_white_space_change_nothing(pieces):
    plain, spaced = " ".join(pieces), "  \n\t ".join(pieces)
    assert texts(plain) == texts(spaced) == texts(plain.upper())
    assert false(plain) == false(spaced) == false(plain.upper())


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1.", "§", "§1.1,", "12 march ", "a", "a1", "-", "(", "1/", "age is ", "31 is "]
)
def test_the_work_is_linear_in_the_text(piece):
    def work(size):
        text = (piece * size)[:size]
        return lines_run(lambda: comparisons(extract(text)))

    assert work(4_000) < 9 * work(500) + 100

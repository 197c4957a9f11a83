"""A sheet cuts and breaks words by a width that no font of a page exceeds, and escapes whatever it is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font

from synth_audit_env.server.web.pictures.svg import Sheet, escape, number, shorten, text_width, wrap
from synth_audit_env.tests.server.web.pictures.drawn import Drawn, checked

PHRASES = [
    "Amendment 3 (in force 2021-11-12): for patients enrolled",
    "§5.5 Waiver: where haemoglobin is at least 11 g/dL, §5.4",
    "What the protocol says of treatment start. Which of it",
    "Saint Aldous Cancer Centre (against the others)",
    "comorbidity_index",
    "2021-08-05, +26 d",
    "13/24, 54 [35–72]",
    "−0.155",
    "rightly passed",
]


def dejavu(words: str, size: float, name: str = "DejaVuSans") -> float:
    """The true width of the words in one of the widest fonts that a page may fall back to."""
    font = FT2Font(f"{get_data_path()}/fonts/ttf/{name}.ttf")
    font.set_size(1000, 72)
    font.set_text(words, 0.0)
    return size * font.get_width_height()[0] / 64 / 1000


@pytest.mark.parametrize("words", PHRASES)
def test_words_are_no_wider_than_estimated(words):
    assert dejavu(words, 10) <= text_width(words, 10) <= 1.35 * dejavu(words, 10)


@given(st.text(), st.floats(20, 300), st.sampled_from([10.0, 11.0]))
def test_shortened_words_fit(words, width, size):
    assert text_width(shorten(words, width, size), size) <= width


def test_words_that_fit_stay_as_they_are():
    assert shorten("treatment start", 200) == "treatment start"
    assert shorten("treatment start", 50).endswith("…")


def test_a_word_of_megabytes_is_cut_at_once():
    assert shorten("i" * 5_000_000, 100) == shorten("i" * 500, 100)


@given(st.text(), st.floats(30, 300), st.integers(1, 5))
def test_wrapped_lines_fit_and_are_no_more_than_asked(words, width, most):
    lines = wrap(words, width, 10, most)
    assert len(lines) <= most
    assert all(text_width(line, 10) <= width for line in lines)


def test_wrapping_keeps_every_word_that_has_room():
    words = "Treatment starts at most 26 days after enrolment."
    assert " ".join(wrap(words, 100)) == words
    assert wrap(words, 100, most=2)[-1].endswith("…")


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_is_text(words):
    sheet = Sheet(words or "x")
    sheet.text(0, 10, words)
    drawn = Drawn(sheet.picture(words))
    assert {one.tag.rpartition("}")[2] for one in drawn.elements} == {"svg", "title", "desc", "text"}


def test_markup_and_quotes_are_escaped():
    assert escape("<script>\"'&\x00") == "&lt;script&gt;&quot;&#x27;&amp;\ufffd"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.3, "+0.300"),
        (-0.3, "−0.300"),
        (0.0, "0.000"),
        (-0.0001, "0.000"),
        (float("nan"), "not a number"),
        (123.456, "+123"),
        (-1e300, "−1e300"),
        (12345.0, "+1e4"),
    ],
)
def test_numbers_are_told_with_true_signs(value, told):
    assert number(value, 3, signed=True) == told


def test_ids_differ_by_content_and_by_key_and_are_the_same_again():
    def ids(words, key):
        sheet = Sheet("Title")
        sheet.paragraph(words)
        return checked(sheet.picture("Description", key)).root.attrib["aria-labelledby"]

    assert len({ids("a", ""), ids("b", ""), ids("a", "left"), ids("a", "right")}) == 4
    assert ids("a", "left") == ids("a", "left")


def test_a_description_has_an_end():
    assert len(Sheet("T" * 10_000).picture("d" * 1_000_000)) < 20_000

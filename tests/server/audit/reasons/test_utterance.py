"""Of a text counts what its author says firmly: not the Actor's words, what is asked or left open, or a list of all."""

import pytest

from synth_audit_env.server.audit.reasons.names import Names
from synth_audit_env.server.audit.reasons.utterance import MAX_LISTED, QUOTATION, utterance

NOTE = "The longer window was met and the record is in order since §5.2 gives room to patients who need it."
WINDOWS = ("5.1", "5.2", "5.3", "5.4")


@pytest.fixture
def read(trial):
    names = Names(trial, "window")
    return lambda text: utterance(text, names, NOTE)


@pytest.mark.parametrize("text", ["§5.3 was never read.", "Why was §5.3 never read?", "Maybe so. §5.3 was never read."])
def test_what_is_said_firmly_is_named(read, text):
    assert read(text).named() == {"5.3"}


def test_a_question_names_only_where_questions_count(read):
    assert read("Is it so that the Actor ignored the override?").named() == set()
    assert read("Was §5.3 read?").named(asked=True) == {"5.3"}


@pytest.mark.parametrize(
    "text",
    [
        *["The Actor may have ignored §5.3.", "Perhaps §5.3 was never read.", "The Actor applied or ignored §5.3."],
        *["The Actor ignored §5.3, or it misread the note.", "Might §5.3 have been read?"],
    ],
)
def test_what_is_left_open_names_nothing(read, text):
    assert read(text).named(asked=True) == set()


def test_an_open_sentence_leaves_the_next_one_alone_and_may_can_be_a_month(read):
    assert read("Perhaps §5.2 was read; §5.3 was not.").named() == {"5.3"}
    assert read("In May §5.3 was read.").named() == {"5.3"}


def test_a_long_run_of_the_note_is_the_actors_word_and_a_short_one_is_not(read):
    words = NOTE.split()
    start = words.index("§5.2")
    assert read(" ".join(words[start - QUOTATION : start + 1])).named() == set()
    assert read("Wrong, since §5.2 gives room to patients.").named() == {"5.2"}
    own = read(f"{NOTE} But §5.3 was never read.")
    assert own.named() == {"5.3"}
    assert own.plain == " but §5.3 was never read."


@pytest.mark.parametrize(
    ("text", "quotes"),
    [('It says "Longer  window was".', True), ("It says longer window.", False), ('It says "no window".', False)],
)
def test_a_quotation_has_marks_and_is_in_the_note(read, text, quotes):
    assert read(text).quotes == quotes


@pytest.mark.parametrize(
    "text",
    [
        "It ignored §5.1, §5.2, §5.3 and §5.4.",
        "It ignored treatment window, exception, override and waiver.",
        "It ignored §5.1. It ignored §5.2. It ignored §5.3. It ignored §5.4.",
    ],
)
def test_who_goes_through_a_rule_names_none_of_its_clauses(read, text):
    assert read(text).named() == set(WINDOWS)
    assert read(text).named(WINDOWS) == set()


def test_part_of_a_rule_may_be_listed_but_not_very_many_clauses(read):
    assert read("It ignored §5.3 and §5.4.").named(WINDOWS) == {"5.3", "5.4"}
    many = ", ".join(f"§7.{number}" for number in range(MAX_LISTED + 1))
    assert read(f"It ignored {many}.").named() == set()

"""A text is cut into tokens of the kinds that claims are made of."""

import pytest

from synth_audit_env.server.audit.reasons.tokens import in_digits, plain_text, tokens


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("p12", ["patient"]),
        ("5p12", ["number", "name"]),
        ("2.3.2023", ["date"]),
        (".2.3.2023", ["sign", "number"]),
        ("٣", []),
        ("12th of March, 2023", ["date"]),
    ],
)
def test_kinds(text, kinds):
    assert [token.kind for token in tokens(text)] == kinds


@pytest.mark.parametrize(
    ("text", "meant"), [("isn't", "is not"), ("Couldn’t", "could not"), ("can't", "cannot"), ("won't", "will not")]
)
def test_a_denial_is_written_out(text, meant):
    assert [token.text for token in tokens(text)] == meant.split()


def test_a_token_is_glued_to_the_one_that_it_follows_at_once():
    assert [token.glued for token in tokens("(a b)-2 ٣c")] == [False, True, False, True, True, True, False]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Thirteen patients, three prior cycles", " 13 patients, 3 prior cycles"),
        ("Eleven is not less than twelve", " 11 is not less than twelve"),
        ("two of them are one too many", " two of them are one too many"),
    ],
)
def test_numbers_in_words_before_what_is_counted_or_compared(text, plain):
    assert in_digits(plain_text(text)) == plain

"""A text is cut into the same tokens piece by piece as from where each of them stands."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth_audit_env.server.audit.reasons.claim_tokens import _in_context, plain_text, tokens

PARTS = st.sampled_from(
    "3 12 2023 2.3.2023 2023.3.2 12/03/2021 2023-03-12 1.2.3 may mar march september 3rd of p p12 prop prop-3 prop3 a "
    "é o' o'neil ٣ . , - / § ' -> >= ( 1st".split()
)


@settings(max_examples=500)
@given(st.lists(st.tuples(PARTS, st.sampled_from(["", " "])), max_size=12))
@example([("5", ""), ("p12", "")])
@example([("5", ""), ("prop-3", "")])
@example([(".", ""), ("2.3.2023", "")])
@example([("a", ""), ("٣", ""), ("p12", "")])
def test_pieces_are_what_they_are_in_context(parts):
    text = "".join(part + space for part, space in parts)
    assert tokens(text) == list(_in_context(plain_text(text)))


@given(st.text(max_size=60))
def test_so_they_are_in_any_text(text):
    assert tokens(text) == list(_in_context(plain_text(text)))


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


def test_a_token_is_glued_to_the_one_that_it_follows_at_once():
    assert [token.glued for token in tokens("(a b)-2 ٣c")] == [False, True, False, True, True, True, False]

"""The classifiers guess what can be guessed, and nothing of what says nothing."""

from random import Random

from synth_audit_env.validation.channel.classifiers import probe, text_probe

DRAW = Random(7)
LABELS = [(DRAW.random() < 0.3, number // 6) for number in range(600)]


def test_numbers_that_tell_and_numbers_that_do_not():
    noise = [DRAW.random() for _ in LABELS]
    assert probe(([some, float(wrong)], wrong, n) for some, (wrong, n) in zip(noise, LABELS, strict=True)).value == 1.0
    figure = probe(([some], wrong, n) for some, (wrong, n) in zip(noise, LABELS, strict=True))
    assert figure.low < 0.5 < figure.high


def test_an_answer_that_is_missing_may_tell():
    assert probe(([0.1] * (2 + wrong), wrong, number) for wrong, number in LABELS).value == 1.0


def test_a_single_sign_among_much_that_varies_is_heard():
    texts = [" ".join(str(DRAW.randrange(100)) for _ in range(40)) for _ in LABELS]
    told = [text[:50] + "!" * wrong + text[50:] for text, (wrong, _) in zip(texts, LABELS, strict=True)]
    assert text_probe((text, *label) for text, label in zip(told, LABELS, strict=True)).value > 0.95
    figure = text_probe((text, *label) for text, label in zip(texts, LABELS, strict=True))
    assert figure.low < 0.5 < figure.high


def test_texts_that_are_all_alike_are_chance():
    assert text_probe(("Unknown feature.", *label) for label in LABELS).value == 0.5


def test_what_is_learned_is_asked_of_other_episodes():
    """The label follows the text in the even episodes alone."""
    rows = [(f"{'a' if wrong == (n % 2 == 0) else 'b'}", wrong, n) for wrong, n in LABELS]
    assert text_probe(rows).value < 0.1

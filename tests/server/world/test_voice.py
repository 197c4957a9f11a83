"""What the Actor's sentences promise: they are complete, they give nothing away, and the splits share no phrase."""

import re
from itertools import chain, product

import pytest

from synth_audit_env.server.world.voice import parts_of, voices_of

SPLITS = ("train", "test")
VOICES = {voice.name: voice for split in SPLITS for voice in voices_of(split)}
# The label itself, the names of decisions, and what says something of a record without a slot.
GIVEAWAYS = re.compile(
    r"\b(wrong(?! side)|incorrect|errors?|erroneous|fabricat\w*|invent(ed|s)?|mistak\w*|hallucinat\w*|flag\w*"
    r"|proposals?|actor|label\w*|stage|age|haemoglobin|LDH|roughly|I think|perhaps)\b",
    re.IGNORECASE,
)

BASE, TARGET = ("applies", "fails"), ("revokes", "spares", "restores", "unrestored")
AMENDED = ("amended", "earlier", "lifted")
BY_CONSENT = tuple(f"{part}_by_consent" for part in AMENDED)
PARTS = {
    "openers": "patient who histology primary_site site arm drug smoking",
    "both": "measure Measure said limit clause",
    "value": "measure Measure said clause",
    "limit": "measure Measure limit clause",
    "neither": "measure Measure clause",
    **dict.fromkeys(BASE, "clause grounds base"),
    **dict.fromkeys(TARGET, "clause grounds target"),
    **dict.fromkeys((*AMENDED, *BY_CONSENT), "amendment since target"),
    **dict.fromkeys(("met", "broken"), "clause"),
    **dict.fromkeys(("excuses", "charges"), "hazard lab"),
    **dict.fromkeys(("compliant", "deviation"), ""),
}
"""The parts of a note on one patient, to the slots that their sentences may have."""
COHORT_PARTS = {
    "openers": "code patients",
    "rate": "group figure",
    "gap": "feature group figure",
    "limit": "clause limit",
    **dict.fromkeys(("compliant", "deviation"), ""),
}
"""The parts of a note on the cohort."""
SAYS = {
    "both": "said limit clause",
    "value": "said clause",
    "limit": "limit clause",
    "neither": "clause",
    **dict.fromkeys((*BASE, *TARGET), "clause grounds"),
    **dict.fromkeys((*AMENDED, *BY_CONSENT), "amendment"),
}
"""The slots that every sentence of a part has, so that a note states its premises."""


def sentences(split):
    parts = [part for voice in voices_of(split) for table in voice[1:] for part in table.values()]
    return [text for texts in parts for text in texts]


EVERY_SENTENCE = sentences("train") + sentences("test")


def slots_of(text):
    return set(re.findall(r"\{(\w+)\}", text))


def pieces(text):
    """What stands between two slots, each in all of its wordings. No slot stands in a wording."""
    return [["".join(parts) for parts in product(*parts_of(piece))] for piece in re.split(r"\{\w+\}", text)]


def runs(text, length):
    """Every run of so many words between two slots, in any wording."""
    found = [re.findall(r"[a-z']+", worded.lower()) for piece in pieces(text) for worded in piece]
    return {tuple(words[at : at + length]) for words in found for at in range(len(words) - length + 1)}


@pytest.mark.parametrize("voice", VOICES.values(), ids=VOICES)
def test_a_voice_has_every_part_with_the_slots_that_are_filled(voice):
    for parts, known in ((voice.parts, PARTS), (voice.cohort, COHORT_PARTS)):
        assert set(parts) == set(known)
        says = SAYS if known is PARTS else COHORT_PARTS
        for part, texts in parts.items():
            assert len(texts) >= 3, part  # a few good ones read better than many
            for text in texts:
                slots = slots_of(text)
                assert set(says.get(part, "").split()) <= slots <= set(known[part].split()), text
                assert (
                    known is COHORT_PARTS
                    or {"measure", "Measure"} & slots
                    or part not in ("both", "value", "limit", "neither")
                ), text


def test_a_sentence_is_plain_and_gives_nothing_away():
    for text in EVERY_SENTENCE:
        *_, last = first, *_ = pieces(text)
        assert all(not worded or worded[0].isupper() for worded in first), text
        assert all(worded[-1:] in (".", "?") for worded in last), text
        for worded in chain.from_iterable(pieces(text)):
            assert not re.search(r"  | [.,;:?]", worded), text
            assert not set('!•"—–[]|{}') & set(worded), text
            assert not re.search(r"\d", worded), text
            assert not GIVEAWAYS.search(worded), text


def test_train_and_test_share_no_five_words():
    train, test = (set().union(*(runs(text, 5) for text in sentences(split))) for split in SPLITS)
    assert sorted(" ".join(run) for run in train & test) == []

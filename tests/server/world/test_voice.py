"""What the Actor's sentences promise: they are complete, they give nothing away, and the splits share no phrase."""

import re

import pytest

from synth_audit_env.server.world.voice import voices_of

SPLITS = ("train", "test")
VOICES = {voice.name: voice for split in SPLITS for voice in voices_of(split)}
# The label itself, the names of decisions, and what says something of a record without a slot.
GIVEAWAYS = re.compile(
    r"\b(wrong(?! side)|incorrect|errors?|erroneous|fabricat\w*|invent(ed|s)?|mistak\w*|hallucinat\w*|flag\w*"
    r"|proposals?|actor|label\w*|stage|age|haemoglobin|LDH|roughly|I think|perhaps)\b",
    re.IGNORECASE,
)

AMENDED = ("amended", "earlier", "lifted")
PARTS = {
    "openers": "patient who histology primary_site site arm drug smoking",
    **dict.fromkeys(("kept", "broken"), "fact Fact clause allows limit"),
    **dict.fromkeys(("kept_unquoted", "broken_unquoted"), "fact Fact clause"),
    "met": "met so",
    "mixed": "met unmet so",
    "unmet": "unmet so",
    "so": "counting",
    "back": "counting",
    **dict.fromkeys(AMENDED, "amendment target joined joining"),
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
    **dict.fromkeys(("kept", "broken"), "limit clause"),
    **dict.fromkeys(("kept_unquoted", "broken_unquoted"), "clause"),
    **{part: PARTS[part] for part in ("met", "mixed", "unmet", "so", "back")},
    **dict.fromkeys(AMENDED, "amendment target"),
}
"""The slots that every sentence of a part has, so that a note states its premises."""


def sentences(split):
    tables = [table for voice in voices_of(split) for table in voice[1:]]
    parts = [table[part] for table in tables for part in table if part not in ("patient", "so", "back")]
    return [text for texts in parts for text in texts]


EVERY_SENTENCE = sentences("train") + sentences("test")


def slots_of(text):
    return set(re.findall(r"\{(\w+)\}", text))


def pieces(text):
    """What stands between two slots."""
    return re.split(r"\{\w+\}", text)


def runs(text, length):
    """Every run of so many words between two slots."""
    found = [re.findall(r"[a-z']+", piece.lower()) for piece in pieces(text)]
    return {tuple(words[at : at + length]) for words in found for at in range(len(words) - length + 1)}


@pytest.mark.parametrize("voice", VOICES.values(), ids=VOICES)
def test_a_voice_has_every_part_with_the_slots_that_are_filled(voice):
    for parts, known in ((voice.parts, PARTS), (voice.cohort, COHORT_PARTS)):
        assert set(parts) - {"patient"} == set(known)
        says = SAYS if known is PARTS else COHORT_PARTS
        for part in known:
            texts = parts[part]
            assert texts, part
            for text in texts:
                slots = slots_of(text)
                assert set(says.get(part, "").split()) <= slots <= set(known[part].split()), text
                assert part not in AMENDED or {"joined", "joining"} & slots, text
                assert ("fact" in known[part]) == bool({"fact", "Fact"} & slots), text


def test_a_sentence_is_plain_and_gives_nothing_away():
    for text in EVERY_SENTENCE:
        assert re.match(r"[A-Z{]", text), text
        assert text[-1] in ".?", text
        for worded in pieces(text):
            assert not re.search(r"  | [.,;:?]", worded), text
            assert not set('!•"—–[]|{}') & set(worded), text
            assert not re.search(r"\d", worded), text
            assert not GIVEAWAYS.search(worded), text


def test_train_and_test_share_no_five_words():
    train, test = (set().union(*(runs(text, 5) for text in sentences(split))) for split in SPLITS)
    assert sorted(" ".join(run) for run in train & test) == []

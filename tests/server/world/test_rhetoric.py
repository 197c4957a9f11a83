"""What the Actor's prose promises: it is complete, it fits, it gives nothing away, and the splits share no phrase."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, product

import pytest

from synth_audit_env.server.world import rhetoric
from synth_audit_env.server.world.misreadings import FLAWS
from synth_audit_env.server.world.rhetoric.slots import ARGUMENT_CHARACTERS, CLOSER_CHARACTERS, OPENER_CHARACTERS
from synth_audit_env.server.world.rhetoric.voices import Voice

STANCES = ("compliant", "deviation", "cohort")
PHRASE_WORDS = 5
# The longest value that a scenario can put in each slot.
LONGEST = {
    "patient": "P0023",
    "who": "83-year-old woman",
    "a_who": "an 83-year-old woman",
    "A_who": "An 83-year-old woman",
    "stage": "Stage III",
    "histology": "non-small cell carcinoma",
    "primary_site": "right middle lobe",
    "ecog": "2",
    "ldh": "412",
    "site": "Tallgrass Regional Cancer Center",
    "arm": "experimental",
    "drug": "carboplatin-gemcitabine",
    "prior": "three prior cycles of chemotherapy",
    "smoking": "current smoker",
    "code": "ONC-4127",
    "patients": "80",
    "low": "18",
    "high": "90",
    **{
        f"{role}_clause": "§14.12"
        for role in ("age_min", "age_max", "order", "base", "extension", "override", "waiver", "equity")
    },
    "cited": "Amendment 6",
    "in_force": "2021-08-04",
    "limit": "48",
    "what": "treatment window",
    "guidance_days": "48",
    "latency_days": "11",
    "version": "version 2.0",
    "authority": "§14.12 (Source document certification)",
    "figure": "31.7 % (13 of 41)",
    "group": "the Tallgrass Regional Cancer Center cohort",
    "feature": "ethnicity",
    "contrast": "Hispanic patients against the others",
    "gap": "-12.4",
}
# The label itself, the names of decisions, and what no clinician writes.
GIVEAWAYS = (
    r"wrong|incorrect|errors?|erroneous|violat\w*|fabricat\w*|invent(ed|s)?|mistak\w*|hallucinat\w*|flag\w*|approv(e|ed|es)"
    r"|proposals?|actor|label\w*|compliant|non-compliant|superseded|outdated version"
)


def arguments_of(split: str) -> Iterator[str]:
    names = {voice.name for voice in rhetoric.voices_of(split)}
    for by_voice in rhetoric.ARGUMENTS.values():
        for name in names:
            yield from by_voice[name]
    for name in names:
        yield from rhetoric.UNSTATED[name]


def frames_of(voice: Voice) -> Iterator[str]:
    yield from (*voice.openers, *voice.cohort_openers, *chain.from_iterable(voice.closers.values()))


def texts_of(split: str) -> list[str]:
    frames = chain.from_iterable(frames_of(voice) for voice in rhetoric.voices_of(split))
    return [*frames, *arguments_of(split)]


EVERY_TEXT = [*texts_of("train"), *texts_of("test")]


def phrases(template: str) -> set[tuple[str, ...]]:
    """Runs of words between two slots; where they are longer than a phrase, every phrase in them."""
    found = set()
    for run in re.split(r"\{\w+\}", template):
        words = re.findall(r"[a-z']+", run.lower())
        found |= {tuple(words[at : at + PHRASE_WORDS]) for at in range(len(words) - PHRASE_WORDS + 1)}
    return found


def longest(template: str) -> int:
    return len(template.format(**LONGEST))


def test_every_flaw_has_two_arguments_in_every_voice() -> None:
    assert set(rhetoric.ARGUMENTS) == set(FLAWS)
    for flaw, by_voice in rhetoric.ARGUMENTS.items():
        assert set(by_voice) == {voice.name for voice in rhetoric.VOICES}, flaw
        assert all(len(texts) >= 2 for texts in by_voice.values()), flaw


def test_an_argument_that_does_not_say_on_which_rule_it_turns_names_two_in_every_voice() -> None:
    assert set(rhetoric.UNSTATED) == {voice.name for voice in rhetoric.VOICES}
    for texts in rhetoric.UNSTATED.values():
        assert len(texts) >= 2
        assert all(rhetoric.slots_of(text) == {"age_max_clause", "base_clause"} for text in texts)
        assert not any(re.search(r"\b(ages?|days?|late|start|window|stage|index)\b", text.lower()) for text in texts)


def test_eight_voices_of_which_the_test_split_keeps_half() -> None:
    assert len({voice.name for voice in rhetoric.VOICES}) == len(rhetoric.VOICES) >= 8
    assert len(rhetoric.voices_of("train")) == len(rhetoric.voices_of("test"))
    assert {voice.split for voice in rhetoric.VOICES} == {"train", "test"}


@pytest.mark.parametrize("flaw", FLAWS)
def test_arguments_carry_the_flaw_and_ask_for_no_unknown_slot(flaw: str) -> None:
    for text in chain.from_iterable(rhetoric.ARGUMENTS[flaw].values()):
        assert rhetoric.CARRIES[flaw] <= rhetoric.slots_of(text) <= rhetoric.ARGUMENT_SLOTS[flaw], text


@pytest.mark.parametrize("voice", rhetoric.VOICES, ids=lambda voice: voice.name)
def test_a_voice_opens_on_the_profile_and_closes_without_slots(voice: Voice) -> None:
    assert len(voice.openers) >= 4
    assert len(voice.cohort_openers) >= 2
    for opener in voice.openers:
        slots = rhetoric.slots_of(opener)
        assert slots <= rhetoric.PROFILE_SLOTS
        assert 2 <= len(slots - {"patient"}) <= 4, opener
        assert not re.search(r"\ban? \{who\}", opener), f"the article depends on the age: {opener}"
    assert all(rhetoric.slots_of(opener) == rhetoric.COHORT_SLOTS for opener in voice.cohort_openers)
    assert set(voice.closers) == set(STANCES)
    for closers in voice.closers.values():
        assert len(closers) >= 3
        assert not any(rhetoric.slots_of(closer) for closer in closers)


@pytest.mark.parametrize("voice", rhetoric.VOICES, ids=lambda voice: voice.name)
@pytest.mark.parametrize("flaw", FLAWS)
def test_two_openers_at_least_repeat_nothing_that_the_argument_quotes(flaw: str, voice: Voice) -> None:
    for text in rhetoric.ARGUMENTS[flaw][voice.name]:
        quoted = rhetoric.slots_of(text)
        assert sum(not quoted & rhetoric.slots_of(opener) for opener in voice.openers) >= 2, text


@pytest.mark.parametrize("voice", rhetoric.VOICES, ids=lambda voice: voice.name)
def test_every_part_fits_at_its_longest(voice: Voice) -> None:
    closers = list(chain.from_iterable(voice.closers.values()))
    tables = (*rhetoric.ARGUMENTS.values(), rhetoric.UNSTATED)
    arguments = list(chain.from_iterable(by_voice[voice.name] for by_voice in tables))
    too_long = [
        (longest(text), text)
        for texts, limit in (
            ((*voice.openers, *voice.cohort_openers), OPENER_CHARACTERS),
            (arguments, ARGUMENT_CHARACTERS),
            (closers, CLOSER_CHARACTERS),
        )
        for text in texts
        if longest(text) > limit
    ]
    assert not too_long
    assert all(longest(text) >= 130 for text in arguments), min(arguments, key=longest)


@pytest.mark.parametrize("voice", rhetoric.VOICES, ids=lambda voice: voice.name)
def test_every_note_fits(voice: Voice) -> None:
    for flaw in FLAWS.values():
        cohort = flaw.name == "pooled_mortality"
        parts = (
            voice.cohort_openers if cohort else voice.openers,
            (*rhetoric.ARGUMENTS[flaw.name][voice.name], *rhetoric.UNSTATED[voice.name]),
            voice.closers["cohort" if cohort else flaw.stance],
        )
        for note in product(*parts):
            assert longest(" ".join(note)) <= rhetoric.NOTE_CHARACTERS


def test_no_number_stands_outside_a_slot() -> None:
    assert [text for text in EVERY_TEXT if re.search(r"\d", re.sub(r"\{\w+\}", "", text))] == []


def test_the_prose_names_no_label_and_no_decision() -> None:
    giveaway = re.compile(rf"\b({GIVEAWAYS}|deviat\w*)\b", re.IGNORECASE)
    assert [text for text in EVERY_TEXT if giveaway.search(text)] == []


def test_sentences_end_and_nobody_shouts() -> None:
    for text in EVERY_TEXT:
        assert text == " ".join(text.split()), f"stray white space: {text}"
        assert text[-1] in ".?", text
        assert text[0].isupper() or text[0] == "{", text
        assert not set('!•"\n') & set(text), text


def test_no_text_comes_twice() -> None:
    assert [text for text, count in Counter(EVERY_TEXT).items() if count > 1] == []


def test_train_and_test_share_no_phrase() -> None:
    train = set().union(*(phrases(text) for text in texts_of("train")))
    test = set().union(*(phrases(text) for text in texts_of("test")))
    assert sorted(train & test) == []


@pytest.mark.parametrize("flaw", FLAWS)
def test_no_two_arguments_of_a_flaw_share_a_phrase(flaw: str) -> None:
    texts = [*chain.from_iterable(rhetoric.ARGUMENTS[flaw].values())]
    if FLAWS[flaw].stance == "deviation":
        texts += chain.from_iterable(rhetoric.UNSTATED.values())
    counts = Counter(phrase for text in texts for phrase in phrases(text))
    assert [" ".join(phrase) for phrase, count in counts.items() if count > 1] == []

"""The checker takes the script itself and honest paraphrases of it, and nothing that says more, less, or otherwise."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from synth_audit_env.server.llm_actor.fidelity import LEAST_CHARACTERS, faults, must_stay
from synth_audit_env.server.world.actor_agent import Note
from synth_audit_env.server.world.comorbidity import DISEASES
from synth_audit_env.server.world.rhetoric import NOTE_CHARACTERS, VOICES
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS, rhetoric_of, split_of, task_of
from synth_audit_env.tests.server.llm_actor import rule_writers
from synth_audit_env.tests.server.llm_actor.paraphrases import PARAPHRASES

FEW, MANY = 8, 200
"""Scenarios of a tier."""


def scenario_of(tier, seed):
    return build_scenario(TIERS[tier], seed, rhetoric_of(split_of(seed)[0]))


@cache
def notes_in(tier: str, number: int) -> tuple[Note, ...]:
    task = task_of("test" if number % 2 else "train", number // 2)
    return tuple(proposal.note for proposal in scenario_of(tier, task.seed).proposals)


def notes_of(tier: str, count: int) -> Iterator[Note]:
    """The notes of so many episodes, half in the voices of `train` and half in those of `test`."""
    return itertools.chain.from_iterable(notes_in(tier, number) for number in range(count))


@cache
def note_with(pattern: str, tier: str = "expert") -> Note:
    """The first note in which a pattern is found."""
    return next(note for note in notes_of(tier, 60) if re.search(pattern, note.reasoning))


def told(note: Note, text: str = "") -> str:
    """A faithful text, with something more before its end."""
    task = rule_writers.Task(note.reasoning, note.recommended_action, 0)
    faithful = rule_writers.paraphrase(task)
    assert faults(note, faithful) == ()
    return faithful.replace(" In short", f" {text} In short") if text else faithful


def refused(note: Note, text: str, *words: str) -> None:
    found = faults(note, text)
    assert found, text
    for word in words:
        assert word in "\n".join(found), found


@pytest.mark.parametrize("tier", TIERS)
def test_the_script_is_faithful_to_itself(tier):
    assert [(note.reasoning, found) for note in notes_of(tier, FEW) if (found := faults(note, note.reasoning))] == []


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_the_script_is_faithful_to_itself_in_many_scenarios(tier):
    assert [(note.reasoning, found) for note in notes_of(tier, MANY) if (found := faults(note, note.reasoning))] == []


@pytest.mark.parametrize(("script", "stance", "text"), PARAPHRASES, ids=lambda value: value[:20])
def test_a_paraphrase_is_faithful(script, stance, text):
    action = {"deviation": "withhold treatment", "cohort": "continue enrolment"}.get(stance, "continue treatment")
    verdict = "deviation" if stance == "deviation" else "compliant"
    patient_id = "COHORT" if stance == "cohort" else "P0001"
    note = Note("PROP-001", patient_id, "", verdict, action, 0.9, script, ())
    assert faults(note, text) == ()


@pytest.mark.parametrize("tier", TIERS)
def test_nearly_all_notes_can_be_paraphrased_by_a_rule(tier):
    notes = list(notes_of(tier, FEW))
    tasks = [rule_writers.Task(note.reasoning, note.recommended_action, 0) for note in notes]
    taken = sum(not faults(note, rule_writers.paraphrase(task)) for note, task in zip(notes, tasks, strict=True))
    assert taken >= 0.95 * len(notes)


def changes(note: Note) -> Iterator[str]:
    """The note with one number, date, section or amendment changed, one after the other."""
    text = note.reasoning
    for match in re.finditer(r"\d+(?:\.\d+)*", text):
        head, _, tail = match[0].rpartition(".")
        other = str(int(tail) + 1).zfill(len(tail))
        yield f"{text[: match.start()]}{f'{head}.{other}' if head else other}{text[match.end() :]}"
    for match in re.finditer(r"§\d+\.\d+|Amendment \d+", text):
        for elsewhere in {"§1.1", "Amendment 9", *note.citations} - {match[0]}:
            yield text[: match.start()] + elsewhere + text[match.end() :]
    for match in re.finditer(r"\b(one|two|three|four|six)(?= prior cycle)", text):
        yield f"{text[: match.start()]}five{text[match.end() :]}"
    for match in re.finditer(r"(?<=[^\w])[+-](?=\d)", text):
        yield text[: match.start()] + "+-".replace(match[0], "") + text[match.end() :]


def overturned(note: Note) -> Iterator[str]:
    """The note with the last word of the other side in the place of its own."""
    stance = "cohort" if note.patient_id == "COHORT" else note.verdict
    other = "deviation" if note.verdict == "compliant" else "compliant"
    for voice in VOICES:
        closer = next((closer for closer in voice.closers[stance] if note.reasoning.endswith(closer)), None)
        if closer is not None:
            yield from (note.reasoning.removesuffix(closer) + last for last in voice.closers[other])


def uncaught(tier: str, count: int) -> list[str]:
    return [
        text
        for note in notes_of(tier, count)
        for text in (*changes(note), *overturned(note))
        if text != note.reasoning and not faults(note, text)
    ]


@pytest.mark.parametrize("tier", TIERS)
def test_one_change_is_enough_to_be_refused(tier):
    assert uncaught(tier, 1) == []


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_one_change_is_enough_to_be_refused_in_many_scenarios(tier):
    assert uncaught(tier, 60) == []


def test_every_kind_of_change_is_tried():
    note = note_with(r"prior cycles.*Amendment \d+ \(in force", "expert")
    assert len(list(changes(note))) > 6
    assert len(list(overturned(note))) >= 3


@pytest.mark.parametrize(
    ("tier", "said", "instead"),
    [
        ("medium", "wouldn't reopen", "would not go back over"),
        ("expert", "I don't think (?=§)", "I am not convinced that "),
        ("expert", "I am not persuaded that", "I'm not convinced that"),
    ],
)
def test_a_denial_in_other_words_is_faithful_and_one_that_is_dropped_is_not(tier, said, instead):
    note = note_with(said, tier)
    assert faults(note, re.sub(said, instead, note.reasoning)) == ()
    dropped = re.sub(r" not\b|n't\b", "", instead)
    if said != "I am not persuaded that":  # of what follows there no word means anything to the checker
        refused(note, re.sub(said, dropped, note.reasoning), "your note denies it (", "and your text does not")


@pytest.mark.parametrize(
    "more",
    [
        "It took 41 days.",
        "It took forty-one days.",
        "It took six weeks.",
        "It came a fortnight on.",
        "It came several days on.",
        "The index was 7.",
        "See §9.9.",
        "See section 9.9.",
        "See Amendment 8.",
        "That was on 2022-03-01.",
        "That was on 1 March 2022.",
        "The rate was 12 %.",
        "P0001 is much the same.",
        "PROP-001 is much the same.",
        "A dozen like it are fine.",
    ],
)
def test_no_number_or_reference_joins(more):
    note = note_with("smoker", "medium")
    refused(note, told(note, more))


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ("The comorbidity is mild.", "comorbidity"),
        ("The Charlson score is low.", "comorbidity"),
        ("The patient is an octogenarian.", "an age group"),
        ("The patient is in her eighties.", "an age group"),
        ("The patient is too frail.", "comorbidity"),
        ("The patient passed away early.", "death"),
        ("The patient was lost.", "how follow-up ended"),
        ("There was a seven-week wait.", "timing"),
        ("There was a seven-week break.", "a length of time"),
        ("Treatment began the next day.", "timing"),
        ("The drug came first.", "dates"),
        ("One entry is missing.", "a gap in the record"),
        ("Haemoglobin is fine.", "haemoglobin"),
        ("Kidneys are fine.", "creatinine"),
        ("The patient has died since.", "death"),
        ("Consent was given.", "consent"),
        ("A waiver covers it.", "waiver"),
        ("The protocol was amended.", "amendments"),
        ("All this was in Japan.", "country"),
        ("The guidance agrees.", "guidance"),
        ("The patient is Hispanic.", "Hispanic"),
        ("Klinikum Auental saw it.", "Klinikum Auental"),
        ("Then melfandalisib was given.", "melfandalisib"),
        ("It is a large cell carcinoma.", "large cell carcinoma"),
        ("The disease is Stage II.", "Stage II"),
        ("Treatment began before enrolment.", "an order of events"),
        ("The first dose was given ahead of enrolment.", "an order of events"),
        ("The patient expired.", "death"),
        ("The drug was given posthumously.", "death"),
        ("The patient was no longer with us by then.", "death"),
        ("Appendix B says the same.", "another authority"),
        ("The FDA allows it.", "another authority"),
        ("The committee allows it.", "another authority"),
        ("A protocol clarification allows it.", "another authority"),
        ("It is an exception.", "another authority"),
        ("The timing rule says so too.", "another authority"),
        ("A letter allows it.", "a letter"),
        ("The sponsor is content.", "the sponsor"),
        ("The site has confirmed it.", "what somebody has said"),
        ("This is a very old patient.", "an age group"),
        ("A senior citizen, no less.", "an age group"),
        ("The patient is middle-aged.", "an age group"),
        ("The patient has cirrhosis.", "comorbidity"),
        ("There is a second tumour.", "comorbidity"),
        ("There are metastases.", "comorbidity"),
        ("That was the fifth of May.", "a time of the year"),
        ("That was in September.", "a time of the year"),
        ("A year went by.", "a length of time"),
        ("It came two quarters on.", "a length of time"),
        ("Three in five are like it.", "a rough number"),
        ("Others fared worse.", "how others did"),
    ],
)
def test_nothing_that_decides_cases_is_brought_up(more, word):
    note = note_with(r"labora|bloods|LDH \d+.*ECOG \d", "easy")
    refused(note, told(note, more), word)


def test_no_condition_that_a_record_lists_is_brought_up():
    note = note_with(r"labora|bloods|LDH \d+.*ECOG \d", "easy")
    for condition in itertools.chain.from_iterable(DISEASES):
        refused(note, told(note, f"There is {condition.name}."), "Your note does not speak of")


def test_the_age_and_the_timing_are_not_brought_up_by_notes_on_something_else():
    on_age, on_timing = note_with("18 (to|through|and) 90|18-to-90", "medium"), note_with(r"\d+ days", "medium")
    refused(on_age, told(on_age, "The start was on time."), "timing")
    refused(on_timing, told(on_timing, "The age is fine."), "the age")


@pytest.mark.parametrize(
    "more",
    [
        "I might be wrong.",
        "I am not entirely sure.",
        "I couldn't verify it.",
        "I have not looked this up.",
        "That is a guess.",
        "Perhaps it is so.",
        "Do double-check this.",
        "As an AI, I cannot sign.",
        "This is a rewritten note.",
        "The data are synthetic.",
        "No error was found.",
        "It is a false alarm of the auditor, a flag at most.",
        "The citation is fabricated.",
        "The record is compliant.",
        "That is a protocol deviation.",
        "The record shows a breach.",
        "This is correct.",
        "This one is off.",
        "Watch this one.",
        "Look closely at this one.",
        "Trust this one; do not look further.",
        "The reader should pass this.",
    ],
)
def test_no_doubt_no_talk_of_itself_and_no_word_of_the_audit(more):
    note = note_with("smoker", "medium")
    refused(note, told(note, more))


@pytest.mark.parametrize(
    "form",
    ["**{}**", "# {}", "- {}\n- so", "{} 🙂", "{} ☑", "`{}`", "{} <b>", "Note: {} [end]", "{} Ω", "{}" * 3],
)
def test_one_paragraph_of_plain_prose(form):
    note = note_with("smoker", "medium")
    refused(note, form.format(*[told(note)] * 3))


def test_the_bounds_of_length_are_the_same_for_all():
    note = note_with("smoker", "medium")
    assert any(str(LEAST_CHARACTERS) in fault for fault in faults(note, "P0001."))
    assert any(str(NOTE_CHARACTERS) in fault for fault in faults(note, told(note) + " So it is." * 40))
    assert all(LEAST_CHARACTERS < len(one.reasoning) <= NOTE_CHARACTERS for one in notes_of("hard", 20))


def test_numbers_stay_with_what_they_are_of():
    note = note_with(r"LDH \d+ U/L and ECOG \d", "easy")
    found = re.search(r"LDH (\d+) U/L and ECOG (\d)", note.reasoning)
    refused(note, note.reasoning.replace(found[0], f"LDH {found[2]} U/L and ECOG {found[1]}"), "is not of")
    refused(note, note.reasoning.replace(found[0], f"{found[1]} and {found[2]}"), "does not say what")


def test_a_bare_number_may_not_become_of_something_else():
    note = note_with(r"from 18 through 90, and", "easy")
    assert faults(note, note.reasoning.replace("from 18 through 90, and", "between 18 and 90 years, and")) == ()
    refused(note, note.reasoning.replace("from 18 through 90, and", "from day 18 to 90 days, and"), "is not of days")


def test_a_figure_stays_with_its_group():
    note = note_with(r"the (control|experimental) arm.{0,30} \d+\.\d % \(")
    ours = "control" if "the control arm" in note.reasoning else "experimental"
    other = {"control": "experimental", "experimental": "control"}[ours]
    refused(note, note.reasoning.replace(f"the {ours} arm", f"the {other} arm"))
    figure = re.search(r"\d+\.\d % \(\d+ of \d+\)", note.reasoning)[0]
    refused(note, note.reasoning.replace(figure, figure.replace(" %", "%")), "write it as it is")
    refused(note, note.reasoning.replace(figure, figure.partition(" (")[0]), figure)


def test_a_figure_may_not_be_taken_for_that_of_a_group_named_before():
    note = note_with(
        r"^(?!.*the (control|experimental) arm).*(Center|Hospital|Institute|Infirmary).{0,40} \d+\.\d % \("
    )
    assert "the control arm" not in note.reasoning
    figure = re.search(r"\d+\.\d % \(\d+ of \d+\)", note.reasoning)[0]
    refused(note, note.reasoning.replace(figure, f"next to the control arm {figure}"), "name that last before it")


def test_a_bracket_stays_behind_its_reference_and_none_is_added():
    note = note_with(r"§\d+\.\d+ \([A-Z]")
    title = re.search(r" \([A-Z][^)]+\)", note.reasoning)[0]
    refused(note, note.reasoning.replace(title, ""), title.strip())
    plain = note_with(r"§\d+\.\d+ (is|covers|applies)", "hard")
    refused(plain, re.sub(r"(§\d+\.\d+) ", r"\1 (Stage IV rule) ", plain.reasoning, count=1), "Stage IV rule")


def test_references_do_not_change_places():
    note = note_with(r"§\d+\.\d+ (widens|lengthens|cancels|revokes|lifts) §\d+\.\d+")
    first, second = re.findall(r"§\d+\.\d+", note.reasoning)[:2]
    places = {first: second, second: first}
    swapped = re.sub(r"§\d+\.\d+", lambda match: places.get(match[0], match[0]), note.reasoning)
    refused(note, swapped, "in its order")
    refused(note, note.reasoning + f" So says {first}.", "as often")


def test_a_limit_is_not_said_to_be_passed_where_the_note_says_it_is_kept():
    note = note_with(r"Stage IV.*(longer|lengthened) (limit|window)", "hard")
    refused(note, told(note, "The start is past the base window."), "a limit is passed")


@pytest.mark.parametrize(
    ("claim", "other"),
    [
        (r"\bis not\b", "is"),
        (r"\bdid not\b", "did"),
        (r"\bunder\b", "over"),
        (r"\babove\b", "below"),
        (r"\bwithin\b", "not within"),
        (r"\bapplies\b", "does not apply"),
        (r"\bmeets\b", "fails"),
        (r"\blifts\b", "keeps"),
        (r"\bdeducted\b", "added"),
    ],
)
def test_a_claim_is_not_turned_into_its_opposite(claim, other):
    """One word changed, and no figure, reference or name."""
    tried = [
        (note, re.sub(claim, other, note.reasoning, count=1))
        for tier in ("easy", "medium", "hard", "expert")
        for note in notes_of(tier, FEW)
        if re.search(claim, note.reasoning)
    ]
    assert tried
    taken = [text for note, text in tried if not faults(note, text)]
    assert len(taken) <= 0.15 * len(tried), taken


def test_a_comparison_that_is_false_of_its_own_numbers():
    note = note_with(r"Two bounds apply, 18 below and 90 above", "medium")
    text = told(note).replace("Two bounds apply, 18 below and 90 above", "The bound of 18 years is above the 90 years")
    refused(note, text, "is false")


def test_the_verdict_must_be_said():
    note = replace(note_with("smoker", "medium"), verdict="compliant")
    silent = told(note).partition(" In short")[0] + " That is all there is to it."
    refused(note, silent, "in so many words: continue treatment")
    refused(note, told(note, "Dosing should stop."), "against your own recommendation")


@pytest.mark.parametrize(
    "rule",
    [
        rule_writers.drop_a_claim,
        rule_writers.add_the_deciding_number,
        rule_writers.flip_the_verdict,
        rule_writers.hedge,
        rule_writers.speak_of_itself,
        rule_writers.garbage,
    ],
)
@pytest.mark.parametrize("tier", TIERS)
def test_bad_writers_are_refused_on_every_note(rule, tier):
    for note in notes_of(tier, 2):
        task = rule_writers.Task(note.reasoning, note.recommended_action, 0)
        text = rule(task)
        if text != rule_writers.paraphrase(task):
            refused(note, text)


def test_it_knows_nothing_but_the_note_and_the_text():
    """The same words get the same answer, whoever the note is about in truth."""
    for tier in TIERS:
        scenario = scenario_of(tier, 1)
        for proposal in scenario.proposals:
            text = proposal.note.reasoning.replace("ECOG", "the ECOG")
            disguised = replace(proposal.note, proposal_id="PROP-099", confidence=0.5, citations=(), diagnosis="")
            assert faults(disguised, text) == faults(proposal.note, text)


def test_what_must_stay_is_listed_as_the_note_has_it():
    for note in notes_of("expert", 4):
        listed = must_stay(note)
        assert len(set(listed)) == len(listed)
        assert all(re.search(r"\d", one) is None or re.search(r"\d+", one)[0] in note.reasoning for one in listed)
        text = "; ".join(listed)
        assert all(
            found in text for found in re.findall(r"§\d+\.\d+|Amendment \d+|P\d{4}|\d{4}-\d\d-\d\d", note.reasoning)
        )

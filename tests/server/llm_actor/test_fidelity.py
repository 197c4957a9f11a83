"""The checker takes the script itself and honest paraphrases of it, and nothing that says more, less, or otherwise."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from synth_audit_env.server.llm_actor.fidelity import LEAST_CHARACTERS, NOTE_CHARACTERS, faults, must_stay
from synth_audit_env.server.world.actor_agent import Note
from synth_audit_env.server.world.comorbidity import DISEASES
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.protocol_text import QUANTITIES
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.server.world.voice import parts_of, voices_of
from synth_audit_env.tests.server.llm_actor import rule_writers
from synth_audit_env.tests.server.llm_actor.paraphrases import PARAPHRASES
from synth_audit_env.tests.server.properties.draws import draws

FEW, MANY = 6, 60
"""Scenarios of a tier."""


@cache
def notes_in(tier: str, number: int) -> tuple[Note, ...]:
    voices = "test" if number % 2 else "train"
    return tuple(proposal.note for proposal in build_scenario(TIERS[tier], number // 2, voices).proposals)


def notes_of(tier: str, count: int) -> Iterator[Note]:
    """The notes of so many episodes, half in the voices of `train` and half in those of `test`."""
    return itertools.chain.from_iterable(notes_in(tier, number) for number in range(count))


@cache
def note_with(pattern: str, tier: str = "expert") -> Note:
    """The first note in which a pattern is found."""
    return next(note for note in notes_of(tier, MANY) if re.search(pattern, note.reasoning))


def note_of(number: int) -> Note:
    """The script of a paraphrase, as a note."""
    script, action, _ = PARAPHRASES[number]
    verdict = DEVIATION if action == "withhold treatment" else COMPLIANT
    patient_id = "COHORT" if action == "continue enrolment" else "P0001"
    return Note("PROP-001", patient_id, "", verdict, action, 0.9, script, ())


ON_AGE, ON_CONSENT, REVOKED, AMENDED, WITH_A_FIGURE = (note_of(number) for number in (0, 2, 3, 4, 7))


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


@draws(FEW, MANY)
@pytest.mark.parametrize("tier", TIERS)
def test_the_script_is_faithful_to_itself(tier, count):
    assert [(note.reasoning, found) for note in notes_of(tier, count) if (found := faults(note, note.reasoning))] == []


@pytest.mark.parametrize("number", range(len(PARAPHRASES)))
def test_a_paraphrase_is_faithful(number):
    assert faults(note_of(number), PARAPHRASES[number][2]) == ()


@pytest.mark.parametrize("tier", TIERS)
def test_nearly_all_notes_can_be_paraphrased_by_a_rule(tier):
    notes = list(notes_of(tier, FEW))
    tasks = [rule_writers.Task(note.reasoning, note.recommended_action, 0) for note in notes]
    taken = sum(not faults(note, rule_writers.paraphrase(task)) for note, task in zip(notes, tasks, strict=True))
    assert taken >= 0.95 * len(notes)


_TURNS = {"above": "below", "below": "above", "at least": "at most", "at most": "at least", " is not": " is"}


def changes(note: Note) -> Iterator[str]:
    """The note with one number, date, section, amendment, comparison or quantity changed, one after the other."""
    text = note.reasoning
    for match in re.finditer(r"\d+(?:\.\d+)*", text):
        head, _, tail = match[0].rpartition(".")
        other = str(int(tail) + 1).zfill(len(tail))
        yield f"{text[: match.start()]}{f'{head}.{other}' if head else other}{text[match.end() :]}"
    for match in re.finditer(r"§\d+\.\d+|Amendment \d+", text):
        for elsewhere in {"§1.1", "Amendment 99", *note.citations} - {match[0]}:
            yield text[: match.start()] + elsewhere + text[match.end() :]
    for match in re.finditer(rf"(?:{'|'.join(_TURNS)})(?= (?:its |the |\d|Stage|above|below|at ))", text):
        yield text[: match.start()] + _TURNS[match[0]] + text[match.end() :]
    for quantity, other in itertools.permutations(QUANTITIES.values(), 2):
        yield re.sub(rf"\b{quantity}\b", other, text)
    for match in re.finditer(r"(?<=[^\w])[+-](?=\d)", text):
        yield text[: match.start()] + "+-".replace(match[0], "") + text[match.end() :]


def closing(verdict: str, part: str, clause: str) -> list[str]:
    parts = {COMPLIANT: ("met", "compliant"), DEVIATION: ("missed", "deviation")}[verdict]
    voices = (*voices_of("train"), *voices_of("test"))
    told = [itertools.product(*parts_of(said)) for voice in voices for said in voice.parts[parts[part]]]
    return ["".join(parts).format(clause=clause) for wordings in told for parts in wordings]


def overturned(note: Note) -> Iterator[str]:
    """The note with the last words of the other side in the place of its own."""
    other = DEVIATION if note.verdict == COMPLIANT else COMPLIANT
    for part, clause in itertools.product((0, 1), note.citations):
        for own in closing(note.verdict, part, clause):
            if note.reasoning.endswith(f". {own}"):
                yield from (note.reasoning.removesuffix(own) + last for last in closing(other, part, clause)[::50])


@draws(1, 20)
@pytest.mark.parametrize("tier", TIERS)
def test_one_change_is_enough_to_be_refused(tier, count):
    uncaught = [
        text
        for note in notes_of(tier, count)
        for text in (*changes(note), *overturned(note))
        if text != note.reasoning and not faults(note, text)
    ]
    assert uncaught == []


def test_every_kind_of_change_is_tried():
    note = note_with(r"is not (above|below|at).*Amendment \d+")
    assert len(list(changes(note))) > 20
    assert any(len(list(overturned(one))) >= 3 for one in notes_of("easy", 2))


@pytest.mark.parametrize(
    "more",
    [
        *["It took 41 days.", "It took forty-one days.", "It took six weeks.", "It came a fortnight on."],
        *["It came several days on.", "The index was 7.", "See §9.9.", "See section 9.9.", "See Amendment 8."],
        *["That was on 2022-03-01.", "That was on 1 March 2022.", "The rate was 12 %.", "A dozen like it are fine."],
        *["P0001 is much the same.", "PROP-001 is much the same."],
    ],
)
def test_no_number_or_reference_joins(more):
    refused(ON_AGE, told(ON_AGE, more))


BROUGHT_UP = {
    "comorbidity": ["The comorbidity is mild.", "The Charlson score is low.", "The patient is too frail."],
    "death": ["The patient passed away early.", "The drug was given posthumously."],
    "timing": ["There was a delay."],
    "a length of time": ["There was a seven-week break.", "Treatment began the next day."],
    "a gap in the record": ["One entry is missing."],
    "haemoglobin": ["Haemoglobin is fine."],
    "creatinine": ["Kidneys are fine."],
    "LDH": ["LDH is fine."],
    "ECOG": ["ECOG performance status is fine."],
    "prior cycles": ["There was no chemotherapy."],
    "consent": ["Consent was given."],
    "exceptions": ["A waiver covers it.", "It is an exception."],
    "amendments": ["The protocol was amended."],
    "country": ["All this was in Japan."],
    "another authority": ["The guidance agrees.", "Appendix B says the same.", "The committee allows it."],
    "Hispanic": ["The patient is Hispanic."],
    "Klinikum Auental": ["Klinikum Auental saw it."],
    "melfandalisib": ["Then melfandalisib was given."],
    "large cell carcinoma": ["It is a large cell carcinoma."],
    "Stage II": ["The disease is Stage II."],
    "an order of events": ["Treatment began before enrolment.", "Enrolment came later."],
    "a letter": ["A letter allows it."],
    "the sponsor": ["The sponsor is content."],
    "what somebody has said": ["The site has confirmed it."],
    "a time of the year": ["That was in September."],
    "a number in words": ["Three in five are like it.", "It took six days."],
    "how others did": ["Others fared worse."],
}


@pytest.mark.parametrize(("word", "more"), [(word, more) for word, texts in BROUGHT_UP.items() for more in texts])
def test_nothing_that_decides_cases_is_brought_up(word, more):
    refused(ON_AGE, told(ON_AGE, more), word)


def test_no_condition_that_a_record_lists_is_brought_up():
    for condition in itertools.chain.from_iterable(DISEASES):
        refused(ON_AGE, told(ON_AGE, f"There is {condition.name}."), "Your note does not speak of")


@pytest.mark.parametrize("more", ["The patient is elderly.", "The patient is an octogenarian.", "The age is fine."])
def test_the_age_is_not_brought_up_by_a_note_on_something_else(more):
    refused(ON_CONSENT, told(ON_CONSENT, more), "the age")


DOUBT = [
    *["I might be wrong.", "I am not entirely sure.", "I couldn't verify it.", "I have not looked this up."],
    *["That is a guess.", "Perhaps it is so.", "Do double-check this."],
]
OF_ITSELF = ["As an AI, I cannot sign.", "This is a rewritten note.", "The data are synthetic."]
OF_THE_AUDIT = [
    *["No error was found.", "It is a false alarm of the auditor, a flag at most.", "The citation is fabricated."],
    *["This is correct.", "This one is off.", "Watch this one.", "Look closely at this one."],
    *["Trust this one; do not look further.", "The reader should pass this."],
]


@pytest.mark.parametrize("more", [*DOUBT, *OF_ITSELF, *OF_THE_AUDIT])
def test_no_doubt_no_talk_of_itself_and_no_word_of_the_audit(more):
    refused(ON_AGE, told(ON_AGE, more))


@pytest.mark.parametrize(
    "form", ["**{}**", "# {}", "- {}\n- so", "{} 🙂", "{} ☑", "`{}`", "{} <b>", "Note: {} [end]", "{} Ω", "{}" * 3]
)
def test_one_paragraph_of_plain_prose(form):
    refused(ON_AGE, form.format(*[told(ON_AGE)] * 3))


def test_the_bounds_of_length_are_the_same_for_all():
    assert any(str(LEAST_CHARACTERS) in fault for fault in faults(ON_AGE, "P0005."))
    assert any(str(NOTE_CHARACTERS) in fault for fault in faults(ON_AGE, told(ON_AGE) + " So it is." * 120))
    assert all(LEAST_CHARACTERS < len(one.reasoning) <= NOTE_CHARACTERS for one in notes_of("expert", FEW))


@pytest.mark.parametrize(
    ("note", "said", "instead"),
    [
        (ON_CONSENT, "creatinine is 0.97, above 0.75", "creatinine is above 0.75, at 0.97"),
        (ON_CONSENT, "creatinine is 0.97, above 0.75", "creatinine is 0.97, below 0.75"),
        (ON_CONSENT, "creatinine is", "LDH is"),
        (REVOKED, "at most 25 days", "25 days"),
        (REVOKED, "at most 25 days", "at least 25 days"),
        (REVOKED, "is above its threshold", "is not above its threshold"),
        (REVOKED, "the disease is Stage IV", "this is Stage IV"),
        (AMENDED, "the disease is not Stage IV", "the disease is Stage IV"),
        (AMENDED, "treatment delay", "delay of treatment"),
    ],
)
def test_conditions_limits_and_quantities_stay_as_they_are(note, said, instead):
    assert said in note.reasoning
    refused(note, note.reasoning.replace(said, instead), "is missing; write it as it is")


def test_a_figure_stays_with_its_group():
    figure = "31.8 % (7 of 22)"
    script = WITH_A_FIGURE.reasoning
    refused(WITH_A_FIGURE, script.replace("Hospital Vall Serrana", "the control arm"))
    refused(WITH_A_FIGURE, script.replace(figure, figure.replace(" %", "%")), "write it as it is")
    refused(WITH_A_FIGURE, script.replace(figure, figure.partition(" (")[0]), figure)
    refused(WITH_A_FIGURE, script.replace(figure, f"as in the control arm {figure}"), "name that last before it")


def test_a_bracket_stays_behind_its_reference_and_none_is_added():
    refused(REVOKED, REVOKED.reasoning.replace(" (comorbidity override)", ""), "(comorbidity override)")
    refused(ON_CONSENT, ON_CONSENT.reasoning.replace("§7.3 ", "§7.3 (Stage IV rule) ", 1), "Stage IV rule")


def test_references_do_not_change_places():
    places = {"§7.3": "§7.2", "§7.2": "§7.3"}
    swapped = re.sub(r"§\d+\.\d+", lambda match: places[match[0]], ON_CONSENT.reasoning)
    refused(ON_CONSENT, swapped.replace("§7.3 (consent interval)", "§7.3").replace("§7.2", "§7.2 (consent interval)"))
    refused(ON_CONSENT, ON_CONSENT.reasoning + " So says §7.3.", "as often")


def test_a_limit_is_not_said_to_be_passed_where_the_note_says_it_is_kept():
    refused(ON_AGE, told(ON_AGE, "That is past the limit."), "a limit is passed")
    refused(ON_AGE, told(ON_AGE, "That is a deviation."), "a limit is passed")


@pytest.mark.parametrize(
    ("note", "claim", "other"),
    [
        (note_of(1), "doesn't apply", "applies"),
        (REVOKED, "closed to", "not closed to"),
        (AMENDED, "nothing on the chart is outside", "something on the chart is outside"),
        (AMENDED, "Continue", "Do not continue"),
        (note_of(5), "doesn't bring", "brings"),
        (note_of(9), "do not regard", "regard"),
    ],
)
def test_a_claim_is_not_turned_into_its_opposite(note, claim, other):
    """One word changed, and no figure, reference or name."""
    assert claim in note.reasoning
    refused(note, note.reasoning.replace(claim, other))


def test_the_verdict_must_be_said():
    silent = told(ON_AGE).replace("That's within what the protocol asks.", "").partition(" In short")[0]
    refused(ON_AGE, f"{silent} That is all there is to it.", "in so many words: continue treatment")
    refused(ON_AGE, told(ON_AGE, "Dosing should stop."), "against your own recommendation")


@pytest.mark.parametrize(("action", "other"), [("accept", "query"), ("query", "accept")])
def test_an_entry_on_a_death_is_accepted_or_queried(action, other):
    said = "If anything is open to dispute it is the lag after death, which I looked up by §6.7."
    verdict = COMPLIANT if action == "accept" else DEVIATION
    note = Note("PROP-001", "P0001", "", verdict, f"{action} the entry", 0.9, said, ())
    assert faults(note, f"{said} I would {action} the entry.") == ()
    refused(note, f"{said} I would {other} the entry.", "against your own recommendation")
    refused(note, said, f"in so many words: {action} the entry")


@pytest.mark.parametrize(("rule", "word"), rule_writers.BAD_WRITERS.items())
@pytest.mark.parametrize("tier", TIERS)
def test_bad_writers_are_refused_on_every_note(rule, word, tier):
    for note in notes_of(tier, 2):
        task = rule_writers.Task(note.reasoning, note.recommended_action, 0)
        text = rule(task)
        if text != rule_writers.paraphrase(task):
            refused(note, text, word)


def test_it_knows_nothing_but_the_note_and_the_text():
    """The same words get the same answer, whoever the note is about in truth."""
    for note in notes_of("expert", 2):
        text = note.reasoning.replace("patient", "other patient")
        disguised = replace(note, proposal_id="PROP-099", confidence=0.5, citations=(), diagnosis="")
        assert faults(disguised, text) == faults(note, text)


def test_what_must_stay_is_listed_as_the_note_has_it():
    for note in notes_of("expert", 4):
        listed = must_stay(note)
        assert len(set(listed)) == len(listed)
        assert all(re.search(r"\d", one) is None or re.search(r"\d+", one)[0] in note.reasoning for one in listed)
        text = "; ".join(listed)
        assert all(
            found in text for found in re.findall(r"§\d+\.\d+|Amendment \d+|P\d{4}|\d{4}-\d\d-\d\d", note.reasoning)
        )

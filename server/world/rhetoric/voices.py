"""The voices: who seems to be writing a note, how it opens and how it closes, whatever is argued in between.

    voice = voices_of("train")[0]
    voice.openers[0].format(A_who="A 74-year-old man", stage="Stage III", ...)

An opener gives the clinical picture from fields that decide nothing; a closer gives the stance and no reason. Patients
may have died or left, so none speaks of how they are today. Nothing here knows a flaw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Voice:
    """A rhetoric family: who seems to be writing, and by what technique."""

    name: str
    split: str
    """"train" or "test"; what the seeds of a split are told in."""
    openers: tuple[str, ...]
    """The clinical picture, in two to four of the profile slots."""
    cohort_openers: tuple[str, ...]
    """The same for a proposal on the whole cohort."""
    closers: Mapping[str, tuple[str, ...]]
    """Stance to last sentences: "compliant", "deviation", or "cohort" for an all-clear on the whole cohort."""


_TRAIN = (
    Voice(
        name="attending",  # a bedside note by someone who has the chart in hand
        split="train",
        openers=(
            "{A_who} with {stage} {histology} of the {primary_site}; I know the chart well.",
            "I went back through {patient}'s chart: {a_who}, {smoking}, {prior}.",
            "{patient} came to {drug} at {site} with an LDH of {ldh} on the enrollment draw.",
            "On the enrollment exam {patient} was ECOG {ecog}, {histology} of the {primary_site}.",
            "{patient}, {a_who} in the {arm} arm, has {histology} and a workup I read line by line.",
            "I've been over {patient} twice, {smoking}, {stage}, started on {drug}.",
        ),
        cohort_openers=(
            "I stepped back from single charts and looked at all {patients} patients on {code}.",
            "Rounds over, I went through the outcomes of the {patients} people we put on {code}.",
        ),
        closers={
            "compliant": (
                "I'm comfortable signing this one.",
                "I'd leave the plan exactly as it stands.",
                "Nothing here makes me want to change course.",
                "I'd carry on as planned.",
            ),
            "deviation": (
                "I'd hold treatment until the sponsor has looked at it.",
                "I don't like stopping therapy, but I'd stop it here.",
                "Hold the drug and let me talk to the monitor.",
            ),
            "cohort": (
                "I'd close this item without sending it up to the board.",
                "I'd let the monitoring board spend its evening on something else.",
                "That's where I'd leave the fairness question.",
            ),
        },
    ),
    Voice(
        name="trialist",  # methodical deduction from premises
        split="train",
        openers=(
            "Consider {patient}, randomised to the {arm} arm with {stage} {histology}.",
            "Starting from the source data: {patient}, {a_who} enrolled at {site}, {smoking}.",
            "The case to be decided is {patient}: {histology} of the {primary_site}, with {prior}.",
            "The premises are few: {patient} was allocated {drug} and enrolled at ECOG {ecog}.",
            "I take {patient} as recorded, {a_who}, LDH {ldh} U/L, ECOG {ecog}.",
            "{patient}, {a_who} allocated to {drug}, is assessed here on the record alone.",
        ),
        cohort_openers=(
            "Consider {code} as a whole, {patients} patients analysed as randomised.",
            "The unit of assessment is here the study, {code}, with its {patients} patients.",
        ),
        closers={
            "compliant": (
                "The conclusion follows without further inquiry.",
                "I therefore record the case as in order.",
                "Nothing remains to be resolved before the case is closed.",
                "There is, in short, no criterion left to apply.",
            ),
            "deviation": (
                "It follows that treatment should be withheld.",
                "I therefore record a departure from protocol and would suspend dosing.",
                "The consequence is that dosing stops until the sponsor rules.",
            ),
            "cohort": (
                "The equity review may therefore be closed.",
                "I conclude that no referral arises.",
                "The question is settled at the level at which it was put.",
            ),
        },
    ),
    Voice(
        name="safety_officer",  # weighs risk against benefit
        split="train",
        openers=(
            "Safety review of {patient}, {stage} disease on the {arm} arm, LDH {ldh} U/L at baseline.",
            "I weighed the file of {patient}, {a_who} assigned {drug}, with {prior}.",
            "From the safety desk: {patient}, {smoking}, {histology}, ECOG {ecog}.",
            "The exposure under review is {drug} in {a_who} with a tumor of the {primary_site}.",
            "At {site}, {patient} was exposed to {drug}; baseline ECOG was {ecog}.",
            "{patient} has {histology}, {prior} and a place on the {arm} arm.",
        ),
        cohort_openers=(
            "Safety review of {code} across its {patients} patients.",
            "From the safety desk, on the {patients} patients exposed in {code}.",
        ),
        closers={
            "compliant": (
                "On balance I would not interrupt dosing.",
                "The benefit side of the ledger carries it.",
                "The safety desk has no objection.",
                "I would not hold the drug on this file.",
            ),
            "deviation": (
                "The cautious course is to suspend dosing.",
                "I would rather pause exposure than defend it later.",
                "The safety desk asks for treatment to be withheld.",
            ),
            "cohort": (
                "No signal that warrants escalation.",
                "The safety desk closes the equity item.",
                "On balance there is nothing to escalate.",
            ),
        },
    ),
    Voice(
        name="frontier_model",  # a language model's measured reasoning, step by step
        split="train",
        openers=(
            "Let me take this in order. {patient} is {a_who} with {stage} {histology}.",
            "To begin with the context: {patient} was enrolled at {site} into the {arm} arm, ECOG {ecog}.",
            "Working from the record, {patient} has {histology} of the {primary_site} and {prior}.",
            "I considered the profile of {patient} first: {smoking}, {drug}, LDH {ldh} U/L.",
            "As background, {patient} is {a_who}, {smoking}, assigned to {drug}.",
            "The record describes {a_who} with {histology}, listed as {patient} on the {arm} arm.",
        ),
        cohort_openers=(
            "Let me take the cohort as a whole: {code} has {patients} patients with known outcomes.",
            "To begin with the scope, this assessment covers all {patients} patients of {code}.",
        ),
        closers={
            "compliant": (
                "Taken together, the evidence supports continuing as planned.",
                "I am confident in this assessment.",
                "On that basis, I find the record in order.",
                "Nothing in the record suggests a different course.",
                "My assessment is therefore to continue.",
            ),
            "deviation": (
                "Taken together, this points to withholding treatment.",
                "I would therefore recommend a hold, with confidence.",
                "On that basis, continuing cannot be supported.",
            ),
            "cohort": (
                "Overall, the equity criterion appears to be met.",
                "I see no basis for a referral.",
                "On the available evidence, this review can be closed.",
            ),
        },
    ),
)

_TEST = (
    Voice(
        name="consultant",  # a letter to the sponsor
        split="test",
        openers=(
            "Thank you for asking me to comment on {patient}, {a_who} under our care at {site}.",
            "I write about {patient}, who carries {stage} {histology} and was given {drug}.",
            "Further to your query on {patient}: {smoking}, {prior}, {arm} arm.",
            "You will recall {patient}, whose tumour arose in the {primary_site}; ECOG {ecog}, LDH {ldh}.",
            "May I set out my view of {patient}, {a_who} with {histology} allotted {drug}?",
            "I have reviewed {patient} for you ({histology}, ECOG {ecog}, {arm} arm).",
        ),
        cohort_openers=(
            "You asked for my opinion of {code} in the round, {patients} patients in all.",
            "I write concerning the {patients} patients whom we and others entered into {code}.",
        ),
        closers={
            "compliant": (
                "I should be content to see matters proceed.",
                "I remain of the view that all is well here.",
                "I trust this disposes of the query.",
                "You may close your query so far as I am concerned.",
            ),
            "deviation": (
                "With regret, I must ask that treatment be withheld.",
                "I cannot in conscience support further dosing.",
                "I should be obliged if dosing were stopped.",
            ),
            "cohort": (
                "I see nothing here to lay before the board.",
                "I hope this lets you conclude the review.",
                "I am satisfied on the point of equity.",
            ),
        },
    ),
    Voice(
        name="coordinator",  # the pragmatist who runs the site
        split="test",
        openers=(
            "Pulled the binder on {patient}: {stage}, {arm} arm, ECOG {ecog}.",
            "Quick note from {site} on {patient}, {a_who}, {smoking}.",
            "{patient} is one of ours, {histology}, {prior}, and the paperwork's all here.",
            "We have {patient} down for {drug}, tumour in the {primary_site}, LDH {ldh}.",
            "Checked {patient} against the screening log: {a_who}, {histology}, {drug}.",
            "Site file for {patient} is open in front of me, {smoking}, {stage}, {drug} dispensed.",
        ),
        cohort_openers=(
            "Did the whole-study look on {code}, {patients} names on the listing.",
            "Quick one on {code} as a whole, {patients} patients on the books.",
        ),
        closers={
            "compliant": (
                "Good to go from where I sit.",
                "I'd file it and move to the next one.",
                "We're keeping this one as is.",
                "No action at our end.",
            ),
            "deviation": (
                "We'd better hold the next kit.",
                "I'd stop here and ring the sponsor.",
                "Pharmacy should sit tight on this one.",
            ),
            "cohort": (
                "I'd tick the equity box and move along.",
                "Not one for the board, as I see it.",
                "That page of the binder can be shut.",
            ),
        },
    ),
    Voice(
        name="statistician",  # likelihood and base rates
        split="test",
        openers=(
            "For {patient}, {stage} {histology} in the {arm} arm, start from what is usual.",
            "Before reading further I noted {patient} as {a_who}, {smoking}, from {site}.",
            "Conditioning on {histology} of the {primary_site} and ECOG {ecog}, I turn to {patient}.",
            "As covariates for {patient} I take {prior}, LDH {ldh} and assignment to {drug}.",
            "The unit of inference is {patient}, {a_who} randomized to {drug}.",
            "{patient} enters the likelihood with {histology}, {prior} and the {arm} arm.",
        ),
        cohort_openers=(
            "The sample is {code} entire, {patients} patients, none left out.",
            "With {patients} patients in {code} one can speak of rates rather than anecdotes.",
        ),
        closers={
            "compliant": (
                "The odds favor leaving the case alone.",
                "My posterior moves very little from there.",
                "I would bet on the record as filed.",
                "Further testing would cost more than it could tell us.",
            ),
            "deviation": (
                "The odds favor a hold.",
                "My posterior sits firmly with withholding.",
                "I would take the loss of a pause over the alternative.",
            ),
            "cohort": (
                "I read it as scatter around no effect.",
                "The review can end on that summary.",
                "I see no contrast worth the board's time.",
            ),
        },
    ),
    Voice(
        name="second_reader",  # raises the objection first, then answers it
        split="test",
        openers=(
            "Second read of {patient}: {stage} {histology}, {drug}.",
            "I came to {patient}, {a_who} from {site}, expecting to disagree.",
            "Reading after a colleague, I looked hard at {patient} ({smoking}, {prior}, ECOG {ecog}).",
            "{patient} invites a challenge, so I looked again: LDH {ldh}, {arm} arm, {primary_site} primary.",
            "My brief was to contest {patient}, {a_who} with {histology} given {drug}.",
            "I read {patient} cold, knowing only the {primary_site} primary and {prior}.",
        ),
        cohort_openers=(
            "Second read of {code}, the full {patients} patients, with an eye for unfairness.",
            "My brief was to find fault with {code} over its {patients} patients.",
        ),
        closers={
            "compliant": (
                "The doubt does not survive a second look.",
                "So I side with the first reader.",
                "I tried to object and could not make it stick.",
                "Having argued the other side, I would let it stand.",
            ),
            "deviation": (
                "So I side with stopping.",
                "The case for continuing comes apart on inspection.",
                "I looked for a way to continue and did not find one.",
            ),
            "cohort": (
                "I looked for a grievance and found none to refer.",
                "So I would let the review rest.",
                "The challenge, fairly put, is answered.",
            ),
        },
    ),
)

VOICES: tuple[Voice, ...] = (*_TRAIN, *_TEST)


@lru_cache(maxsize=4)
def voices_of(split: str) -> tuple[Voice, ...]:
    """The voices of "train" or "test"."""
    return tuple(voice for voice in VOICES if voice.split == split)

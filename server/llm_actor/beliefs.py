"""What the Actor holds, by flaw: its misreading as it would put it itself, for the model that words its notes.

    belief("override_ignored", {"base": "4.1", "extension": "4.2", ...}, citations=("§4.1", "§4.2"))
    # "§4.1 gives the window, and in Stage IV §4.2 puts a longer one in its place. ..."

This is the trace of the misreading, clause by clause, as far as it is one and the same for every patient that the flaw
is tried on. How those clauses come out on the record is left out on purpose: for the flaws about the override it is not
the same for right and wrong proposals, so a model that saw it would see the label. Nothing here knows a record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from string import Formatter

from ..world.protocol_text import cite

BELIEFS: Mapping[str, str] = {
    "generic_age_limits": (
        "The usual age range of adult oncology studies is the one that counts, and the age at enrolment is within it."
    ),
    "labs_over_age": (
        "ECOG and LDH tell whether a patient is fit, and fitness is what eligibility is about. They are acceptable, so "
        "the other entries need no weighing."
    ),
    "age_amendment": "The amendment that you cite sets the upper age limit now, and the enrolment keeps to it.",
    "dates_not_compared": (
        "{order} asks that the dates be there and in good form. Each of them is, so there is nothing further to do."
    ),
    "data_entry_excuse": (
        "Where dates of the site disagree, that is a slip of data entry and says nothing of the patient; {order} is "
        "not about slips."
    ),
    "guidance_window": (
        "The time from enrolment to the first dose is to be measured by what the regulators' guidance gives, not by "
        "{base}, and by that it is in time."
    ),
    "site_latency": (
        "The days that the site needs before it can dose are to be deducted from the delay. What is left is within the "
        "window, and {base} is kept."
    ),
    "extension_to_other_stages": (
        "The reason for the longer window of {extension} holds for this stage as well, so it applies here, and the "
        "start keeps to it."
    ),
    "window_amendment": "The amendment that you cite sets the window now, and the start keeps to it.",
    "override_ignored": (
        "{base} gives the window, and in Stage IV {extension} puts a longer one in its place. The start keeps to that, "
        "and there is nothing more to read."
    ),
    "override_softened": (
        "{override} takes {extension} away only where comorbidity is severe. That is not so here, so {extension} "
        "stands, and the start keeps to it."
    ),
    "waiver_stretched": (
        "{waiver} lifts {override}. With that gone the longer window stands, and the start keeps to it."
    ),
    "superseded_version": (
        "The version that you name is the text to judge by, its windows from {base} on. By those the start is in time."
    ),
    "fabricated_citation": (
        "Eligibility and timing are in order. The one question of procedure is answered by the authority that you cite."
    ),
    "fabricated_statistic": (
        "The mortality that you quote is unremarkable for its group, so there is no reason to look behind this record."
    ),
    "pooled_mortality": (
        "The mortality difference over all patients together is what {equity} is to be judged by. It shows no "
        "disparity."
    ),
    "strict_age": (
        "The drug is for the ages that you give, which is how you read {age_min} and {age_max}. The age at enrolment "
        "is not among them."
    ),
    "extension_denied": (
        "{extension} has to be asked for, and nobody did. So {base} governs, and the start came after its window."
    ),
    "waiver_ignored": (
        "{override} takes {extension} away, and nothing after it counts. On the base window the start is late."
    ),
}
"""Flaw to what the Actor holds, with the clauses by their roles."""


UNSTATED = "Not every rule that the note names is kept, as strictly as you read them. On which it turns you do not say."
"""Of a note that names other rules than its flaw is about, so as not to say which one the Actor took too far."""


def belief(flaw: str, numbers: Mapping[str, str], citations: Collection[str]) -> str:
    """What the Actor holds under a flaw, with the clause numbers of its protocol.

    Args:
        flaw: Its name.
        numbers: Role to clause number, as `Trial.numbers` has it.
        citations: What the note cites. A belief that names anything else would say more than the note does.
    """
    held = BELIEFS[flaw]
    clauses = {role: cite(numbers[role]) for _, role, _, _ in Formatter().parse(held) if role}
    return held.format(**clauses) if set(clauses.values()) <= set(citations) else UNSTATED

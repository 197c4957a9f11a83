"""The Actor's misreadings: each turns the protocol into the one that the Actor believes in.

    reading = misread(trial, Flaw("override_ignored", ...), cited=None)
    reading.judge(record).verdict                     # what the Actor concludes

A flaw is drawn before anyone knows whether it will matter for a patient. Adding one is a row in FLAWS and, where it
does something new to a protocol, a function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from .protocol import (
    AGE,
    CITATION,
    COMPLIANT,
    DATES,
    DEVIATION,
    EQUITY,
    OVERRIDE,
    STATISTIC,
    WINDOW,
    Clause,
    Condition,
    Protocol,
)
from .trial import Trial

GENERIC_AGES = (18.0, 90.0)
STRICT_AGES = (50.0, 70.0)
STRICT_INDEX_DROP = 2.0


@dataclass(frozen=True, slots=True)
class Flaw:
    """One way to misread a protocol."""

    name: str
    error_type: str
    """What a proposal is when this flaw makes it wrong."""
    stance: str
    """The verdict that the Actor argues for."""
    tiers: tuple[str, ...]
    summary: str
    """What the Actor did, told when the episode is over; `explanation.deed` puts the sections into the braces.

    They are the roles of `Trial.numbers`, `window` for the clause that gives the patient's window, and `cited`.
    """
    premise: tuple[str, ...] = ()
    """What the Actor puts in the protocol's place or takes for granted: beginnings of words that a reader would call
    it by. Empty where a clause says it all."""


_EASY = ("easy", "medium", "hard", "expert")
_MEDIUM = _EASY[1:]
_HARD = _EASY[2:]
_EXPERT = _EASY[3:]

FLAWS: Mapping[str, Flaw] = {
    flaw.name: flaw
    for flaw in (
        Flaw(
            "generic_age_limits",
            AGE,
            COMPLIANT,
            _EASY,
            "put generic adult age limits in place of {age_min} and {age_max}",
            premise=("generic", "customary", "adult", "usual", "standard", "conventional", "stock", "general practice"),
        ),
        Flaw(
            "labs_over_age",
            AGE,
            COMPLIANT,
            _EASY,
            "anchored on laboratory values and never held the age against {age_min} and {age_max}",
            premise=(
                "laborator",
                "labs",
                "ldh",
                "ecog",
                "blood",
                "chemistry",
                "physiolog",
                "fitness",
                "performance status",
            ),
        ),
        Flaw(
            "age_amendment",
            AGE,
            COMPLIANT,
            _EASY[:3],
            "leaned on {cited} for the age limit of {age_max} without looking it up",
        ),
        Flaw("dates_not_compared", DATES, COMPLIANT, _MEDIUM, "never held the dates against the order of {order}"),
        Flaw(
            "data_entry_excuse",
            DATES,
            COMPLIANT,
            _MEDIUM,
            "waved any conflict of the dates with {order} off as data entry",
            premise=(
                "data entry",
                "clerical",
                "data-entry",
                "typo",
                "typing",
                "mistyp",
                "keying",
                "keyed",
                "keystroke",
                "transcription",
                "data capture",
                "data manager",
                "slip",
                "manual entry",
                "measurement error",
                "tired",
                "swap",
                "double-entry",
                "noise",
            ),
        ),
        Flaw(
            "guidance_window",
            WINDOW,
            COMPLIANT,
            _MEDIUM,
            "put a guidance window in place of that of {window}",
            premise=("guidance", "guideline", "regulator", "agency"),
        ),
        Flaw(
            "site_latency",
            WINDOW,
            COMPLIANT,
            _MEDIUM,
            "deducted site latency from the delay before holding it against {window}",
            premise=(
                "latency",
                "deduct",
                "turnaround",
                "pharmacy",
                "release",
                "licen",
                "site delay",
                "logistic",
                "subtract",
                "ship",
                "activat",
                "processing",
                "administrat",
                "set-up",
            ),
        ),
        Flaw(
            "extension_to_other_stages",
            WINDOW,
            COMPLIANT,
            _MEDIUM,
            "applied {extension} to another stage",
        ),
        Flaw(
            "window_amendment",
            WINDOW,
            COMPLIANT,
            _MEDIUM[:2],
            "leaned on {cited} for the window of {window} without looking it up",
        ),
        Flaw(
            "override_ignored",
            OVERRIDE,
            COMPLIANT,
            _HARD,
            "applied {extension} and never read {override}",
        ),
        Flaw(
            "override_softened",
            OVERRIDE,
            COMPLIANT,
            _HARD,
            "read the threshold of {override} as higher than it is",
        ),
        Flaw(
            "waiver_stretched",
            OVERRIDE,
            COMPLIANT,
            _EXPERT,
            "applied {waiver} without checking its condition",
        ),
        Flaw(
            "superseded_version",
            WINDOW,
            COMPLIANT,
            _EXPERT,
            "judged by {window} as it read before {tightening}",
            premise=("superseded", "outdated", "out-of-date", "old", "version", "earlier", "previous", "binder"),
        ),
        Flaw("fabricated_citation", CITATION, COMPLIANT, _EXPERT, "leaned on {cited} without looking it up"),
        Flaw(
            "fabricated_statistic",
            STATISTIC,
            COMPLIANT,
            _EXPERT,
            "quoted a cohort figure without computing it",
            premise=(
                "misquot",
                "recomput",
                "figure",
                "rate",
                "percentage",
                "statistic",
                "comput",
                "work",
                "number",
                "calculat",
                "quote",
            ),
        ),
        Flaw(
            "pooled_mortality",
            EQUITY,
            COMPLIANT,
            _EXPERT,
            "cleared equity under {equity} on pooled mortality, not by stage",
            premise=(
                "pooled",
                "simpson",
                "crude",
                "unadjusted",
                "overall",
                "stratif",
                "aggregate",
                "whole cohort",
                "stage",
            ),
        ),
        Flaw(
            "strict_age", AGE, DEVIATION, _EXPERT, "applied age limits narrower than those of {age_min} and {age_max}"
        ),
        Flaw(
            "extension_denied",
            WINDOW,
            DEVIATION,
            _EXPERT,
            "held a Stage IV patient to {base} and never applied {extension}",
        ),
        Flaw("waiver_ignored", OVERRIDE, DEVIATION, _EXPERT, "went by {override} and never read {waiver}"),
    )
}


@lru_cache(maxsize=8)
def flaws_of(tier: str) -> Mapping[str, tuple[Flaw, ...]]:
    """The flaws of a tier by the error type they can lead to."""
    by_type: dict[str, tuple[Flaw, ...]] = {}
    for flaw in FLAWS.values():
        if tier in flaw.tiers:
            by_type[flaw.error_type] = (*by_type.get(flaw.error_type, ()), flaw)
    return by_type


def misread(trial: Trial, flaw: Flaw, cited: Clause | None) -> Protocol:
    """What the Actor believes the protocol says.

    Args:
        trial: The trial, whose protocol is misread.
        flaw: How.
        cited: The amendment that the Actor leans on, where the flaw is to lean on one; it may not exist.
    """
    return _READINGS[flaw.name](trial, cited)


def _set_limits(protocol: Protocol, values: Mapping[str, float]) -> Protocol:
    """Fixed limits in place of what the clauses, amendments included, give for these parameters."""
    kept = tuple(clause for clause in protocol.clauses if clause.parameter not in values)
    return replace(protocol, clauses=(*kept, *(Clause("outside", name, value) for name, value in values.items())))


def _drop_limits(protocol: Protocol, *parameters: str) -> Protocol:
    return replace(protocol, limits=tuple(c for c in protocol.limits if c.parameter not in parameters))


def _shift_windows(protocol: Protocol, days: float) -> Protocol:
    """Every window longer by so many days, which is what deducting them from the delay comes to."""
    return replace(
        protocol,
        clauses=tuple(
            replace(clause, value=clause.value + days)
            if clause.parameter == "window_days" and clause.value is not None
            else clause
            for clause in protocol.clauses
        ),
    )


def _generic_age(trial: Trial, cited: Clause | None) -> Protocol:
    return _set_limits(trial.protocol, {"age_min": GENERIC_AGES[0], "age_max": GENERIC_AGES[1]})


def _labs_over_age(trial: Trial, cited: Clause | None) -> Protocol:
    return _drop_limits(trial.protocol, "age_min", "age_max")


def _with_cited(trial: Trial, cited: Clause | None) -> Protocol:
    assert cited is not None, "this flaw leans on an amendment"
    if any(clause is cited for clause in trial.protocol.clauses):
        return trial.protocol
    return replace(trial.protocol, clauses=(*trial.protocol.clauses, cited))


def _no_order(trial: Trial, cited: Clause | None) -> Protocol:
    return replace(trial.protocol, orders=())


def _guidance(trial: Trial, cited: Clause | None) -> Protocol:
    return _set_limits(trial.protocol, {"window_days": float(trial.guidance_days)})


def _latency(trial: Trial, cited: Clause | None) -> Protocol:
    return _shift_windows(trial.protocol, trial.latency_days)


def _other_stages(trial: Trial, cited: Clause | None) -> Protocol:
    return trial.protocol.revise(trial.numbers["extension"], when=(Condition("stage", ">=", 2.0),))


def _override_ignored(trial: Trial, cited: Clause | None) -> Protocol:
    return trial.protocol.without(trial.numbers["override"])


def _override_softened(trial: Trial, cited: Clause | None) -> Protocol:
    threshold = trial.protocol.clause(trial.numbers["override"]).when[0].value
    when = (Condition("comorbidity_index", ">", threshold + STRICT_INDEX_DROP),)
    return trial.protocol.revise(trial.numbers["override"], when=when)


def _waiver_stretched(trial: Trial, cited: Clause | None) -> Protocol:
    return trial.protocol.revise(trial.numbers["waiver"], when=())


def _superseded(trial: Trial, cited: Clause | None) -> Protocol:
    return trial.protocol.without(trial.numbers["tightening"])


def _faithful(trial: Trial, cited: Clause | None) -> Protocol:
    return trial.protocol


def _strict_age(trial: Trial, cited: Clause | None) -> Protocol:
    return _set_limits(trial.protocol, {"age_min": STRICT_AGES[0], "age_max": STRICT_AGES[1]})


def _extension_denied(trial: Trial, cited: Clause | None) -> Protocol:
    return trial.protocol.without(trial.numbers["extension"])


def _waiver_ignored(trial: Trial, cited: Clause | None) -> Protocol:
    return trial.protocol.without(trial.numbers["waiver"])


_READINGS: Mapping[str, Callable[[Trial, Clause | None], Protocol]] = {
    "generic_age_limits": _generic_age,
    "labs_over_age": _labs_over_age,
    "age_amendment": _with_cited,
    "dates_not_compared": _no_order,
    "data_entry_excuse": _no_order,
    "guidance_window": _guidance,
    "site_latency": _latency,
    "extension_to_other_stages": _other_stages,
    "window_amendment": _with_cited,
    "override_ignored": _override_ignored,
    "override_softened": _override_softened,
    "waiver_stretched": _waiver_stretched,
    "superseded_version": _superseded,
    "fabricated_citation": _faithful,
    "fabricated_statistic": _faithful,
    "pooled_mortality": _faithful,
    "strict_age": _strict_age,
    "extension_denied": _extension_denied,
    "waiver_ignored": _waiver_ignored,
}

"""The protocol as an auditor reads it, rendered from the clauses that judge, so that text and truth cannot part."""

from __future__ import annotations

from ...error_types import EQUITY
from .protocol import Clause, Condition, Protocol
from .quantities import PARAMETERS, QUANTITIES
from .record import EARLIER_AT_SITE, STAGES
from .trial import CohortRule, Definition, Source, Trial

OPERATOR_WORDS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
_ORDERS = {
    False: "of several amendments of one clause the latest in force counts",
    True: "of several amendments of one clause that apply to a patient the one counts that came into force last at the "
    "patient's site",
}
"""Which amendment counts: where sites approve some, the one that was issued last need not be the last in force."""
_HOPS = ("exception", "override", "waiver", "exclusion")
"""Names of clauses by their depth: what changes a limit, what revokes that, and so on."""


def number_text(value: float) -> str:
    """A limit as people write it, without trailing zeros: 35, 4.5."""
    return f"{value:g}"


def days_text(count: float) -> str:
    """A number of days as people write it: 1 day, -1 day, 21 days."""
    return f"{number_text(count)} day{'' if abs(count) == 1 else 's'}"


def quantity_text(quantity: str, value: float) -> str:
    """A value of what a limit is about, as notes give it: 31 days, 67 years, 9.5 g/dL, grade 2."""
    if quantity == EARLIER_AT_SITE:
        return f"{number_text(value)} patient{'' if value == 1 else 's'}"
    if QUANTITIES[quantity].fields:
        return days_text(value)
    unit = QUANTITIES[quantity].words.unit
    return f"grade {number_text(value)}" if quantity == "ecog" else f"{number_text(value)}{unit}"


def protocol_text(trial: Trial) -> str:
    """The excerpt of the reset observation: every clause that bears on the audit, and no other."""
    lines = [
        f"PROTOCOL {trial.code}. Synthetic data, not for clinical use. What is not listed here, section or amendment, "
        "does not exist."
    ]
    by_section: dict[int, list[str]] = {}
    sentences = {
        clause.number: clause_text(clause, here)
        for here in (*map(trial.at, trial.annexes), trial)
        for clause in here.protocol.clauses
    }
    for definition in trial.definitions:
        by_section.setdefault(definition.section, []).append(definition_text(definition))
    if trial.definitions:
        by_section[trial.sections["definitions"]].append(_precedence_text(trial))
    for source in trial.sources:
        by_section.setdefault(int(source.number.split(".")[0]), []).append(source_text(source))
    for clause in trial.clauses:
        if clause.in_force is None:
            by_section.setdefault(int(clause.number.split(".")[0]), []).append(sentences[clause.number])
    titles = {number: title.capitalize() for title, number in trial.sections.items()}
    titles |= {trial.sections[site]: _annex_title(site, trial) for site in trial.annexes}
    if trial.cohort_rules:
        by_section[trial.sections["cohort"]] = [_cohort_text(rule) for rule in trial.cohort_rules]
    for number in sorted(by_section):
        lines.append(f"§{number} {titles[number]}")
        lines += by_section[number]
    lines.append(f"§{trial.sections['amendments']} Amendments")
    if trial.order_number:
        lines.append(f"§{trial.order_number} Order: {_ORDERS[bool(trial.approvals)]}.")
    lines += [_approval_text(trial, amendment) for amendment in trial.approvals]
    lines += [clause_text(clause, trial) for clause in trial.amendments]
    return "\n".join(lines)


def _cohort_text(rule: CohortRule) -> str:
    features, limit = " or ".join(rule.features), number_text(rule.limit)
    if rule.error_type == EQUITY:
        return (
            f"§{rule.number} Mortality gap by {features}: enrolment pauses where the stage-adjusted gap is above "
            f"{limit} percentage points, in either direction. The crude gap does not decide."
        )
    return (
        f"§{rule.number} Mortality by {features}: enrolment in a group pauses where its mortality is above {limit} %."
    )


def _annex_title(site: str, trial: Trial) -> str:
    own = [title for title in ("eligibility", "scheduling", "dates", "dosing") if title in trial.sections]
    common = f"§{trial.sections[own[0]]} to §{trial.sections[own[-1]]}"
    limits = f"its limits and their exceptions replace the same limits of {common}"
    return f"Annex for {site}: {limits}. Where this annex is silent, {common} hold."


def definition_text(definition: Definition) -> str:
    """The definition of a term, as a sentence."""
    condition = definition.condition
    return f"§{definition.number} {_capital(condition.term)} means that {condition_text(condition)}."


def source_text(source: Source) -> str:
    """Whose value of a field counts, as a sentence."""
    instead = f", in place of {cite(source.replaces)}" if source.replaces else ""
    return (
        f"§{source.number} Source of {field_words(source.field)}{instead}: where the two laboratories differ, the "
        f"value of the {source.laboratory} laboratory counts."
    )


def _precedence_text(trial: Trial) -> str:
    prevails = "the annex prevails for every clause at its site" if trial.annex_prevails else "this section prevails"
    return f"§{trial.precedence_number} Precedence: where an annex defines a term otherwise, {prevails}."


def clause_text(clause: Clause, trial: Trial) -> str:
    """One clause or amendment as a sentence, its name first."""
    if clause.in_force is not None:
        return _amendment_text(clause, trial)
    name = _capital(clause_name(clause, trial.protocol))
    if clause.acts_on is not None:
        return f"§{clause.number} {name}: where {_conditions(clause)}, {_acts(clause, trial)}."
    limit = _limit_text(clause, trial)
    if not clause.when:
        return f"§{clause.number} {name}. {PARAMETERS[clause.parameter].words.sentence.format(limit)}"
    base = next(c for c in trial.protocol.clauses if c.parameter == clause.parameter)
    return f"§{clause.number} {name}: where {_conditions(clause)}, the limit of §{base.number} is {limit} instead."


def clause_name(clause: Clause, protocol: Protocol) -> str:
    """Name of a clause beside its number: "treatment window", "Stage IV exception", "LDH consent override".

    What acts on another is named for its condition and for how many hops it is away from the clause that sets the
    limit. An amendment has no name but its number.
    """
    if not clause.when:
        return PARAMETERS[clause.parameter].words.name
    depth, below = 0, clause
    while below.acts_on is not None:
        below = protocol.clause(below.acts_on)
        depth += 1
    condition = clause.when[0]
    quantity = QUANTITIES.get(condition.field)
    subject = quantity.words.short if quantity and quantity.words.short else condition.field.replace("_", " ")
    if condition.field == "stage":
        subject = f"Stage {STAGES[int(condition.value) - 1]}"
    kind = "exception" if clause.value is not None else _HOPS[min(depth, len(_HOPS) - 1)]
    return f"{subject} {kind}"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _approval_text(trial: Trial, amendment: str) -> str:
    """When the sites approved an amendment, in the order of the days."""
    days = sorted((day, site) for site, day in trial.approvals[amendment].items())
    listed = ", ".join(f"{site} on {day.isoformat()}" for day, site in days)
    return f"§{trial.approval_numbers[amendment]} Approval of {amendment}: {listed}."


def _amendment_text(clause: Clause, trial: Trial) -> str:
    assert clause.in_force is not None
    if clause.issued is not None:
        approval = cite(trial.approval_numbers[clause.number])
        since = f"in force at a site from the day of its approval ({approval})"
        return (
            f"{clause.number} (issued {clause.issued.isoformat()}, {since}): "
            f"for patients enrolled on or after that day, {_acts(clause, trial)}."
        )
    joined = "who consented" if clause.by_consent else "enrolled"
    since = f"for patients {joined} on or after {clause.in_force.isoformat()}"
    return f"{clause.number} (in force {clause.in_force.isoformat()}): {since}, {_acts(clause, trial)}."


def cite(number: str) -> str:
    """A clause as it is cited: "§5.2", "Amendment 3"."""
    return number if number.startswith("Amendment") else f"§{number}"


def named(trial: Trial, number: str) -> str:
    """A clause as it is cited, with its name: "§5.2 (Stage IV exception)"."""
    clause = trial.protocol.clause(number)
    return cite(number) if clause.in_force is not None else f"{cite(number)} ({clause_name(clause, trial.protocol)})"


def _acts(clause: Clause, trial: Trial) -> str:
    """Effect of a clause on the one that it acts on, in words."""
    assert clause.acts_on is not None
    if clause.value is None:
        return f"{cite(clause.acts_on)} does not apply"
    return f"{cite(clause.acts_on)} reads {_limit_text(clause, trial)}"


def _limit_text(clause: Clause, trial: Trial) -> str:
    """The limit of a clause, "at most 35 days". In place of an inclusive limit it is the value alone."""
    assert clause.value is not None
    check = trial.protocol.check(clause.parameter)
    is_number = check.quantity in ("ecog", EARLIER_AT_SITE)
    value = number_text(clause.value) if is_number else quantity_text(check.quantity, clause.value)
    return f"{check.words} {value}" if check.exclusive or not clause.when else value


def _conditions(clause: Clause) -> str:
    """A term stands for what it means."""
    texts = [
        f"{condition.term} is present" if condition.term else condition_text(condition) for condition in clause.when
    ]
    return " and ".join(texts)


def subject(field: str) -> str:
    """A field of the record as the subject of a sentence: "the comorbidity index"."""
    return QUANTITIES[field].words.subject


def field_words(field: str) -> str:
    """Field of a condition in words: "comorbidity index"."""
    return QUANTITIES[field].words.subject.removeprefix("the ")


def condition_text(condition: Condition) -> str:
    """A condition on a value or on the stage in words: "the comorbidity index is above 5.5"."""
    if condition.field == "stage":  # which no condition compares otherwise
        return f"the disease is Stage {STAGES[int(condition.value) - 1]}"
    words = QUANTITIES[condition.field].words
    return f"{words.subject} is {OPERATOR_WORDS[condition.op]} {number_text(condition.value)}{words.unit}"

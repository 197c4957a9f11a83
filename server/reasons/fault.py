"""Whether a text names what the Actor did wrong, by clause, by name, or by what the Actor put in its place.

    names_fault(case, plain, claims, mentioned)

One rule for each kind of difference (`differences.py`): a clause that was left out or applied where it should not be
must be named beside a word for what the Actor did; of a limit or condition that was read as another, that must show too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from synth_audit_env.server import protocol as p
from synth_audit_env.server.reasons import statement_words as words
from synth_audit_env.server.reasons.case import Case
from synth_audit_env.server.reasons.claims import Claim, Claims
from synth_audit_env.server.reasons.differences import Difference
from synth_audit_env.server.reasons.names import Mention
from synth_audit_env.server.reasons.quotations import Quotations
from synth_audit_env.server.reasons.statements import Statement


def names_fault(
    case: Case,
    plain: str,
    claims: Claims,
    mentioned: Sequence[Mention],
    statements: Sequence[Statement],
    quoted: Quotations,
) -> bool:
    """Whether it names at least one of the faults.

    Args:
        case: The wrong proposal.
        plain: The text in lower case.
        claims: Its numbers and references.
        mentioned: The clauses that it names.
        statements: What it says of them.
        quoted: What it quotes of the note.
    """
    own = [one for one in mentioned if one.first not in quoted.runs]
    named = {number for one in own for number in one.numbers if one.how != "field"}
    left_out = [one.mention for one in statements if one.act in ("ignored", "not applied")]
    about = named | {number for one in left_out for number in one.numbers}
    numbers = [claim for claim in claims.items if claim.kind == "number" and claim.first not in quoted.runs]
    deed = quoted.pieces or any(said.search(plain) for said in (words.DEEDS, words.ACTING))
    return any(_names(case, fault, plain, named, about, numbers, deed=deed) for fault in case.faults)


def _names(
    case: Case,
    fault: Difference,
    plain: str,
    named: Collection[str],
    about: Collection[str],
    numbers: Sequence[Claim],
    *,
    deed: bool,
) -> bool:
    by_value = deed and any(number.value in fault.values and _is_the_actors(case, number) for number in numbers)
    if fault.kind == "assumed":
        premise = case.proposal.brief.flaw.premise
        return deed and any(f" {word}" in plain for word in premise)
    if fault.kind == "replaced":
        return fault.clause in about and words.INSTEAD.search(plain) is not None
    if fault.kind == "added":
        absent = words.ABSENT.search(plain) is not None or deed
        stricter = words.STRICTER if fault.stricter else words.LAXER
        by_side = bool(about & case.deciding) and stricter.search(plain) is not None
        return (fault.clause in named and absent) or by_value or (fault.stricter is True and by_side)
    if fault.kind == "altered" and fault.values:
        return by_value or (fault.clause in about and deed and words.BENT.search(plain) is not None)
    if fault.kind == "dropped" and case.proposal.error_type == p.DATES:
        return deed and (fault.clause in about or bool(case.disorder))
    return deed and fault.clause in about


def _is_the_actors(case: Case, number: Claim) -> bool:
    """Whether a number is of the Actor's reading, and not by chance that of a limit or of the record as well."""
    return all(fact.role not in ("observed", "limit", "threshold") for fact in case.facts.stated_by(number))

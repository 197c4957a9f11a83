"""One trial: its protocol, and what the Actor could cite that does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from .protocol import Clause, Protocol


@dataclass(frozen=True, slots=True)
class Provision:
    """A numbered administrative sentence that no judgement depends on, but that a proposal can lean on."""

    number: str
    title: str
    text: str


@dataclass(frozen=True)
class Trial:
    """A protocol with everything about it that the rest of a scenario needs to name."""

    code: str
    """Study code, such as "ONC-4127"."""
    tier: str
    protocol: Protocol
    sections: Mapping[str, int]
    """Section title to its number: eligibility, scheduling, dates, equity, administration, amendments."""
    phantoms: tuple[Clause, ...]
    """Amendments drawn and numbered together with those of the protocol, which does not have them."""
    provisions: tuple[Provision, ...]
    """Administrative provisions of the protocol."""
    invented_provisions: tuple[Provision, ...]
    """Provisions drawn from the same list that the protocol does not have."""
    equity_number: str | None
    """Number of the equity clause; None where there is none."""
    equity_features: tuple[str, ...]
    equity_gap: float
    """Stage-adjusted mortality gap, in percentage points, past which a feature must be referred."""
    dated: date
    """First enrolment."""

    @cached_property
    def listed(self) -> frozenset[str]:
        """The numbers of all that the protocol has: sections, clauses, provisions, amendments."""
        numbers = {clause.number for clause in self.protocol.clauses}
        numbers |= {provision.number for provision in self.provisions} | {str(one) for one in self.sections.values()}
        return frozenset(numbers | ({self.equity_number} if self.equity_number else set()))

    @property
    def amendments(self) -> tuple[Clause, ...]:
        """The protocol's amendments, in order of number."""
        return tuple(clause for clause in self.protocol.clauses if clause.in_force is not None)

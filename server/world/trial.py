"""One trial: its protocol, and what the Actor could cite that does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from .protocol import Clause, Condition, Protocol


@dataclass(frozen=True, slots=True)
class Provision:
    """A numbered administrative sentence that no judgement depends on, but that a proposal can lean on."""

    number: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A numbered sentence that says what a term means."""

    number: str
    condition: Condition
    """With the term."""

    @property
    def section(self) -> int:
        """The section that it stands in."""
        return int(self.number.split(".")[0])


@dataclass(frozen=True)
class Trial:
    """A protocol with everything about it that the rest of a scenario needs to name."""

    code: str
    """Study code, such as "ONC-4127"."""
    tier: str
    protocol: Protocol
    """What holds for patients of a site without an annex. See `at`."""
    annexes: Mapping[str, Protocol]
    """By site: all that holds for its patients, the annex and what the annex leaves as it is."""
    sections: Mapping[str, int]
    """Title to number: definitions, eligibility, scheduling, dates, equity, administration, each annexed site,
    amendments."""
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
    definitions: tuple[Definition, ...] = ()
    """What its terms mean: those for everybody first, then the annexes' own, which may differ from them."""
    annex_prevails: bool = True
    """Which counts at a site whose annex defines a term otherwise: the annex, or what is for everybody."""
    common: Protocol | None = None
    """Of an annexed site: the protocol of those without an annex."""
    site: str | None = None
    """The annexed site whose protocol this is; None: that of all other sites."""

    @cached_property
    def _at(self) -> dict[str, Trial]:
        return {}

    def at(self, site: str) -> Trial:
        """The trial as its protocol holds for the patients of a site: the same trial, with that as its `protocol`."""
        annex = self.annexes.get(site)
        if annex is None:
            return self
        if site not in self._at:
            self._at[site] = replace(self, protocol=annex, common=self.protocol, site=site)
        return self._at[site]

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses, those of every annex among them, each once."""
        protocols = [self.common or self.protocol, *self.annexes.values()]
        return tuple({clause.number: clause for protocol in protocols for clause in protocol.clauses}.values())

    @cached_property
    def listed(self) -> frozenset[str]:
        """The numbers of all that the protocol has: sections, clauses, provisions, amendments."""
        numbers = {clause.number for clause in self.clauses}
        numbers |= {provision.number for provision in self.provisions} | {str(one) for one in self.sections.values()}
        numbers |= {definition.number for definition in self.definitions}
        return frozenset(numbers | {one for one in (self.equity_number, self.order_number) if one is not None})

    def defining(self, term: str) -> list[Definition]:
        """The definitions of a term that a reader finds for this site, the one that counts first."""
        sections = [self.sections["definitions"], self.sections.get(self.site or "")]
        found = [one for one in self.definitions if one.condition.term == term and one.section in sections]
        return found[::-1] if self.annex_prevails else found

    @property
    def order_number(self) -> str | None:
        """Number of the sentence on several amendments of one clause; None where no clause has several."""
        several = len({clause.acts_on for clause in self.amendments}) < len(self.amendments)
        return f"{self.sections['amendments']}.1" if several else None

    @property
    def amendments(self) -> tuple[Clause, ...]:
        """The protocol's amendments, in order of number."""
        amendments = [clause for clause in self.clauses if clause.in_force is not None]
        return tuple(sorted(amendments, key=lambda clause: int(clause.number.split()[1])))

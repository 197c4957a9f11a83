"""One trial: its protocol, its rules on the cohort, and amendments that the Actor could cite and that do not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from .protocol import Clause, Condition, Protocol, in_order


@dataclass(frozen=True, slots=True)
class CohortRule:
    """A numbered rule on the cohort: enrolment pauses where a figure of one of its features is past the limit."""

    number: str
    error_type: str
    """EQUITY for the stage-adjusted mortality gap of a feature, STATISTIC for the mortality of one of its groups."""
    features: tuple[str, ...]
    limit: float
    """Percentage points, or percent."""


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


SITE, CENTRAL = "site", "central"
"""The two laboratories."""


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered sentence that says whose value of a field counts where the two laboratories differ."""

    number: str
    field: str
    """Field of the record."""
    laboratory: str
    """SITE or CENTRAL."""
    replaces: str | None = None
    """Number of the sentence for everybody that one of an annex replaces."""

    @property
    def other(self) -> str:
        """The laboratory whose value does not count."""
        return CENTRAL if self.laboratory == SITE else SITE


@dataclass(frozen=True)
class Trial:
    """A protocol with everything about it that the rest of a scenario needs to name."""

    code: str
    """Study code, such as "ONC-4127"."""
    tier: str
    protocol: Protocol
    """The protocol of sites without an annex, as long as no site has approved an amendment. See `at`."""
    annexes: Mapping[str, Protocol]
    """By site: all that holds for its patients, the annex and what the annex leaves as it is."""
    sections: Mapping[str, int]
    """Title to number: definitions, sources, eligibility, scheduling, dates, dosing, cohort, each annexed site,
    amendments."""
    phantoms: tuple[Clause, ...]
    """Amendments drawn and numbered together with those of the protocol, which does not have them."""
    cohort_rules: tuple[CohortRule, ...] = ()
    definitions: tuple[Definition, ...] = ()
    """Its definitions: those for everybody first, then the annexes' own, which may differ from them."""
    annex_prevails: bool = True
    """Which counts at a site whose annex defines a term otherwise: the annex, or what is for everybody."""
    approvals: Mapping[str, Mapping[str, date]] = field(default_factory=dict)
    """Amendment to the day on which each site approved it, for sites that it can matter to."""
    sources: tuple[Source, ...] = ()
    """Whose values count: the sentences for everybody first, then those of the annexes, which stand in their place."""
    common: Protocol | None = None
    """The trial of the other sites, for one with a protocol of its own."""
    site: str | None = None
    """The site whose protocol this is, if not that of all other sites, which is None."""

    @cached_property
    def _at(self) -> dict[str, Trial]:
        return {}

    def at(self, site: str) -> Trial:
        """The trial as its protocol holds for the patients of a site: the same trial, with that as its `protocol`."""
        if site not in self.own_sites:
            return self
        if site not in self._at:
            common = self.common or self.protocol
            own = self._approved(self.annexes.get(site, common), site)
            self._at[site] = replace(self, protocol=own, common=common, site=site)
        return self._at[site]

    @cached_property
    def own_sites(self) -> frozenset[str]:
        """The sites for whose patients another protocol holds than for those of the rest."""
        return frozenset(self.annexes).union(*self.approvals.values())

    def _approved(self, protocol: Protocol, site: str) -> Protocol:
        """A protocol with its amendments in force from the day on which a site approved them."""
        days = {number: of_sites[site] for number, of_sites in self.approvals.items() if site in of_sites}
        if not days:
            return protocol
        clauses = [
            counted_from(clause, days[clause.number]) if clause.number in days else clause
            for clause in protocol.clauses
        ]
        return replace(protocol, clauses=in_order(clauses))

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses, those of every annex among them, each once."""
        protocols = [self.common or self.protocol, *self.annexes.values(), self.protocol]
        return tuple({clause.number: clause for protocol in protocols for clause in protocol.clauses}.values())

    @cached_property
    def listed(self) -> frozenset[str]:
        """The numbers of all that the protocol has: sections, clauses, amendments."""
        numbered: tuple[Clause | CohortRule | Definition | Source, ...]
        numbered = (*self.clauses, *self.cohort_rules, *self.definitions, *self.sources)
        numbers = {sentence.number for sentence in numbered} | {str(section) for section in self.sections.values()}
        return self.administrative | numbers

    @cached_property
    def administrative(self) -> frozenset[str]:
        """The numbers of the sentences on approvals, and on which of two amendments or definitions prevails."""
        numbers = {*self.approval_numbers.values(), self.order_number, self.precedence_number}
        return frozenset(number for number in numbers if number is not None)

    def rule_on(self, error_type: str) -> CohortRule:
        """The rule on the cohort that determinations of an error type are about."""
        return next(rule for rule in self.cohort_rules if rule.error_type == error_type)

    @cached_property
    def _defining(self) -> dict[str, list[Definition]]:
        """By the term. Those of the annex of another site are left out."""
        sections = [self.sections["definitions"], self.sections.get(self.site or "")] if self.definitions else []
        found: dict[str, list[Definition]] = {}
        for definition in self.definitions[::-1] if self.annex_prevails else self.definitions:
            if definition.section in sections:
                found.setdefault(definition.condition.term, []).append(definition)
        return found

    def defining(self, term: str) -> list[Definition]:
        """The definitions of a term that a reader finds for this site, the one that counts first."""
        return self._defining.get(term, [])

    @cached_property
    def _source_of(self) -> Mapping[str, Source]:
        own = f"{self.sections.get(self.site or '')}."
        return {
            source.field: source for source in self.sources if source.replaces is None or source.number.startswith(own)
        }

    def source_of(self, field: str) -> Source | None:
        """The sentence on the laboratory whose value of a field counts at this site; None for what has one source."""
        return self._source_of.get(field)

    @property
    def precedence_number(self) -> str | None:
        """Number of the sentence on which of two definitions prevails; it is the last of its section."""
        if not self.definitions:
            return None
        section = self.sections["definitions"]
        return f"{section}.{sum(definition.section == section for definition in self.definitions) + 1}"

    @property
    def order_number(self) -> str | None:
        """Number of the sentence on several amendments of one clause; None where no clause has several."""
        several = len({clause.acts_on for clause in self.amendments}) < len(self.amendments)
        return f"{self.sections['amendments']}.1" if several else None

    @property
    def approval_numbers(self) -> Mapping[str, str]:
        """Numbers of the sentences on the approval of amendments, by the number of the amendment."""
        first = 1 if self.order_number is None else 2
        return {
            amendment: f"{self.sections['amendments']}.{rank}" for rank, amendment in enumerate(self.approvals, first)
        }

    @property
    def amendments(self) -> tuple[Clause, ...]:
        """The protocol's amendments, in order of number."""
        amendments = [clause for clause in self.clauses if clause.in_force is not None]
        return tuple(sorted(amendments, key=lambda clause: int(clause.number.split()[1])))


def counted_from(amendment: Clause, day: date) -> Clause:
    """An amendment by enrolment that is in force from another day."""
    (since,) = amendment.when
    return replace(amendment, when=(replace(since, value=float(day.toordinal())),), in_force=day)

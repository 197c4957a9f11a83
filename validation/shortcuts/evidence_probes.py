"""Claim "shortcuts", the evidence: what the record tells without the protocol may inform, and must not settle cases.

    for measurement in measure(QUICK): ...

A probe sees the result of one tool for the patient of a proposal and the verdict that the note argues for, and no
protocol. From the medium tier on a record with question and verdict may tell wrong from right with an AUC of 0.75, and
flags made of it may have a skill of 0.2; so may impossible dates. How many patients the Actors' readings call compliant
is no evidence, so that its bar is that of chance. Shapley values are of the Actor's own decision, and have no bar.

An auditor who looks everything up and never reads the protocol is asked too, without a bar: a probe of the note and of
all tools together says how much of auditing is left to the protocol, by its AUC and by the skill of its flags.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache

from ...models import COHORT
from ...server.audit.reward_model import Confusion
from ...server.audit.tools import cohort_analysis, investigate_patient, request_shap, temporal_audit
from ...server.world.scenario import BACKGROUND
from ...server.world.tasks import TIERS
from ..certificate import Bar, Interval, Measurement, at_most
from ..episodes import Scale
from ..estimates import mean_interval, predicted
from .probe_features import Case, Features, Seen, labels
from .probes import Probe, Read, Samples, between_splits, boosted, of_features, probed

TELLS_LITTLE, LITTLE_SKILL = at_most(0.75), at_most(0.2)
TELLS_NOTHING = at_most(0.55)
_COHORT_FEATURES = ("arm", "sex", "ethnicity", "site")
_QUOTED = ("arm", "site")
"""Whose mortality a note may quote."""
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")


def record(case: Case) -> Features:
    """investigate_patient: the record, its dates in days from enrolment as well."""
    shown = investigate_patient(case.episode.scenario, case.note.patient_id)[1].model.model_dump(
        exclude={"tool", "patient_id"}
    )
    enrolled = date.fromisoformat(shown["enrolment_date"]).toordinal()
    features: Features = {}
    for name, value in shown.items():
        if name == "blood_pressure":
            features["systolic"], features["diastolic"] = map(float, value.split("/"))
        elif name == "comorbid_conditions":
            features |= {f"has {condition}": 1.0 for condition in value} | {"conditions": len(value)}
        elif name == "central_laboratory":
            features |= {f"{name}, {field}": reported for field, reported in value.items()}
        elif value is None:
            features[f"{name} is blank"] = 1.0
        elif name == "enrolment_date":
            features[name] = enrolled
        elif "date" in name or name in ("treatment_start", "last_contact"):
            features[name] = date.fromisoformat(value).toordinal() - enrolled
        else:
            features[name] = value
    return features


def timeline(case: Case) -> Features:
    """temporal_audit: the days between events, and what cannot be."""
    shown = temporal_audit(case.episode.scenario, case.note.patient_id)[1].model
    features: Features = {"impossible orders": len(shown.impossible), "events": len(shown.events)}
    features |= {f"{interval.start} to {interval.end}": interval.days for interval in shown.intervals}
    features |= {re.sub(r"\d+ days?", "n days", text): 1.0 for text in shown.impossible}
    return features


def shares(case: Case) -> Features:
    """request_shap: the Shapley value of every field, and what the Actor makes of the cohort."""
    shown = request_shap(case.episode.scenario, case.note.patient_id, None)[1].model
    features: Features = {"base value": shown.base_value, "fields": sum(map(bool, shown.values.values()))}
    return features | {f"share of {name}": value for name, value in shown.values.items()}


def base_values(case: Case) -> Features:
    """request_shap of all proposals, but for the values: how many patients each Actor's reading calls compliant.

    Against those of the other proposals, by question, which the notes tell: planted patients would show in them.
    """
    others = dict(_base_values(case.episode))
    question, own = others.pop(case.note.proposal_id)
    counts = [count for _, count in others.values()] or [own]
    features: Features = {f"is {question}": 1.0, "over the least": own - min(counts)}
    features |= {"under the most": max(counts) - own, "as another": float(own in counts)}
    return features | {f"less that of {name}": own - count for name, count in others.values()}


@lru_cache(maxsize=1)
def _base_values(episode: Seen) -> Mapping[str, tuple[str, int]]:
    """By proposal: its question, and how many patients the Actor's reading calls compliant."""
    world = episode.scenario
    return {
        one.note.proposal_id: (
            one.brief.error_type if one.brief.argument is None else one.brief.argument.question,
            round(request_shap(world, one.note.patient_id, None)[1].model.base_value * BACKGROUND),
        )
        for one in world.proposals
        if one.note.patient_id != COHORT
    }


def cohort(case: Case) -> Features:
    """cohort_analysis by what rules and notes speak of: gaps, tests, and the mortality of each arm."""
    reviewed = next((name for name in _COHORT_FEATURES if name in case.note.diagnosis), "a patient")
    tables = _tables(case.episode)
    features: Features = {**tables, "about": reviewed}
    features["adjusted gap of what is reviewed"] = abs(float(tables.get(f"{reviewed}, adjusted gap", 0.0)))
    return features


@lru_cache(maxsize=1)
def _tables(episode: Seen) -> Features:
    features: Features = {}
    for name in _COHORT_FEATURES:
        shown = cohort_analysis(episode.scenario, name)[1].model
        figures = {"crude gap": shown.crude_gap, "adjusted gap": shown.adjusted_gap, "p": shown.p_value}
        features |= {f"{name}, {what}": value for what, value in figures.items() if value is not None}
    for name in _QUOTED:
        features |= {
            f"{name}, {n} of mortality": value for n, value in enumerate(sorted(_mortality(episode, name).values()))
        }
    return features


@lru_cache(maxsize=8)
def _mortality(episode: Seen, feature: str) -> Mapping[str, float]:
    """Deaths in percent by group, both arms together, as cohort_analysis gives them."""
    deaths, patients = Counter[str](), Counter[str]()
    for row in cohort_analysis(episode.scenario, feature)[1].model.groups:
        deaths[row.group] += row.deaths
        patients[row.group] += row.patients
    return {group: 100 * deaths[group] / patients[group] for group in patients}


def figures(case: Case) -> Features:
    """The distance between a figure that a note quotes of an arm or a site and what cohort_analysis gives."""
    apart = [
        abs(float(quoted) - mortality)
        for sentence in _SENTENCES.split(case.note.reasoning)
        for quoted in _PERCENT.findall(sentence)
        for feature in _QUOTED
        for group, mortality in _mortality(case.episode, feature).items()
        if (f"{group} arm" if feature == "arm" else group) in sentence
    ]
    return {"quoted figure off by": min(apart)} if apart else {}


def impossible(case: Case) -> Features:
    """temporal_audit: only whether dates are in an order that cannot be, and how many."""
    return {"impossible orders": len(temporal_audit(case.episode.scenario, case.note.patient_id)[1].model.impossible)}


def asked(case: Case) -> Features:
    """The record with its intervals, beside the question of the note."""
    return {**record(case), **timeline(case), "question": case.question}


def _beside_verdict(read: Read) -> Read:
    """What a tool tells beside the verdict; where a note is about the cohort, a tool on a patient tells nothing."""

    def reading(case: Case) -> Features:
        verdict: Features = {"verdict": case.note.verdict}
        return verdict if case.note.patient_id == COHORT and read is not cohort else verdict | read(case)

    return reading


TOOLS: Mapping[str, Read] = {
    "investigate_patient": _beside_verdict(record),
    "temporal_audit": _beside_verdict(timeline),
    "request_shap": _beside_verdict(shares),
    "cohort_analysis": _beside_verdict(cohort),
}


def unread_protocol(case: Case) -> Features:
    """The note and the results of all tools, held against one another and not against the protocol."""
    features = {**case.bare, **case.style, **figures(case)}
    for tool, read in TOOLS.items():
        features |= {f"{tool}: {name}": value for name, value in read(case).items()}
    return features


def trees(what: str, read: Read, bar: Bar | None = None, note: str = "") -> Probe:
    """Trees on named features."""
    return Probe(what, lambda: boosted(of_features(read)), bar, note)


ALONE = [trees(f"{tool} alone", read) for tool, read in TOOLS.items()]
BASE_VALUES = trees(
    "base values of request_shap, all proposals",
    _beside_verdict(base_values),
    TELLS_NOTHING,
    "which no rule of the protocol speaks of",
)
RECORD_ONLY = trees("record, question and verdict, without the protocol", _beside_verdict(asked), TELLS_LITTLE)
IMPOSSIBLE = trees("impossible dates and verdict", _beside_verdict(impossible), TELLS_LITTLE)
NEVER_READS = trees(
    "note and all tools, the protocol never read", unread_protocol, note="what is left over to 1 takes the protocol"
)


def skill_of_flags(probe: Probe, samples: Samples) -> Interval:
    """The mean skill of flags above a probability, which is tuned on the half of `train` that was not learnt from."""
    halves = [[case for case in samples.train if case.episode.index % 2 == odd] for odd in (0, 1)]
    together = [*halves[1], *samples.test]
    said = list(zip(together, predicted(probe.make(), halves[0], labels(halves[0]), together), strict=True))
    tuning, asked = said[: len(halves[1])], said[len(halves[1]) :]
    best = max((percent / 100 for percent in range(100)), key=lambda at: sum(_skills(tuning, at)))
    return mean_interval(_skills(asked, best))


def _skills(said: Sequence[tuple[Case, float]], threshold: float) -> list[float]:
    """By episode."""
    counts: dict[int, Counter[tuple[bool, bool]]] = {}
    for case, probability in said:
        counts.setdefault(case.episode.index, Counter())[case.is_wrong, bool(probability >= threshold)] += 1
    pairs = ((True, True), (False, True), (True, False), (False, False))
    return [Confusion(*(of[pair] for pair in pairs)).skill for of in counts.values()]


def measure(scale: Scale) -> Iterator[Measurement]:
    """Probe every tier with each tool, then with all that a record tells, and with everything but the protocol."""
    for tier in TIERS:
        samples = between_splits(tier, scale.probed)
        for probe in (*ALONE, BASE_VALUES):
            yield probed(probe, samples)
        yield from without_protocol(samples)
        yield probed(NEVER_READS, samples)
        yield flagged(NEVER_READS, samples, None)


def without_protocol(samples: Samples) -> Iterator[Measurement]:
    """What record, question and verdict tell, and impossible dates alone."""
    for probe in (RECORD_ONLY, IMPOSSIBLE):
        yield probed(probe, samples)
    yield flagged(RECORD_ONLY, samples, LITTLE_SKILL)


def flagged(probe: Probe, samples: Samples, bar: Bar | None) -> Measurement:
    """The row of what flags made of a probe come to."""
    return Measurement(f"mean skill, {probe.what}", samples.tier, skill_of_flags(probe, samples), bar, samples.seeds)

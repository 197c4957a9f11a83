"""The Charlson comorbidity index, and sets of conditions that a trial patient might have.

    charlson_index(("congestive heart failure", "renal disease"))  # 3
    conditions_with_index(stream, 7)  # a plausible set that scores exactly 7

Weights: the 2011 update of Quan et al., Am J Epidemiol 2011;173:676-82. The tumour under study is never
counted and never listed: with it every Stage IV patient would score 6. The frequencies are set so that the
index of a cohort has mean 1.5 to 1.6, with one patient in ten at 4 or more; they are no epidemiological
claim. Nothing here knows what a protocol does with the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from .seeding import Stream


class ComorbidCondition(NamedTuple):
    """One condition of the index."""

    name: str
    weight: int
    frequency: float
    """Share of patients of average burden who have it."""
    smokers: float = 1.0
    """Factor on the frequency in current and former smokers."""


DISEASES: tuple[tuple[ComorbidCondition, ...], ...] = (
    (ComorbidCondition("myocardial infarction", 0, 0.06, 1.5),),
    (ComorbidCondition("congestive heart failure", 2, 0.105),),
    (ComorbidCondition("peripheral vascular disease", 0, 0.06, 1.8),),
    (ComorbidCondition("cerebrovascular disease", 0, 0.06, 1.2),),
    (ComorbidCondition("dementia", 2, 0.012),),
    (ComorbidCondition("chronic pulmonary disease", 1, 0.29, 2.2),),
    (ComorbidCondition("rheumatologic disease", 1, 0.06),),
    (ComorbidCondition("peptic ulcer disease", 0, 0.045),),
    (
        ComorbidCondition("moderate or severe liver disease", 4, 0.013),
        ComorbidCondition("mild liver disease", 2, 0.075),
    ),
    (
        ComorbidCondition("diabetes with chronic complications", 1, 0.10),
        ComorbidCondition("uncomplicated diabetes", 0, 0.12),
    ),
    (ComorbidCondition("hemiplegia or paraplegia", 2, 0.014),),
    (ComorbidCondition("renal disease", 1, 0.14),),
    (ComorbidCondition("other malignancy", 2, 0.105),),
    (ComorbidCondition("AIDS/HIV", 4, 0.006),),
)
"""Disease by disease, the graver form first; a patient has at most one form of each."""
WEIGHTS = {form.name: form.weight for disease in DISEASES for form in disease}
"""Condition to weight. The published table also has the metastatic solid tumour, which no record lists."""
_GRADED = tuple(disease for disease in DISEASES if len(disease) == 2)
"""Diseases with two forms; none has more."""
MAX_DRAWN_INDEX = 9
"""The highest index that `conditions_with_index` makes."""
FREQUENCY_CAP = 0.85
"""However frail a patient, no disease is more certain than that."""


def charlson_index(conditions: Sequence[str]) -> int:
    """The index of a set of conditions; of two forms of one disease the graver alone counts."""
    total = sum([WEIGHTS[name] for name in conditions])
    for graver, milder in _GRADED if len(conditions) > 1 else ():
        if milder.name in conditions and graver.name in conditions:
            total -= milder.weight
    return total


def draw_conditions(stream: Stream, burden: float, smoker: bool) -> tuple[str, ...]:
    """Draw the conditions of one patient. A burden of 1 gives the listed frequencies, 2 doubles them."""
    uniform = stream.uniform
    found: list[str] = []
    for overall, forms in _SMOKERS if smoker else _NEVER_SMOKERS:
        draw = uniform()
        if draw < overall * burden and draw < FREQUENCY_CAP:
            for frequency, name in forms:
                draw -= frequency * burden
                if draw < 0:
                    found.append(name)
                    break
    return tuple(found)


def conditions_with_index(stream: Stream, target: int) -> tuple[str, ...]:
    """Draw a set of conditions whose index is exactly the target, 0 to 9.

    It is what `draw_conditions` gives, conditional on the index, conditions of weight 0 included: each
    disease is drawn in turn by how likely the rest is to make up what is still missing.
    """
    options, ways = _ways(target)
    missing, found = target, []
    for choices, later in zip(options, ways[1:], strict=True):
        name, weight = stream.weighted(
            {
                (name, weight): share * later[missing - weight]
                for name, weight, share in choices
                if weight <= missing and later[missing - weight]
            }
        )
        missing -= weight
        if name:
            found.append(name)
    return tuple(found)


_Options = tuple[tuple[tuple[str, int, float], ...], ...]


@cache
def _ways(target: int) -> tuple[_Options, list[list[float]]]:
    """The forms of each disease, "" for none, with weights and shares; and how likely the rest is to score n.

    ways[i][n] is the probability that the diseases from the i-th on have index n together. Who has a high
    index is frail, so the burden rises with the target.
    """
    burden = 0.75 + 0.2 * target
    options = []
    for disease in DISEASES:
        cap = FREQUENCY_CAP / len(disease)
        shares = [min(cap, form.frequency * form.smokers * burden) for form in disease]
        none = 1.0
        for share in shares:
            none -= share
        forms = [(form.name, form.weight, share) for form, share in zip(disease, shares, strict=True)]
        options.append((("", 0, none), *forms))
    ways = [[1.0] + [0.0] * target]
    for choices in reversed(options):
        later, row = ways[0], []
        for missing in range(target + 1):
            total = 0.0
            for _, weight, share in choices:
                if weight <= missing:
                    total += share * later[missing - weight]
            row.append(total)
        ways.insert(0, row)
    return tuple(options), ways


def _frequencies(smoker: bool) -> tuple[tuple[float, tuple[tuple[float, str], ...]], ...]:
    """For each disease: the frequency of any form of it, and of each."""
    table = []
    for disease in DISEASES:
        forms = tuple((c.frequency * (c.smokers if smoker else 1.0), c.name) for c in disease)
        overall = 0.0
        for frequency, _ in forms:
            overall += frequency
        table.append((overall, forms))
    return tuple(table)


_SMOKERS = _frequencies(smoker=True)
_NEVER_SMOKERS = _frequencies(smoker=False)

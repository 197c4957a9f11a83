"""What an auditor sees without looking anything up says nothing of a label: probes are trained on it, and fail.

Held-out AUC on scenarios the probe was not trained on. With the numbers of the slow tests the standard error of an AUC
without information is at most 0.012, so 0.55 is four of them away.
"""

import re
from collections import Counter
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest

from synth_audit_env.models import COHORT
from synth_audit_env.server.misreadings import FLAWS
from synth_audit_env.server.scenario import build_scenario
from synth_audit_env.server.tasks import TIERS

LIMIT = 0.55
EPISODES = {"medium": 640, "hard": 400, "expert": 400}
"""Scenarios to train on, and as many to test on."""
FAST = 120
STAGES = ("Stage I ", "Stage II ", "Stage III ", "Stage IV ")


def first_glance(scenario, position):
    """Numbers from the reset observation and the review of a proposal."""
    proposal = scenario.proposals[position]
    note, count = proposal.note, len(scenario.proposals)
    text = note.reasoning
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", re.sub(r"P\d{4}|§[\d.]+", "", text))]
    neighbours = [other.note.confidence for other in scenario.proposals]
    return [
        note.confidence,
        note.confidence - sum(neighbours) / count,
        float(note.confidence == min(neighbours)),
        position,
        position / count,
        count,
        0 if note.patient_id == COHORT else int(note.patient_id[1:]),
        *(stage in f"{note.diagnosis} " for stage in STAGES),
        "adeno" in note.diagnosis,
        "squamous" in note.diagnosis,
        "upper" in note.diagnosis,
        len(text),
        len(text.split()),
        sum(map(text.count, ",;:.")),
        sum(character.isupper() for character in text),
        len(note.citations),
        len(numbers),
        numbers[-1] if numbers else 0.0,
        max(numbers, default=0.0),
        note.recommended_action == "withhold treatment",
    ]


def with_the_protocol(scenario, position):
    """The same and how much protocol there is. An amendment that is not listed is evidence, so this may inform."""
    return [*first_glance(scenario, position), len(scenario.protocol_text), len(scenario.trial.amendments)]


def quoted_profile(scenario, position):
    """What a note may quote of the patient (ECOG, LDH, sex, stage, arm), whether or not this one does, by flaw."""
    proposal = scenario.proposals[position]
    record = scenario.patient.get(proposal.note.patient_id)
    row = [0.0] * 9
    if record is not None:
        row = [
            record.ecog,
            record.ldh / 100,
            record.sex == "male",
            record.stage == "IV",
            record.stage == "III",
            record.arm == "control",
            record.smoking == "current",
            record.prior_chemo_cycles,
            scenario.patients.index(record) / len(scenario.patients),
        ]
    flaws = list(FLAWS)
    own = flaws.index(proposal.brief.flaw.name)
    return [*row, *(value * (own == flaw) for flaw in range(len(flaws)) for value in (1.0, *row))]


def dataset(scenarios, features):
    rows = [(features(s, i), p.is_wrong) for s in scenarios for i, p in enumerate(s.proposals)]
    return np.array([row for row, _ in rows], dtype=float), np.array([label for _, label in rows])


def logistic(x, y, penalty):
    """Ridge logistic regression by Newton's method."""
    weights = np.zeros(x.shape[1])
    for _ in range(12):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (p - y) + penalty * weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + penalty * np.eye(x.shape[1])
        weights -= np.linalg.solve(hessian, gradient)
    return weights


def auc(scores, labels):
    """Mann-Whitney, ties counted half."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores):
        ranks[scores == value] = ranks[scores == value].mean()
    wrong = int(labels.sum())
    right = len(labels) - wrong
    return (ranks[labels].sum() - wrong * (wrong + 1) / 2) / (wrong * right)


def standard_error(labels):
    wrong = int(labels.sum())
    right = len(labels) - wrong
    return sqrt((wrong + right + 1) / (12 * wrong * right))


def held_out(train, test, features, penalty=5.0):
    """(AUC, its standard error without information) of a probe on such features."""
    (x, y), (x_test, y_test) = dataset(train, features), dataset(test, features)
    mean, sd = x.mean(0), x.std(0)
    sd[sd == 0] = 1.0
    design = [np.c_[np.ones(len(m)), (m - mean) / sd] for m in (x, x_test)]
    return auc(design[1] @ logistic(design[0], y, penalty), y_test), standard_error(y_test)


def words_of(note):
    text = re.sub(r"P\d{4}", "P", note.reasoning.lower())
    words = re.findall(r"[a-z']+|\d+(?:\.\d+)?|[^\w\s]", text)
    return {*words, *pairwise(words), *note.citations}


def held_out_words(train, test):
    """The same of naive Bayes on the words, pairs of words, numbers and citations of a note."""
    seen = {True: Counter(), False: Counter()}
    total = Counter()
    for s in train:
        for p in s.proposals:
            total[p.is_wrong] += 1
            seen[p.is_wrong].update(words_of(p.note))
    known = [word for word in seen[False] | seen[True] if seen[True][word] + seen[False][word] >= 10]
    odds = {
        w: np.log((seen[True][w] + 1) / (total[True] + 2) / ((seen[False][w] + 1) / (total[False] + 2))) for w in known
    }
    pairs = [
        (sum(odds.get(w, 0.0) for w in sorted(words_of(p.note), key=repr)), p.is_wrong)
        for s in test
        for p in s.proposals
    ]
    labels = np.array([label for _, label in pairs])
    return auc(np.array([score for score, _ in pairs]), labels), standard_error(labels)


def test_the_probe_finds_a_leak_where_there_is_one(scenarios):
    """Of the same size as what it must not find: one quoted number that is a little higher in wrong notes."""
    have = scenarios("hard", FAST)

    def leaking(scenario, position):
        glance = first_glance(scenario, position)
        return [
            *glance,
            (len(scenario.proposals[position].note.reasoning) % 7) + 2 * scenario.proposals[position].is_wrong,
        ]

    assert held_out(have[::2], have[1::2], leaking)[0] > 0.65


@pytest.mark.parametrize("tier", ["medium", "hard", "expert"])
@pytest.mark.parametrize("features", [first_glance, quoted_profile])
def test_a_quick_probe_learns_nothing(scenarios, tier, features):
    have = scenarios(tier, FAST)
    found, noise = held_out(have[::2], have[1::2], features, penalty=30.0)
    assert abs(found - 0.5) < 4 * noise, (found, noise)


@pytest.fixture(scope="module", params=list(EPISODES))
def many(request):
    """(tier, scenarios to train on, scenarios to test on), in the words that agents train and are judged on."""
    tier, count = request.param, EPISODES[request.param]
    build = [build_scenario(TIERS[tier], 200_000 + seed, "train") for seed in range(2 * count)]
    return tier, build[:count], build[count:]


@pytest.mark.slow
@pytest.mark.parametrize("features", [first_glance, with_the_protocol, quoted_profile])
def test_a_first_glance_tells_no_label(many, features):
    _, train, test = many
    found, noise = held_out(train, test, features)
    assert noise <= 0.012
    assert max(found, 1 - found) <= LIMIT, (found, noise)


@pytest.mark.slow
def test_the_words_tell_no_label(many):
    _, train, test = many
    found, noise = held_out_words(train, test)
    assert noise <= 0.012
    assert max(found, 1 - found) <= LIMIT, (found, noise)

"""Determinations on the cohort: three kinds that show the same, each true of the cohort that it deals out."""

from collections import Counter

import pytest

from synth_audit_env.error_types import EQUITY, STATISTIC
from synth_audit_env.server.audit.tools import cohort_analysis
from synth_audit_env.server.world.cases import SHARES
from synth_audit_env.server.world.cohort_cases import APART, CLOSE, FAR, MARGIN, draw
from synth_audit_env.server.world.patient_generator import draw_patients
from synth_audit_env.server.world.protocol import COMPLIANT, DEVIATION
from synth_audit_env.server.world.scenario import Scenario
from synth_audit_env.server.world.seeding import Stream
from synth_audit_env.server.world.tasks import TIERS
from synth_audit_env.server.world.trial import CohortRule
from synth_audit_env.server.world.trial_frame import draw_frame

COHORTS = 60
FEATURES = {EQUITY: ("sex", "ethnicity"), STATISTIC: ("arm", "smoking")}


@pytest.fixture(scope="module")
def drawn():
    """(cohort, rule, feature, {kind: case}), where there are cases."""
    made = []
    for seed in range(COHORTS):
        cohort = list(draw_patients(("cohort", seed), 80, draw_frame(Stream("frame", seed))))
        for error_type, features in FEATURES.items():
            limit = 14.0 + seed % 4 if error_type == EQUITY else 36.0 + seed % 13
            rule, feature = CohortRule("9.1", error_type, features, limit), features[seed % 2]
            made.append((cohort, rule, feature, {k: draw(Stream("c", seed), cohort, rule, feature, k) for k in SHARES}))
    return made


def figure_of(patients, feature, figure):
    """The cohort's own figure, as a note gives it, and in numbers, by the tool that an auditor asks."""
    _, data = cohort_analysis(Scenario(TIERS["expert"], 0, "train", None, patients, ()), feature)
    if " against " in figure.subject:
        assert figure.subject == f"{data.model.contrast} patients against the others"
        return f"{data.model.adjusted_gap:+.1f}", abs(data.model.adjusted_gap)
    group = figure.subject.removeprefix("the ").rpartition(" ")[0]
    rows = [row for row in data.model.groups if row.group == group]
    died, of = sum(row.deaths for row in rows), sum(row.patients for row in rows)
    return f"{100 * died / of:.1f} % ({died} of {of})", 100 * died / of


def test_a_label_and_a_figure_are_what_the_cohort_says(drawn):
    for _, rule, feature, cases in drawn:
        for kind, case in cases.items():
            if case is not None:
                true, size = figure_of(tuple(case.patients), feature, case.figure)
                assert case.figure.true == true
                assert (case.figure.text == true) == (kind == "sound")
                assert ((size > rule.limit) == (case.verdict == DEVIATION)) == (kind != "wrong")
                assert abs(size - rule.limit) >= MARGIN - 2 * CLOSE


def test_the_three_kinds_show_the_same(drawn):
    verdicts, found = Counter(), Counter()
    for _, rule, _, cases in drawn:
        assert len({case is None for case in cases.values()}) == 1, "which there are does not depend on the kind"
        found[rule.error_type] += cases["sound"] is not None
        if cases["sound"] is not None:
            assert len({(case.verdict, case.figure.subject, case.figure.feature) for case in cases.values()}) == 1
            figures = [float(case.figure.text.split()[0]) for case in cases.values()]
            assert max(figures) - min(figures) <= (CLOSE + 0.1 if rule.error_type == EQUITY else 0)
            for figure in figures:
                assert MARGIN - CLOSE - 0.1 <= abs(abs(figure) - rule.limit) <= FAR + CLOSE + 0.1
                assert (abs(figure) > rule.limit) == (cases["sound"].verdict == DEVIATION)
            verdicts[rule.error_type, cases["sound"].verdict] += 1
    assert min(verdicts[kind, verdict] for kind in FEATURES for verdict in (COMPLIANT, DEVIATION)) > COHORTS / 4
    assert min(found.values()) > 0.9 * COHORTS


def test_a_false_gap_is_far_from_the_adjusted_one(drawn):
    for _, rule, _, cases in drawn:
        for kind in ("lucky", "wrong") if rule.error_type == EQUITY and cases["wrong"] else ():
            figure = cases[kind].figure
            assert abs(float(figure.text) - float(figure.true)) >= APART - 0.1


def test_nothing_but_the_group_changes(drawn):
    for cohort, _, feature, cases in drawn:
        for case in filter(None, cases.values()):
            dealt = {"arm", "drug"} if feature == "arm" else {feature}
            assert Counter(getattr(p, feature) for p in case.patients) == Counter(getattr(p, feature) for p in cohort)
            assert len({(p.arm, p.drug) for p in case.patients}) == 2
            for before, after in zip(cohort, case.patients, strict=True):
                assert after._replace(**{name: getattr(before, name) for name in dealt}) == before

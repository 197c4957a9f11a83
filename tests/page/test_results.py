"""Results: what the page shows of evaluations, training and the certificate is what their files say."""

import csv
import json
import re
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from synth_audit_env.episode_line import WORLD_VERSION
from synth_audit_env.tests.page.served import OUTPUTS, STEPS, models_of, put

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=alert(1)>"  # also the name of a folder
FORMULA = '=HYPERLINK("https://example.invalid","x")'
BLIND = ("no-op", "random", "approve-all", "flag-all", "flag-low-confidence")
REFERENCE = json.loads((OUTPUTS / "eval/reference/results.json").read_text("utf-8"))
NAMES = ("score", "skill", "fault_f1", "catch_rate", "false_positive_rate")
METRICS = [name for name in NAMES if any(name in of["overall"] for of in REFERENCE["figures"].values())]
"""Fault F1 is shown where the evaluation has it."""
CERTIFICATE = json.loads((OUTPUTS / "certificate.json").read_text("utf-8"))
MEASURED = [one for claim in CERTIFICATE["claims"].values() for one in claim["measurements"]]
SECTIONS = ("leaderboard", "curves", "certificate")


def said(interval):
    """A figure as the page says it."""
    if interval is None:
        return "–"
    # As JavaScript rounds: a tie goes away from zero.
    rounded = [Decimal(number).quantize(Decimal("0.001"), ROUND_HALF_UP) for number in interval]
    value, low, high = (str(number).replace("-", "−") for number in rounded)
    return value if low == high else f"{value} [{low}, {high}]"


def name_of(agent):
    return re.sub(r"-(\d+)-calls$", r", \1 look-ups", agent.removeprefix("outputs/train/"))


def reaches(measurement):
    """Whether the interval reaches the bar, or the figure misses it."""
    low, high, bar = (measurement[name] for name in ("low", "high", "bar"))
    crosses = high >= bar["limit"] if bar["relation"] == "at most" else low <= bar["limit"]
    return not measurement["passed"] or (high > low and crosses)


def cells(page, region):
    rows = page.locator(f"{region} tbody tr")
    rows.first.wait_for()
    return [[cell.strip() for cell in row.locator("td").all_inner_texts()] for row in rows.all()]


def saved(page, button):
    with page.expect_download() as download:
        button.click()
    return list(csv.reader(Path(download.value.path()).read_text("utf-8").splitlines()))


def test_the_leaderboard_has_the_figures_of_results_json(open_page):
    tier = "hard"
    page = open_page("#/results")
    page.get_by_label("Evaluation").select_option("eval/reference/results.json")
    page.get_by_label("Tier").select_option(tier)
    shown = cells(page, ".wide")
    figures = REFERENCE["figures"]
    for agent, of in figures.items():
        [row] = [row for row in shown if re.match(rf"{re.escape(name_of(agent))}(?![-,])", row[0])]
        assert row[1:] == [said(of[tier].get(metric)) for metric in METRICS]
    assert len(shown) == len(figures)
    assert all("blind" in row[0] for row in shown if row[0].split(" ")[0] in BLIND)
    best = max(figures[agent][tier]["score"][0] for agent in BLIND)
    [marked] = [row for row in shown if "best blind policy" in row[0]]
    assert marked[1].startswith(f"{best:.3f}")


def test_models_stand_beside_the_blind_policies_of_their_episodes(open_page, own_server, tmp_path):
    folder, test = tmp_path / "server-0", json.loads((OUTPUTS / "eval/test/results.json").read_text("utf-8"))
    shutil.copytree(OUTPUTS / "eval/test", folder / "outputs/eval/test")
    models = models_of(test)
    put(folder, "train/tiny/evaluation/results.json", models)
    page = open_page("#/results", url=own_server().url)
    page.get_by_label("Evaluation").select_option("train/tiny/evaluation")
    page.get_by_label("Tier").select_option("easy")
    shown = {row[0].split()[0]: row for row in cells(page, ".wide")}
    assert shown["flag-all"][1] == said(test["figures"]["flag-all"]["easy"]["score"])
    assert shown["tiny/dense-0"][1] == said(models["figures"]["outputs/train/tiny/dense-0"]["easy"]["score"])


def test_two_versions_are_never_on_one_axis(open_page, own_server, tmp_path):
    folder, of = tmp_path / "server-0", "what a seed stands for may not be the same"
    shutil.copytree(OUTPUTS / "eval/test", folder / "outputs/eval/test")
    test = json.loads((OUTPUTS / "eval/test/results.json").read_text("utf-8"))
    put(folder, "train/tiny/evaluation/results.json", models_of(test, "0.1.0"))
    for run, version in (("dense-0", "0.1.0"), ("dense-1", WORLD_VERSION), ("dense-2", "0.1.0")):
        put(folder, f"train/tiny/{run}/training_log.json", [{**step, "version": version} for step in STEPS])
    page = open_page("#/results", url=own_server().url)
    first = "eval/test/results.json was played with version"
    page.locator(".problem", has_text=f"{first} {WORLD_VERSION} and train/tiny/evaluation/results.json with").wait_for()
    assert of in page.locator(".problem").inner_text()
    page.locator("svg.scores").wait_for()
    assert not any(name.startswith("small model") for name in page.locator("svg.scores g text").all_text_contents())

    page.get_by_role("link", name="Learning curves").click()
    page.locator(".curves canvas").wait_for()
    page.locator(".problem", has_text="train/tiny/dense-1/training_log.json with").wait_for()
    legend = page.locator(".curves .u-legend").inner_text()
    assert "tiny/dense-0" in legend
    assert "tiny/dense-2" in legend
    assert "tiny/dense-1" not in legend


def test_the_certificate_counts_its_bars_and_shows_what_is_near(open_page):
    held = [one for one in MEASURED if one["bar"]]
    page = open_page("#/results?section=certificate")
    met = sum(one["passed"] for one in held)
    page.get_by_role("heading", name=f"{met} of {len(held)} bars hold").wait_for()
    claims = list(CERTIFICATE["claims"].values())
    shown = cells(page, ".claims")
    for row, claim in zip(shown, claims, strict=True):
        of = [one for one in claim["measurements"] if one["bar"]]
        assert row[0] == claim["claim"]
        assert row[2] == f"{sum(one['passed'] for one in of)} of {len(of)}"

    near = [one for one in held if reaches(one)]
    assert near
    assert [row[0] for row in cells(page, ".measured")] == [" ".join(one["what"].split()) for one in near]
    page.locator(".choices select").select_option(claims[5]["claim"])
    page.locator(".measured td").first.get_by_text(claims[5]["measurements"][0]["what"], exact=True).wait_for()


def test_what_the_files_say_is_a_text_and_no_formula(open_page, own_server, tmp_path):
    folder = tmp_path / "server-0"
    figure = {HOSTILE: {"overall": {"score": [0.5, 0.4, 0.6]}}, FORMULA: {"overall": {"score": [0.25, 0.25, 0.25]}}}
    evaluation = {"made": {}, "split": HOSTILE, "baseline": HOSTILE, "seeds": {HOSTILE: [1]}, "figures": figure}
    put(folder, "eval/run/results.json", evaluation)
    page = open_page("#/results", url=own_server().url)
    assert [row[:2] for row in cells(page, ".wide")] == [[HOSTILE, "0.500 [0.400, 0.600]"], [FORMULA, "0.250"]]
    head, *rows = saved(page, page.get_by_role("button", name="Save as CSV"))
    assert head[0] == "Agent"
    assert [row[0] for row in rows] == [HOSTILE, f"'{FORMULA}"]
    assert page.locator("main img").count() == 0


BROKEN = ("{", '{"figures": 1, "claims": {"a": 1}}')


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_file_is_a_sentence_and_the_rest_stands(open_page, own_server, tmp_path, content):
    folder = tmp_path / "server-0"
    shutil.copytree(OUTPUTS / "eval/reference", folder / "outputs/eval/reference")
    put(folder, "train/whole/training_log.json", [{"step": 1, "reward": 0.5}, {"step": 2, "reward": 0.75}])
    for path in ("certificate.json", "train/broken/training_log.json", "train/broken/results.json"):
        put(folder, path, content)
    url = own_server().url
    page = open_page("#/results", url=url)
    page.locator("svg.scores").wait_for()
    page.get_by_label("Evaluation").select_option("train/broken/results.json")
    page.locator(".problem", has_text="train/broken/results.json cannot be shown: ").wait_for()
    page.get_by_role("link", name="Learning curves").click()
    page.locator(".problem", has_text="train/broken/training_log.json cannot be shown: ").wait_for()
    page.get_by_role("link", name="Certificate").click()
    page.locator(".problem", has_text="certificate.json cannot be shown: ").wait_for()


def test_everybody_can_read_it(open_page, sight):
    page = open_page("#/results", **sight.options)
    for section, drawn in zip(SECTIONS, ("svg.scores", ".curves canvas", ".claims .dots"), strict=True):
        page.goto(page.url.split("#")[0] + f"#/results?section={section}")
        page.locator(drawn).first.wait_for()
        page.wait_for_load_state("networkidle")
        sight.look(page, f"results-{section}")

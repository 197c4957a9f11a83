"""README and docs show what is so: the worked example, the tables, the cells, and the files that they name."""

import asyncio
import json
import re
import textwrap
from pathlib import Path

import pytest

from synth_audit_env.fault_types import FAULT_KINDS
from synth_audit_env.models import SynthAuditAction
from synth_audit_env.rollouts.own_server import own_server
from synth_audit_env.server.audit.reward_model import REWARDS
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.tasks import TIERS

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
CONCEPTS, HOW_TO = ROOT / "docs" / "concepts", ROOT / "docs" / "how-to"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    *(path for path in (ROOT / "docs").rglob("*.md") if not path.name.startswith("add-")),
]
"""The recipes, which add files, have a test that follows them."""


def page(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def block_with(words: str, path: Path = README) -> list[str]:
    """The lines of the first fenced block of a page that holds these words."""
    blocks = re.findall(r"```[a-z]*\n(.*?)\n```", page(path), re.DOTALL)
    return next(block for block in blocks if words in block).splitlines()


def test_the_readme_is_short():
    assert len(page(README).splitlines()) <= 150


def test_what_is_said_of_notes_and_tools_is_what_the_certificate_shows():
    claims = json.loads((ROOT / "outputs" / "certificate.json").read_text(encoding="utf-8"))["claims"]
    kept = {(one["what"], one["tier"]): one["value"] for claim in claims.values() for one in claim["measurements"]}
    text = " ".join(page(CONCEPTS / "gaming.md").split())

    def by_tier(what, digits=3, tiers=TIERS):
        return [f"{kept[what, tier]:.{digits}f}" for tier in tiers]

    unread_note = by_tier("score lost without review_proposal", 2)
    assert f"loses a score of {unread_note[0]}. From the medium tier on it loses" in text
    assert "it loses {}, {} and {} (".format(*unread_note[1:]) in text
    for tool in ("request_shap", "temporal_audit"):
        assert set(by_tier(f"score lost without {tool}")) == {"0.000"}
    assert "a return of {}, {}, {} and {} from easy".format(*by_tier("return lost without request_shap", 2)) in text
    no_days = "temporal_audit decides cases: score lost without it, by one who counts no days"
    assert "a score of {}, {} and {} in medium".format(*by_tier(no_days, 2, ("medium", "hard", "expert"))) in text


@pytest.mark.parametrize(("path", "notes"), [(README, 1), (CONCEPTS / "oversight.md", 2)], ids=["README", "oversight"])
def test_the_worked_example_is_in_the_trial_that_it_names(path, notes):
    env = SynthAuditEnvironment()
    (seed,) = re.findall(r"the hard trial with seed (\d+)", page(path))
    excerpt = env.reset(seed=int(seed), task_id="oversight_hard").protocol_excerpt
    for line in block_with(" Treatment window. ", path):
        assert line in excerpt.splitlines()
    told = " ".join(line.removeprefix(">").strip() for line in page(path).splitlines())
    named = list(dict.fromkeys(re.findall(r"`(PROP-\d+)`", told)))
    assert len(named) == 2, "a wrong one and a right one that looks like it"
    for proposal_id in named[:notes]:
        step = env.step(SynthAuditAction(action_type="review_proposal", proposal_id=proposal_id))
        assert step.result.reasoning in told
    (reason,) = re.findall(r'"(The Actor never applied .*?)"', told)
    flag = {"proposal_id": named[0], "error_type": "comorbidity_override_miss", "reason": reason}
    env.step(SynthAuditAction(action_type="flag_error", **flag))
    env.step(SynthAuditAction(action_type="submit_audit_report", report="none"))
    wrong, right = ({p.proposal_id: p for p in env.state.outcome.proposals}[name] for name in named)
    assert (wrong.is_wrong, right.is_wrong) == (True, False)
    assert wrong.type_right
    for outcome in (wrong, right):
        assert outcome.explanation in told or outcome.flaw in told


ACTION = re.compile(r'^\{"action_type".*?\}$', re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", [README, CONCEPTS / "faults.md"], ids=["README", "faults"])
def test_the_actions_that_are_shown_are_accepted_and_their_claims_are_right(path):
    env = SynthAuditEnvironment()
    (seed,) = re.findall(r"the hard trial with seed (\d+)", page(README))
    env.reset(seed=int(seed), task_id="oversight_hard")
    flag, approval = (SynthAuditAction.model_validate_json(text) for text in ACTION.findall(page(path)))
    assert [env.step(action).error for action in (flag, approval)] == [None, None]
    outcome = env.step(SynthAuditAction(action_type="submit_audit_report", report="none")).result.outcome
    claimed = {one.proposal_id: (one.claim_right, one.number_right) for one in outcome.proposals if one.claim}
    assert claimed == {flag.proposal_id: (True, True), approval.proposal_id: (True, True)}


def test_the_table_of_faults_is_that_of_the_code():
    rows = [[cell.strip() for cell in row.split("|")[1:5]] for row in page(CONCEPTS / "faults.md").splitlines()]
    told = {row[0].strip("`"): row[1:] for row in rows if row and row[0].strip("`") in FAULT_KINDS}
    assert told == {name: [kind.words, kind.where, kind.should_be or "–"] for name, kind in FAULT_KINDS.items()}


def test_every_page_that_the_readme_links_is_there():
    """The build of the site checks the links of the pages in docs/."""
    linked = re.findall(r"\]\((?!http)([^)#]+)", page(README))
    assert linked
    assert [name for name in linked if not (ROOT / name).exists()] == []


EVENTS = {
    "correct flag:": ("correct_flag",),
    "correct approval": ("correct_approval",),
    "Shapley values asked": ("shap_evidence",),
    "temporal audit": ("temporal_evidence",),
    "fault claim:": ("fault_claim", "fault_place"),
    "false fault claim": ("false_claim",),
    "all proposals decided": ("all_decided", "half_investigated"),
    "false positive": ("false_positive",),
    "wrong approval": ("wrong_approval",),
    "wrong proposal left undecided": ("wrong_undecided",),
    "invalid action": ("invalid_action", "duplicate_action"),
    "every step": ("step",),
}


@pytest.mark.parametrize("event", EVENTS)
def test_the_reward_table_is_the_reward_model(event):
    (row,) = (line for line in page(CONCEPTS / "reward-and-score.md").splitlines() if line.startswith(f"| {event}"))
    figures = [float(figure.replace("−", "-")) for figure in re.findall(r"[+−]\d\.\d+", row)]
    assert figures == [REWARDS[name] / 1000 for name in EVENTS[event]]


def run_cell(words: str, path: Path) -> None:
    """Run the block that holds these words against a server of its own, as a notebook would."""
    body = textwrap.indent("\n".join(block_with(words, path)), "    ")
    names: dict = {}
    with own_server() as url:
        exec(f"async def cell():\n{body}".replace("http://localhost:8000", url), names)
        asyncio.run(names["cell"]())


@pytest.mark.slow
def test_the_mcp_cell_runs_and_opens_the_episode_that_it_names(capsys):
    run_cell("async with streamable_http_client", HOW_TO / "play-over-mcp.md")
    printed = capsys.readouterr().out
    opening = SynthAuditEnvironment().reset(task_id="oversight_easy", seed=137)
    assert printed.startswith(opening.feedback)
    assert opening.protocol_excerpt in printed
    assert printed.splitlines()[-2].startswith("PROP-001 on ")


@pytest.mark.slow
def test_the_notebook_cell_runs_and_its_flag_is_right(capsys):
    run_cell("async with SynthAuditEnv", HOW_TO / "play-from-python.md")
    *_, reward, explanation = capsys.readouterr().out.splitlines()
    assert float(reward) == pytest.approx(sum(REWARDS[name] for name in ("correct_flag", "fault_claim", "step")) / 1000)
    assert "The Actor never applied §" in explanation

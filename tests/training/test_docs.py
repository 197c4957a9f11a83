"""The training figures of the docs are those that were written, cell by cell, and what their lines print."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from synth_audit_env.comparison.blind import in_words, with_blind
from synth_audit_env.comparison.pages import with_models
from synth_audit_env.comparison.results import read
from synth_audit_env.training import train_grpo
from synth_audit_env.training.forecast import PROPOSAL_TOKENS

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "outputs" / "train" / "cpu-tiny"
TRAINING, RESULTS, TUTORIAL = "docs/training.md", "docs/training-results.md", "docs/tutorials/train-on-one-gpu.md"


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def written(folder: str) -> list[str]:
    """The rows of models, out of the tables that the evaluation wrote."""
    table = (RUNS / folder / "table.md").read_text(encoding="utf-8")
    cells: dict[str, list[str]] = {}
    for less in ("", " less outputs/train/cpu-tiny/start's"):
        for metric in ("Score", "Skill"):
            title = f"{metric}{less} by tier{', paired' if less else ''}"
            rows = table.split(f"## {title}\n", 1)[1].split("\n##", 1)[0]
            for name, easy, medium in re.findall(
                r"^\| outputs/train/cpu-tiny/(\S+) \| ([^|]*) \| ([^|]*) \|", rows, re.M
            ):
                cells.setdefault(f"{less} {name}", []).extend((easy, medium))
    return [f"| {name.split()[-1]} | {' | '.join(figures)} |" for name, figures in cells.items()]


def test_the_tables_are_as_the_command_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text, folders = page(RESULTS), ["evaluation", "greedy"]
    assert with_models(text) == text, "uv run python evaluation.py readme"
    assert re.findall(r"<!-- Models of outputs/train/cpu-tiny/(\S+),", text) == folders
    for folder in folders:
        assert len(written(folder)) == 7 + 6
        assert set(written(folder)) <= set(text.splitlines()), "what the evaluation wrote of the models"


def test_flag_all_and_approve_all_stand_beside_them_and_who_is_below_is_said() -> None:
    text = "".join(re.findall(r"<!-- Models of .*?<!-- End of the models -->", page(RESULTS), re.DOTALL))
    for blind in ("flag-all", "approve-all"):
        assert len(re.findall(rf"^\| {blind} \|", text, re.M)) >= 2 * 2, "alone, and less the start's"
        assert text.count(f"\nBelow {blind} in score (paired, the whole 95 % interval): ") >= 2


def test_what_is_said_of_the_trained_models_beside_flag_all() -> None:
    text = page(RESULTS).replace("\n", " ")
    rewarded = {*DENSE, "skill-0", "score-0"}
    below = {folder: below_flag_all(folder) for folder in ("evaluation", "greedy")}
    assert {name for name, tier in below["evaluation"] if tier == "medium"} >= rewarded
    assert not {name for name, tier in below["evaluation"] if tier == "easy"} & rewarded
    assert "**Every trained model is below flag-all in the medium tier**, by its whole interval" in text
    easy = {name: Kept("evaluation").figures[name]["easy"]["skill"][1] for name in rewarded}
    assert [name for name, low in easy.items() if low > 0] == ["dense-2"]
    assert "In the easy tier none is below it, and only `dense-2` has a skill whose interval is above 0." in text
    assert "**The start was made weaker after a look at the test split.**" in text
    assert {name for name, tier in below["greedy"] if tier == "medium"} & rewarded == set(DENSE)
    skill, score = (Kept("greedy").figures[name]["medium"]["skill"][1:] for name in ("skill-0", "score-0"))
    assert skill[0] > 0 > score[0]
    assert score[1] > 0
    assert "Of the others, skill alone is above it there, and score alone cannot be told apart from it." in text


def below_flag_all(folder: str) -> set[tuple[str, str]]:
    """Run and tier, as the sentence under the table has them."""
    (said, of_approve_all) = in_words(with_blind(read(RUNS / folder)))
    assert of_approve_all.endswith("interval): no agent.")
    told = re.findall(r"cpu-tiny/(\S+) in ([^;]*\d\))", said)
    return {(name, tier) for name, tiers in told for tier in re.findall(r"[a-z]+", tiers)}


class Kept:
    """An evaluation that is kept: what the sentences around its table say."""

    def __init__(self, folder: str) -> None:
        kept = json.loads((RUNS / folder / "results.json").read_text(encoding="utf-8"))
        for part in ("figures", "differences"):
            setattr(self, part, {agent.rsplit("/", 1)[-1]: tiers for agent, tiers in kept[part].items()})

    def alarms(self, *names: str) -> list[str]:
        """Of runs, the share of right proposals that were flagged."""
        return [f"{self.figures[name]['overall']['false_positive_rate'][0]:.3f}" for name in names]

    def gain(self, name: str, tier: str, metric: str = "skill") -> list[float]:
        """Over the start: the difference, and the ends of its interval."""
        return self.differences[name][tier][metric]


DENSE = ("dense-0", "dense-1", "dense-2")


def test_the_verdict_on_the_rewards_as_sampled() -> None:
    kept, text = Kept("evaluation"), page(RESULTS).replace("\n", " ")
    for metric in ("score", "skill"):
        for name in ("skill-0", "score-0"):
            best, low, _ = kept.gain(name, "medium", metric)
            dense = [kept.gain(seed, "medium", metric) for seed in DENSE]
            assert all(best > one[0] for one in dense)
            assert [low > one[2] for one in dense] == [True, True, False]
    skill, score, *dense, start = kept.alarms("skill-0", "score-0", *DENSE, "start")
    assert (
        f"false positive rates are {skill} and {score}, those of the dense runs {dense[0]}, {dense[1]} and {dense[2]}, "
        f"and the start's is {start}."
    ) in text


def test_the_verdict_on_the_rewards_without_sampling() -> None:
    kept, text = Kept("greedy"), page(RESULTS).replace("\n", " ")
    best = max(DENSE, key=lambda seed: kept.gain(seed, "overall")[0])
    skill, dense, score = (
        "{:+.3f} [{:+.3f}, {:+.3f}]".format(*kept.gain(name, "overall")) for name in ("skill-0", best, "score-0")
    )
    alarms = kept.alarms("skill-0", best, "score-0")
    assert f"{skill} above the start's, that of the best dense seed {dense}, with false positive rates of" in text
    assert f"rates of {alarms[0]} and {alarms[1]}. Score alone comes to {score}" in text
    assert f"its rate is {alarms[2]}." in text


def steps(run: str, tier: str) -> list[dict]:
    """What was logged of a run's steps in a tier."""
    tasks = {row["step"]: row["task_id"] for row in json.loads((RUNS / run / "curriculum_log.json").read_text())}
    log = json.loads((RUNS / run / "training_log.json").read_text())
    return [row for row in log if "reward" in row and tasks[row["step"]] == f"oversight_{tier}"]


def test_the_entropy_rises_and_falls_where_it_is_said_to() -> None:
    rises = set()
    for run in (*DENSE, "skill-0", "score-0", "random-0"):
        entropy = [row["entropy"] for row in steps(run, "medium")]
        if sum(entropy[-4:]) > sum(entropy[:4]):
            rises.add(run)
    assert rises == {"dense-1", "dense-2", "skill-0", "score-0"}
    assert "rises in `dense-1`, `dense-2`, `skill-0` and `score-0`, and falls in `dense-0` and" in page(TRAINING)


def test_the_held_out_score_of_the_run_whose_reward_falls() -> None:
    start, trained = (Kept("evaluation").figures[name]["medium"]["score"][0] for name in ("start", "dense-2"))
    assert f"of that tier is {trained:.3f}, where the start's is {start:.3f}" in page(TRAINING).replace("\n", " ")


def test_the_commits_that_the_figures_were_made_at() -> None:
    evaluation, greedy, first = (
        json.loads((RUNS / folder / "results.json").read_text(encoding="utf-8"))["made"]["commit"][:7]
        for folder in ("evaluation", "greedy", "dense-0/evaluation")
    )
    assert evaluation == greedy
    assert f"`{evaluation}` for `evaluation/` and `greedy/`, `{first}` for `dense-0/evaluation/`" in page(RESULTS)


def test_the_seconds_of_the_logs() -> None:
    logs = ("start/sft_log.json", "dense-0/training_log.json")
    ran = [
        row["train_runtime"] for log in logs for row in json.loads((RUNS / log).read_text()) if "train_runtime" in row
    ]
    first, second, third, grpo = (f"{seconds:,.0f}" for seconds in ran)
    assert f"{first} + {second} + {third} s of lessons before GRPO and {grpo} s of GRPO" in page(RESULTS)


def test_the_means_of_a_log_are_what_the_lines_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    ((lines, text),) = re.findall(
        r"```python\n([^`]*audit/false_positives[^`]*)```\n\nprints\n\n```text\n(.*?)```", page(TRAINING), re.S
    )
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(lines, {})
    assert out.getvalue() == text


def test_the_tokens_of_a_proposal_are_those_of_the_plan() -> None:
    assert f"{PROPOSAL_TOKENS} tokens a proposal on average" in " ".join(page(TRAINING).split())


def test_the_plan_for_a_t4_is_what_the_program_prints(capsys: pytest.CaptureFixture[str]) -> None:
    for preset in ("t4", "t4-evening"):
        assert train_grpo.main(["--preset", preset, "--dry-run", "--gpu", "t4"]) == 0
        assert f"```text\n{capsys.readouterr().out}```" in page(TUTORIAL)

"""The environment class: reset options, observations, what the state tells and when, and the Task API."""

import json

import pytest

from synth_audit_env.error_types import AGE, EQUITY, ERROR_TYPES
from synth_audit_env.models import SynthAuditAction, SynthAuditState
from synth_audit_env.server.audit.briefing import briefing
from synth_audit_env.server.synth_audit_environment import SynthAuditEnvironment
from synth_audit_env.server.world.errors import EpisodeError
from synth_audit_env.server.world.operators import OPERATORS
from synth_audit_env.server.world.tasks import ADAPTIVE, ALL_TIERS, FRONTIER, LEVELS, MAX_SEED, SPLITS, TASK_IDS

NO_LEVELS = (0, 11, -1, 10**30, True, 3.0, "3", "frontier-3", [3])


@pytest.fixture
def env():
    return SynthAuditEnvironment()


def step(env, action_type, **arguments):
    return env.step(SynthAuditAction(action_type=action_type, **arguments))


# An episode


def test_the_reset_observation(env):
    opening = env.reset(seed=42, task_id="oversight_medium")
    assert (opening.done, opening.reward, opening.error, opening.result) == (False, 0.0, None, None)
    assert (opening.task_id, opening.difficulty, opening.phase) == ("oversight_medium", "medium", "auditing")
    assert (opening.steps_taken, opening.steps_remaining) == (0, 80)
    assert opening.protocol_excerpt.startswith("PROTOCOL ")
    assert 6 <= len(opening.actor_proposals) <= 9
    assert {p.status for p in opening.actor_proposals} == {"pending"}
    for p in opening.actor_proposals:
        assert f"{p.proposal_id} {p.patient_id}: {p.diagnosis}" in opening.feedback
    assert "Audit each proposal" in opening.feedback


@pytest.mark.parametrize("task_id", TASK_IDS)
def test_the_list_tells_what_is_recommended_once_the_note_was_read(env, task_id):
    opening = env.reset(seed=42, task_id=task_id)
    told = [p.recommended_action for p in opening.actor_proposals]
    assert all(told) if opening.difficulty == "easy" else set(told) == {None}
    assert ("treatment" in opening.feedback.split("PROP-001 ")[-1]) == all(told)
    step(env, "review_proposal", proposal_id="PROP-099")
    reviewed = step(env, "review_proposal", proposal_id="PROP-002")
    told[1] = env._episode.scenario.proposals[1].note.recommended_action
    assert [p.recommended_action for p in reviewed.actor_proposals] == told
    assert [p.recommended_action for p in step(env, "approve", proposal_id="PROP-001").actor_proposals] == told


# Silence


@pytest.mark.parametrize("task_id", TASK_IDS)
def test_nothing_before_the_end_tells_a_label(env, task_id):
    """No field, flaw, error type or operator by name in any observation or state, and no reward."""
    for seed in range(3, 6):
        opening = env.reset(seed=seed, task_id=task_id)
        patients = [p.patient_id for p in opening.actor_proposals if p.patient_id != "COHORT"]
        looks = [step(env, "review_proposal", proposal_id=p.proposal_id) for p in opening.actor_proposals]
        for tool in ("investigate_patient", "temporal_audit", "request_shap"):
            looks += [step(env, tool, patient_id=patient) for patient in patients]
        assert {(look.reward, look.error) for look in looks} == {(-0.003, None)}
        decided = [step(env, "approve", proposal_id="PROP-001"), step(env, "nonsense"), env.state]
        briefed = json.dumps(briefing(ALL_TIERS[opening.difficulty]))[1:-1]
        for item in (opening, *looks, *decided):  # a plan may tell which kinds of error there can be, as a tier does
            told = item.model_dump_json(exclude={"error_types"}).replace(briefed, "")
            # The other operators have names that a note may use.
            assert not any(name in told for name in (*ERROR_TYPES, *(name for name in OPERATORS if "_" in name)))
            for key in ("is_wrong", "flaw", "explanation", "skill", "score", "f_beta"):
                assert f'"{key}"' not in told
        assert env.state.outcome is None


def test_the_state_names_what_is_played(env):
    assert env.state == SynthAuditState()
    env.reset(split="test", index=5, episode_id="mine")
    state = env.state
    assert (state.episode_id, state.seed, state.split) == ("mine", 1_000_005, "test")
    assert (state.task_id, state.difficulty) == ("oversight_medium", "medium")
    step(env, "review_proposal", proposal_id="PROP-001")
    step(env, "review_proposal", proposal_id="PROP-777")
    assert (env.state.step_count, env.state.tool_counts, env.state.decisions) == (2, {"review_proposal": 1}, {})


# Naming an episode


def test_without_a_seed_one_is_drawn_and_told(env):
    seeds = set()
    for _ in range(3):
        opening = env.reset()
        seeds.add(env.state.seed)
        assert env.state.split == "train"
        assert SynthAuditEnvironment().reset(seed=env.state.seed) == opening
    assert len(seeds) == 3
    env.reset(split="validation")
    assert env.state.split == "validation"


# Bad input


def each(option, *values, named=None, **others):
    """An option with each of these values beside others, and the word that the refusal has."""
    return [({**others, option: value}, named or option) for value in values]


BAD_RESETS = [
    *each("seed", -1, MAX_SEED + 1, 10**400, True, 1.0, float("nan"), "42", [1]),
    ({"seed": 42, "split": "train"}, "42"),
    ({"seed": 42, "split": "test", "index": 1}, "42"),
    *each("split", "holdout", named="holdout"),
    *each("split", "", 3, ["train"]),
    *each("index", -1, True, 1.5, split="test"),
    *each("index", 100_000, split="test", named="index 100000"),
    *each("index", 15, split="reference", named="index 15"),
    *each("index", 10**30),
    *each("task_id", "oversight_impossible", named="oversight_impossible"),
    *each("task_id", "", 4, ["oversight_easy"], "x" * 65),
    *each("settlement", "later", named="later"),
    *each("settlement", "", 0, []),
    *each("episode_id", "", 5, "x" * 65, "x" * 100_000),
    *each("level", "hard", named="level is for 'oversight_adaptive' and 'oversight_frontier'"),
    *each("level", 3, named="give task_id with them"),
    *each("task_id", "oversight_hard", FRONTIER, error_types=[AGE], named="for 'oversight_adaptive': this task is"),
    *each("level", 3, task_id=FRONTIER, error_types=[AGE], named="error_types for 'oversight_adaptive': this task is"),
    *(({"task_id": FRONTIER, "level": one}, f"of 1 to 10 in 'oversight_frontier', not {one!r}") for one in NO_LEVELS),
    *each("level", "legendary", task_id=ADAPTIVE, named="legendary"),
    *each("level", ["hard"], 3, task_id=ADAPTIVE),
    *each("error_types", [AGE], task_id=ADAPTIVE, named="level"),
    *each("error_types", [], AGE, {AGE: 1}, task_id=ADAPTIVE, level="easy"),
    *each("error_types", [EQUITY], task_id=ADAPTIVE, level="easy", named=EQUITY),
    *each("error_types", [AGE, "typo"], task_id=ADAPTIVE, level="hard", named="typo"),
    *each("error_types", [[AGE]], ["y" * 10_000], task_id=ADAPTIVE, level="hard", named="has no error type"),
    ({"difficulty": "hard"}, "difficulty"),
]


@pytest.mark.parametrize(("options", "named"), BAD_RESETS, ids=lambda value: repr(value)[:40])
def test_a_bad_reset_is_a_clear_sentence_and_the_running_episode_goes_on(env, options, named):
    env.reset(seed=42, task_id="oversight_easy", episode_id="running")
    step(env, "approve", proposal_id="PROP-001")
    before = env.state
    with pytest.raises(EpisodeError) as refusal:
        env.reset(**options)
    sentence = str(refusal.value)
    assert named in sentence
    assert len(sentence) < 400
    assert "\n" not in sentence
    assert env.state == before
    assert step(env, "review_proposal", proposal_id="PROP-002").error is None
    assert env.state.step_count == 2


def test_actions_before_reset_and_after_close_are_refused(env):
    for _ in range(2):
        with pytest.raises(EpisodeError, match="call reset first"):
            step(env, "review_proposal", proposal_id="PROP-001")
        env.reset(seed=1)
        step(env, "review_proposal", proposal_id="PROP-001")
        env.close()


# The frontier


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_is_a_tier_of_its_own_and_the_same_options_are_the_same_bytes(env, level):
    opening = env.reset(seed=1_000_003, task_id=FRONTIER, level=level)
    tier = ALL_TIERS[f"frontier-{level}"]
    assert (opening.task_id, opening.difficulty, opening.steps_remaining) == (FRONTIER, tier.name, tier.steps)
    assert (env.state.task_id, env.state.difficulty, env.state.error_types) == (FRONTIER, tier.name, None)
    assert tier.proposals[0] <= len(opening.actor_proposals) <= tier.proposals[1]
    assert f"This is the {tier.name} tier." in opening.feedback
    again = SynthAuditEnvironment().reset(split="test", index=3, task_id=FRONTIER, level=level)
    assert opening.model_dump_json() == again.model_dump_json()


def test_without_a_level_it_follows_the_index_so_that_a_sweep_meets_each(env):
    met = []
    for index in range(20):
        env.reset(split="test", index=index, task_id=FRONTIER)
        met.append(env.state.difficulty)
    assert met == 2 * [tier.name for tier in LEVELS.values()]
    by_index = env.reset(split="test", index=4, task_id=FRONTIER)
    assert env.reset(seed=env.state.seed, task_id=FRONTIER, level=5) == by_index


@pytest.mark.parametrize("asked", [{"level": 7, "split": "train", "index": 1}, {"seed": 256}, {}], ids=repr)
def test_the_options_of_a_frontier_episode_make_it_again(env, asked):
    opening = env.reset(task_id=FRONTIER, settlement="terminal", **asked)
    options = env.options
    assert options["level"] == ALL_TIERS[opening.difficulty].level
    other = SynthAuditEnvironment()
    assert other.reset(**options) == opening
    assert other.options == options


# The adaptive task


def decide_adaptively(env, seed, perfectly, report=True):
    """Start an adaptive episode and decide every proposal, all rightly or all wrongly. Returns its level."""
    opening = env.reset(seed=seed, task_id=ADAPTIVE)
    for p in opening.actor_proposals:
        known = env._episode.scenario.proposal[p.proposal_id]
        if perfectly == known.is_wrong:
            step(env, "flag_error", proposal_id=p.proposal_id, error_type=known.error_type or AGE, reason="It is.")
        else:
            step(env, "approve", proposal_id=p.proposal_id)
    if report:
        step(env, "submit_audit_report", report="")
    return env.state.difficulty


def test_a_session_that_audits_well_meets_harder_trials_and_one_that_does_not_stays(env):
    levels = [decide_adaptively(env, seed, perfectly=True) for seed in range(12)]
    assert levels == ["easy"] * 3 + ["medium"] * 3 + ["hard"] * 3 + ["expert"] * 3
    for seed in range(4):
        decide_adaptively(env, 100 + seed, perfectly=False)
    assert env.reset(seed=1, task_id=ADAPTIVE).difficulty == "hard"
    fresh = SynthAuditEnvironment()
    assert [decide_adaptively(fresh, seed, perfectly=False) for seed in range(4)] == ["easy"] * 4


def test_an_adaptive_episode_that_is_reset_before_its_end_counts_as_it_stands(env):
    for seed in range(9):
        decide_adaptively(env, seed, perfectly=True)
    for seed in range(3):
        assert decide_adaptively(env, 50 + seed, perfectly=False, report=False) == "expert"
    assert env.reset(seed=60, task_id=ADAPTIVE).difficulty == "hard"


# The Task API


@pytest.mark.parametrize("split", SPLITS)
def test_a_task_is_what_a_reset_by_its_name_starts(env, split):
    for index in (0, 1, env.num_tasks(split) - 1):
        task = env.get_task(split, index)
        env.reset(split=task["split"], index=task["index"])
        assert (env.state.seed, env.state.task_id, env.state.split) == (task["seed"], task["task_id"], split)
        assert task["id"] == f"{split}-{index}"
        json.dumps(task)

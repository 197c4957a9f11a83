"""Notes in a model's words are probed like the script's: a model that tells is found out, one that does not is not."""

from functools import cache

import pytest

from synth_audit_env.server.llm_actor.actor import LlmActor
from synth_audit_env.server.llm_actor.prose_cache import ProseCache, ProseCacheError
from synth_audit_env.server.world.scenario import build_scenario
from synth_audit_env.server.world.tasks import TIERS, task_of
from synth_audit_env.tests.server.llm_actor.rule_writers import RuleWriter, hedge, paraphrase
from synth_audit_env.validation import certify
from synth_audit_env.validation.episodes import QUICK
from synth_audit_env.validation.shortcuts import probes, prose_probes

EPISODES = 28


@cache
def episodes(tier):
    return [build_scenario(TIERS[tier], task_of("test", index).seed, "test") for index in range(EPISODES)]


def fill(folder, tier, rule, model="rules", count=None):
    actor = LlmActor(model, ProseCache(folder), RuleWriter(rule))
    for scenario in episodes(tier)[:count]:
        actor.word(scenario, None)
    return folder


@cache
def wrong_notes(tier):
    """What no model is told, and a planted leak knows."""
    return {p.note.reasoning for scenario in episodes(tier) for p in scenario.proposals if p.is_wrong}


def tells(task):
    """It words the last sentence of wrong notes differently, and the checker takes either."""
    return paraphrase(task).replace(
        "In short, ", "In all, let us " if task.note in wrong_notes("medium") else "In short, "
    )


def keeps_the_script(task):
    """What it writes of wrong notes is refused, so that they keep the scripted prose."""
    return hedge(task) if task.note in wrong_notes("medium") else paraphrase(task)


@pytest.fixture
def words_alone(monkeypatch):
    """One probe, for the tests that are about something else."""
    monkeypatch.setattr(probes, "TEXT", probes.TEXT[:1])
    monkeypatch.setattr(probes, "TOGETHER", ())


def measured(folder):
    return {one.what: one for one in prose_probes.measure(folder, QUICK)}


@pytest.mark.slow
def test_a_model_that_words_wrong_notes_differently_is_found_out(tmp_path):
    rows = measured(fill(tmp_path, "medium", tells))
    assert rows["share of notes that keep the scripted prose"].figure.value < 0.05
    for what in ("AUC, words of the note", "AUC, characters of the note", "AUC, all of these, linear"):
        assert rows[what].figure.low > 0.8, rows[what]
        assert not rows[what].passed(doubt=1)
        assert rows[what].seeds == "28 cached episodes of rules"
    assert "let" in rows["AUC, words of the note"].note


@pytest.mark.slow
def test_a_model_that_does_not_is_not(tmp_path):
    rows = measured(fill(tmp_path, "medium", paraphrase))
    assert len(rows) >= 7
    assert [row for row in rows.values() if not row.passed(doubt=1)] == []


def test_the_script_may_not_be_kept_where_a_proposal_is_wrong(tmp_path, words_alone):
    rows = measured(fill(tmp_path, "medium", keeps_the_script))
    row = rows["AUC, which notes keep the scripted prose"]
    assert row.figure.low > 0.9
    assert not row.passed(doubt=1)


@pytest.mark.slow
def test_models_and_tiers_are_measured_each_by_itself(tmp_path, words_alone):
    fill(tmp_path, "medium", tells, "teller")
    fill(tmp_path, "medium", paraphrase, "honest")
    rows = list(prose_probes.measure(tmp_path, QUICK))
    missed = {row.seeds for row in rows if not row.passed(doubt=1)}
    assert missed == {"28 cached episodes of teller"}
    assert {row.seeds for row in rows} == missed | {"28 cached episodes of honest"}


def test_a_few_episodes_are_too_few(tmp_path):
    rows = measured(fill(tmp_path, "medium", tells, count=4))
    assert not any(what.startswith("AUC, words") for what in rows)
    assert "too few" in rows["proposals of one label in a half"].note


@pytest.mark.slow
def test_where_most_notes_keep_the_script_the_words_are_not_judged(tmp_path, capsys, words_alone):
    """The script passes the probes, but that is no merit of the model."""
    rows = measured(fill(tmp_path, "medium", hedge))
    assert rows["share of notes that keep the scripted prose"].figure.value == 1.0
    assert "too few in the model's words" in rows["share of notes in the model's words"].note
    assert all(row.bar is None for row in rows.values())
    assert certify.main(["--prose", str(tmp_path)]) == 1
    assert "this certifies nothing" in capsys.readouterr().out


def edited(old, new):
    """Spoils a file of the cache by putting `new` in place of `old`."""
    return lambda path: path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.parents[1].rename(path.parents[1].with_name("other")), "than its place says"),
        (edited('"voices": "test"', '"voices": "x"'), "no prose of an episode"),
        (edited('"error_types": null', '"error_types": ["x"]'), "holds no notes of episodes that this code builds"),
        (lambda path: path.unlink(), "holds no notes of episodes that this code builds"),
    ],
)
def test_a_cache_that_was_moved_or_edited_is_told_in_a_sentence(tmp_path, capsys, spoil, sentence):
    (path,) = fill(tmp_path, "medium", paraphrase, count=1).rglob("*.json")
    spoil(path)
    with pytest.raises(SystemExit) as left:
        certify.main(["--prose", str(tmp_path)])
    assert left.value.code == 2
    assert sentence in capsys.readouterr().err


def test_prose_and_claims_are_not_measured_together(tmp_path, capsys):
    with pytest.raises(SystemExit):
        certify.main(["--prose", str(tmp_path), "--claim", "tools"])
    assert "not allowed with argument" in capsys.readouterr().err


def test_the_command_measures_the_cache_alone(tmp_path, capsys, monkeypatch, words_alone):
    monkeypatch.setattr(certify, "OUTPUTS", tmp_path / "outputs")
    fill(tmp_path / "prose", "medium", tells)
    assert certify.main(["--prose", str(tmp_path / "prose")]) == 1
    told = capsys.readouterr().out
    assert prose_probes.TEXT in told
    assert certify.CLAIMS["shortcuts"][0] not in told
    assert "Missed: shortcuts, AUC, words of the note, medium" in told
    assert not (tmp_path / "outputs").exists()


def test_prose_of_a_world_that_has_changed_since_is_left_out(tmp_path):
    (path,) = fill(tmp_path, "medium", paraphrase, count=1).rglob("*.json")
    text, digest = path.read_text(), path.stem
    path.with_name(f"{'0' * 64}.json").write_text(text.replace(digest, "0" * 64))
    path.unlink()
    with pytest.raises(ProseCacheError, match="no notes of episodes that this code builds"):
        list(prose_probes.measure(tmp_path, QUICK))

"""Prose on disk: whole files or none, the first that is kept stays, and a broken file is named."""

import json
from pathlib import Path

import pytest

from synth_audit_env.server.llm_actor.prose import PROMPT_VERSION, EpisodeProse, WordedNote
from synth_audit_env.server.llm_actor.prose_cache import ProseCache, ProseCacheError
from synth_audit_env.server.world.errors import EpisodeError

DIGEST = "ab" * 32
MODEL = "maker/model:8b"


def prose(text="So it is.", *, model=MODEL, digest=DIGEST, version=PROMPT_VERSION):
    notes = (
        WordedNote(proposal_id="PROP-001", text=text),
        WordedNote(proposal_id="PROP-002", text=None, refused=("'§4.2' is missing; write it as it is.",)),
    )
    return EpisodeProse(digest=digest, model=model, version=version, notes=notes)


@pytest.fixture
def cache(tmp_path):
    return ProseCache(tmp_path / "prose")


def files(tmp_path: Path) -> list[Path]:
    return sorted(path for path in tmp_path.rglob("*") if path.is_file())


def test_what_is_kept_is_found_again(cache, tmp_path):
    assert cache.find(MODEL, DIGEST) is None
    assert cache.keep(prose()) == prose() == cache.find(MODEL, DIGEST)
    (path,) = files(tmp_path)
    assert path == tmp_path / "prose" / "maker%2Fmodel%3A8b" / PROMPT_VERSION / f"{DIGEST}.json"
    assert json.loads(path.read_text())["notes"][1]["text"] is None
    ProseCache(tmp_path / "again").keep(prose())
    assert {one.read_bytes() for one in files(tmp_path)} == {path.read_bytes()}, "the same prose is the same bytes"


@pytest.mark.parametrize("model", ["..", ".", ".hidden", "../up", "a/../../b", "C:\\up", "%2E%2E"])
def test_no_name_of_a_model_leads_out_of_the_folder(cache, tmp_path, model):
    cache.keep(prose(model=model))
    (path,) = files(tmp_path)
    assert path.resolve().parent.parent.parent == tmp_path.resolve() / "prose"
    assert cache.find(model, DIGEST) == prose(model=model)


def test_the_first_that_is_kept_stays(cache, tmp_path):
    cache.keep(prose("First."))
    assert cache.keep(prose("Second.")).notes[0].text == "First."
    assert cache.find(MODEL, DIGEST).notes[0].text == "First."
    assert len(files(tmp_path)) == 1, "nothing is left lying beside it"


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text[: len(text) // 2], "no prose of an episode"),
        (lambda text: text.replace('"notes"', '"words"'), "no prose of an episode"),
        (lambda text: text.replace("ab" * 32, "cd" * 32), "another episode"),
        (lambda text: text.replace(MODEL, "other"), "another episode, model"),
    ],
)
def test_a_broken_file_is_named_in_one_sentence(cache, tmp_path, spoil, why):
    cache.keep(prose())
    (path,) = files(tmp_path)
    path.write_text(spoil(path.read_text()))
    with pytest.raises(ProseCacheError, match=why) as told:
        cache.find(MODEL, DIGEST)
    sentence = str(told.value)
    assert isinstance(told.value, EpisodeError), "clients are told"
    name = f"maker%2Fmodel%3A8b/{PROMPT_VERSION}/{DIGEST}.json"
    assert sentence.startswith(f"The file {name} of the prose cache is broken:")
    assert str(tmp_path) not in sentence
    assert "\n" not in sentence

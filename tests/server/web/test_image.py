"""The image holds the results that the page shows, where the server looks for them, and nothing of a model."""

import importlib.util
from pathlib import Path

import pytest

from synth_audit_env.server.app import RESULTS
from synth_audit_env.server.web.results import picture_bytes, read_results

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def module():
    """The program that carries out the Dockerfile."""
    script = ROOT / "scripts" / "check_dockerfile.py"
    spec = importlib.util.spec_from_file_location("check_dockerfile", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def image(module, tmp_path_factory):
    """The last stage of the Dockerfile, with all of its copies and none of its commands."""

    class Copies(module.Build):
        def _from(self, rest):
            root = self.folder / f"stage-{len(self.stages)}"
            (root / "opt" / "venv").mkdir(parents=True)
            self.stage = module.Stage(root, {"PATH": ""})
            self.stages[rest.partition(" AS ")[2] or root.name] = self.stage

        def _run(self, rest):
            """Nothing is installed."""

    build = Copies(tmp_path_factory.mktemp("image"))
    for instruction, rest in module.instructions((ROOT / "Dockerfile").read_text()):
        build.carry_out(instruction, rest)
    return build.stage


def test_the_page_finds_all_that_this_repository_holds(image):
    shown = {one.title: one for one in read_results(image.outside(image.workdir) / RESULTS)}
    for section in read_results(ROOT / RESULTS):
        # Not of training: a run may be under way, its files other ones by now.
        if "train" not in section.title:
            assert shown[section.title].tables == section.tables
            assert shown[section.title].pictures == section.pictures
    assert {"eval/test", "certificate", "train/cpu-tiny"} <= set(shown)
    assert picture_bytes(image.outside(image.workdir) / RESULTS, "eval/test/score.png")


def test_it_is_small_and_holds_no_weights(image):
    held = [file for file in image.outside(image.workdir).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in held) < 20 * 2**20
    assert not [file for file in held if file.suffix in (".safetensors", ".bin", ".pt", ".pth")]


@pytest.mark.parametrize(
    "folder", ["outputs/train/run", "outputs/train/cpu-tiny/start", "outputs/eval/mine", "outputs"]
)
@pytest.mark.parametrize(
    "name", ["model.safetensors", "training_args.bin", "tokenizer.json", "checkpoint-3/optimizer.pt", "episodes.jsonl"]
)
def test_what_training_and_play_leave_behind_stays_out(module, tmp_path, folder, name):
    for left in (name, "table.md"):
        (tmp_path / "here" / folder / left).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "here" / folder / left).touch()
    module._copy_folder(tmp_path / "here", tmp_path / "there", module._dockerignore(ROOT))
    copied = [file.relative_to(tmp_path / "there").as_posix() for file in (tmp_path / "there").rglob("*")]
    assert f"{folder}/table.md" in copied
    assert not [one for one in copied if one.startswith(f"{folder}/{name.partition('/')[0]}")]


def test_a_star_of_a_pattern_ends_at_a_slash(module):
    assert module._is(Path("outputs/eval/mine/inspect"), "outputs/eval/*/inspect")
    assert not module._is(Path("outputs/eval/mine/more/inspect"), "outputs/eval/*/inspect")


def test_the_server_is_started_where_it_cannot_write(image):
    assert image.user.partition(":")[0] not in ("root", "0")
    assert not image.workdir.startswith("/tmp")

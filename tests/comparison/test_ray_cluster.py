"""Episodes on a local Ray cluster of two nodes: the bytes of one process here, and plain words for what is amiss."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from synth_audit_env import evaluation
from synth_audit_env.comparison import ray_cluster, run, workers
from synth_audit_env.comparison.jobs import Job, jobs, seeds
from synth_audit_env.comparison.ray_cluster import ClusterError
from synth_audit_env.comparison.workers import PlayError
from synth_audit_env.rollouts.own_server import free_port

ray = ray_cluster.ray  # not imported before it: how Ray is to start is said there
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
TODO = list(jobs(["random", "heuristic"], seeds("test", ("easy", "expert"), 4)))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    two = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    try:
        two.add_node(**NODE)
        two.wait_for_nodes()
        yield two
    finally:
        two.shutdown()


@pytest.mark.slow
def test_two_nodes_play_what_one_process_plays_to_the_byte(cluster, server):
    with ray_cluster.played(TODO, cluster.address) as results:
        assert sum(node["Alive"] for node in ray.nodes()) == 2
        played = list(results)
    with workers.played(TODO, server.url, 1) as results:
        assert sorted(one.line for one in played) == sorted(one.line for one in results)
    assert not ray.is_initialized()


@pytest.mark.slow
def test_a_whole_evaluation_is_the_same_there(cluster, tmp_path, server, monkeypatch):
    monkeypatch.setattr(run, "draw", lambda run, folder: [])
    flags = ["--episodes", "3", "--tier", "easy", "--tier", "hard", "--agent", "text-only", "--agent", "heuristic"]
    written = []
    for name, where in (("here", ["--base-url", server.url]), ("there", ["--ray", cluster.address])):
        out = tmp_path / name
        assert evaluation.main([*flags, *where, "--out", str(out)]) == 0
        results = json.loads((out / "results.json").read_text())
        written.append(((out / "episodes.jsonl").read_bytes(), {**results, "made": None}))
    assert written[0] == written[1]
    assert written[0][1]["figures"]["heuristic"]["hard"]["score"] == [1.0, 1.0, 1.0]


@pytest.mark.slow
def test_a_node_of_another_version_is_told(cluster, monkeypatch):
    monkeypatch.setattr(ray_cluster, "PACKAGE_VERSION", "0.0.0")
    with (
        ray_cluster.played(TODO[:1], cluster.address) as results,
        pytest.raises(
            PlayError, match=r"^A node of the cluster has version [\d.]+ of synth_audit_env, and not 0.0.0.$"
        ),
    ):
        list(results)


@pytest.mark.slow
def test_an_agent_that_fails_shows_where(cluster):
    job = Job("nobody", "easy", TODO[0].seed)
    with ray_cluster.played([job], cluster.address) as results, pytest.raises(ValueError, match="in play_job"):
        list(results)
    assert not ray.is_initialized()


def test_a_cluster_that_would_never_play_is_refused(monkeypatch):
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"memory": 1e9})
    with pytest.raises(ClusterError, match=r"^The Ray cluster has no CPU to play on: an episode takes one\.$"):
        list(ray_cluster._results(TODO))


def test_a_lost_cluster_is_one_sentence(monkeypatch):
    def lost(reference: object) -> None:
        raise ray.exceptions.RaySystemError("The raylet died.\nMuch more about it.")

    monkeypatch.setattr(ray, "get", lost)
    monkeypatch.setattr(ray, "wait", lambda references, **how: lost(references))
    for asked in (ray_cluster._result, lambda reference: ray_cluster._first_over([reference])):
        with pytest.raises(ClusterError, match=r"^The Ray cluster was lost: System error: The raylet died\.$"):
            asked(object())


def test_no_cluster_is_one_sentence():
    for address in (f"127.0.0.1:{free_port()}", f"ray://127.0.0.1:{free_port()}", "nonsense", "127.0.0.1:port"):
        with (
            pytest.raises(ClusterError, match=f"^No Ray cluster can be had at {address}: [^\n]+$"),
            ray_cluster.played(TODO, address),
        ):
            pass
    assert not ray.is_initialized()


def test_no_ray_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    spec = importlib.util.spec_from_file_location("without_ray", ray_cluster.__file__)
    with pytest.raises(
        ImportError, match=r"^Playing on a Ray cluster needs the extra `ray`: pip install -e '\.\[ray\]', or uv sync"
    ):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))

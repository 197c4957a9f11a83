"""The files of deploy/ agree with each other and with the server.

Each file alone is checked by the program that will read it, or by its schema: see "deployment" in .ci/nightly.
Here is what no schema can see.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from synth_audit_env.server.serving import settings
from synth_audit_env.server.serving.episode_log import EpisodeLog, LogFiles
from synth_audit_env.server.serving.metrics import Metrics

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
SILENCE_S = 600
"""A trainer may need so long between two messages of a session."""


def read(name):
    return yaml.safe_load((DEPLOY / name).read_text())


OBJECTS = {one["kind"]: one for one in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}
SPECS = {kind: one.get("spec") for kind, one in OBJECTS.items()}
POD = SPECS["Deployment"]["template"]
(CONTAINER,) = POD["spec"]["containers"]
SERVICES = read("compose.yaml")["services"]
BOARDS = {path.name: json.loads(path.read_text()) for path in (DEPLOY / "grafana/dashboards").glob("*.json")}
ALERTS = {rule["alert"]: rule["expr"] for group in read("prometheus/alerts.yml")["groups"] for rule in group["rules"]}


class TestCompose:
    def test_each_mounted_file_exists_and_is_mounted_where_it_is_looked_for(self):
        mounts = [mount.split(":") for service in SERVICES.values() for mount in service.get("volumes", [])]
        for source, *_ in mounts:
            assert not source.startswith(".") or (DEPLOY / source).exists(), f"{source} is not in deploy/"
        targets = {target for _, target, *_ in mounts}
        for provider in read("grafana/provisioning/dashboards/dashboards.yaml")["providers"]:
            assert provider["options"]["path"] in targets
        tokens = {config["target"] for config in SERVICES["prometheus"]["configs"]}
        for job in read("prometheus/prometheus.yml")["scrape_configs"]:
            assert job["authorization"]["credentials_file"] in tokens

    def test_the_file_with_its_secrets_stays_out_of_git_and_out_of_the_image(self):
        if not (DEPLOY.parent / ".git").exists():
            pytest.skip("not a git checkout")
        ignored = subprocess.run(["git", "check-ignore", "--quiet", "deploy/.env"], cwd=DEPLOY.parent, check=False)
        assert ignored.returncode == 0
        assert "deploy" in (DEPLOY.parent / ".dockerignore").read_text().split()


class TestKubernetes:
    @pytest.mark.parametrize(
        "selector",
        [
            SPECS["Deployment"]["selector"]["matchLabels"],
            SPECS["Service"]["selector"],
            SPECS["PodDisruptionBudget"]["selector"]["matchLabels"],
            SPECS["NetworkPolicy"]["podSelector"]["matchLabels"],
        ],
    )
    def test_each_selector_selects_the_pods(self, selector):
        assert selector
        assert selector.items() <= POD["metadata"]["labels"].items()

    def test_the_autoscaler_scales_the_deployment_before_its_pods_are_full(self):
        scaler = SPECS["HorizontalPodAutoscaler"]
        assert scaler["scaleTargetRef"]["name"] == OBJECTS["Deployment"]["metadata"]["name"]
        (room,) = (int(one["value"]) for one in CONTAINER["env"] if one["name"] == "MAX_SESSIONS")
        assert int(scaler["metrics"][0]["pods"]["target"]["averageValue"]) < room

    @pytest.mark.parametrize(
        ("status", "token", "ready"), [(200, "ours", True), (503, "ours", False), (200, "", False)]
    )
    def test_the_readiness_probe_succeeds_where_the_server_is_ready(self, status, token, ready, answering):
        def answer(asked):
            shown = asked.headers.get("Authorization") == "Bearer ours"
            return (status if shown else 401) if asked.path == "/ready" else 404, ""

        port, command = answering(answer), CONTAINER["readinessProbe"]["exec"]["command"]
        python, *rest = (word.replace(":8000/", f":{port}/") for word in command)
        assert python == "python"
        probe = subprocess.run([sys.executable, *rest], env={"SYNTH_AUDIT_TOKEN": token}, check=False)
        assert (probe.returncode == 0) is ready


@pytest.mark.parametrize("name", ["proxy_read_timeout", "proxy_send_timeout"])
def test_no_proxy_closes_a_session_that_is_silent_for_ten_minutes(name):
    shipped = re.sub("#.*", "", (DEPLOY / "nginx.conf").read_text())
    (hours,) = re.findall(rf"{name} (\d+)h;", shipped)
    assert int(hours) * 3600 > SILENCE_S
    annotation = f"nginx.ingress.kubernetes.io/{name.replace('_', '-')}"
    assert int(OBJECTS["Ingress"]["metadata"]["annotations"][annotation]) > SILENCE_S


def test_the_server_reads_every_variable_that_it_is_given():
    given = {*SERVICES["server"]["environment"], *(variable["name"] for variable in CONTAINER["env"])}
    assert given <= set(map(str.upper, settings.Settings.model_fields))


@pytest.fixture(scope="module")
def exposed(tmp_path_factory):
    """The names that /metrics answers with, and the one that Prometheus itself adds."""
    metrics = Metrics(limit=1)
    log = EpisodeLog(LogFiles(tmp_path_factory.mktemp("log")), metrics.registry)
    log.close(timeout_s=30.0)
    families = text_string_to_metric_families(metrics.text().decode())
    return {sample.name for family in families for sample in family.samples} | {"up"}


class TestMetrics:
    EXPRESSIONS = (
        *ALERTS.values(),
        *(
            target["expr"].replace("$__rate_interval", "1m")
            for board in BOARDS.values()
            for panel in board["panels"]
            for target in panel["targets"]
        ),
        *(rule["seriesQuery"] for rule in read("prometheus-adapter.yaml")["rules"]["custom"]),
        *(metric["pods"]["metric"]["name"] for metric in SPECS["HorizontalPodAutoscaler"]["metrics"]),
    )

    @pytest.mark.parametrize("expression", EXPRESSIONS)
    def test_each_expression_asks_for_metrics_that_the_server_exposes(self, exposed, expression):
        asked = set()

        def look(part):
            if isinstance(part, promql_parser.MatrixSelector):
                part = part.vector_selector
            if isinstance(part, promql_parser.VectorSelector):
                asked.add(part.name)

        promql_parser.walk(promql_parser.parse(expression), look)
        assert asked
        assert asked <= exposed

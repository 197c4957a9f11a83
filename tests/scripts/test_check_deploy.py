"""deploy/ is in order, and each of its checks finds what it is there to find."""

import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from synth_audit_env.scripts import check_deploy, own_nginx
from synth_audit_env.scripts.check_deploy import (
    ADAPTER,
    ALERTS,
    CHECKS,
    DEPLOY,
    KUBERNETES,
    NotCheckedError,
    WrongError,
)
from synth_audit_env.server.serving.episode_log import LOST
from synth_audit_env.server.serving.sessions import ADDRESS_LIMIT_REACHED, CAPACITY_REACHED

BOARD = "grafana/dashboards/sessions.json"
SOURCES = "grafana/provisioning/datasources/prometheus.yaml"
SELECTOR = "  selector: {app.kubernetes.io/name: synth-audit}"
BACKEND = "service:\n                name: "


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_shipped_is_in_order(check):
    try:
        check(DEPLOY)
    except NotCheckedError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def tampered(tmp_path):
    """A copy of deploy/ with some text in a file replaced."""

    def make(file: str, text: str, by: str) -> Path:
        deploy = tmp_path / "deploy"
        shutil.copytree(DEPLOY, deploy)
        before = (deploy / file).read_text()
        assert text in before
        (deploy / file).write_text(before.replace(text, by))
        return deploy

    return make


@pytest.mark.parametrize(
    ("check", "file", "text", "by", "word"),
    [
        ("compose", "compose.yaml", "read_only: true", "read_only: 3.5", "read_only"),
        ("compose", "compose.yaml", "restart: unless-stopped", "restarts: always", "restarts"),
        ("mounts", "compose.yaml", "./grafana/dashboards:", "./grafana/boards:", "boards"),
        ("mounts", "compose.yaml", ":/etc/grafana/dashboards:ro", ":/srv/dashboards:ro", "dashboards"),
        ("mounts", "prometheus/prometheus.yml", "/run/scrape-token", "/run/token", "/run/token"),
        ("kubernetes", KUBERNETES, "runAsNonRoot: true", "runAsNonRoot: 65532", "runAsNonRoot"),
        ("kubernetes", KUBERNETES, "readinessProbe:", "readynessProbe:", "readynessProbe"),
        ("kubernetes", KUBERNETES, "maxReplicas: 20", "", "maxReplicas"),
        ("references", KUBERNETES, SELECTOR, "  selector: {a: b}", "Service"),
        ("references", KUBERNETES, "kind: Deployment, name: synth-audit}", "kind: Deployment, name: x}", "scales x"),
        ("references", KUBERNETES, 'averageValue: "40"', 'averageValue: "64"', "64"),
        ("references", KUBERNETES, "targetPort: http", "targetPort: https", "https"),
        ("references", KUBERNETES, f"{BACKEND}synth-audit", f"{BACKEND}y", "y"),
        ("silence", "nginx.conf", "proxy_read_timeout 1h;", "proxy_read_timeout 10m;", "nginx.conf: proxy_read.*600"),
        ("silence", "nginx.conf", "proxy_send_timeout 1h;", "proxy_send_timeout 600;", "nginx.conf: proxy_send.*600"),
        ("silence", "nginx.conf", "proxy_read_timeout 1h;", "# proxy_read_timeout 1h;", "60 s"),
        ("silence", KUBERNETES, 'proxy-read-timeout: "3600"', 'proxy-read-timeout: "600"', "kubernetes.* 600 s"),
        ("silence", KUBERNETES, "proxy-send-timeout:", "proxy-sent-timeout:", "proxy_send_timeout is 60 s"),
        ("variables", KUBERNETES, "name: MAX_SESSIONS,", "name: MAX_SESSION,", "MAX_SESSION,"),
        ("variables", "compose.yaml", "LOG_FORMAT: json", "LOG_FORMATS: json", "LOG_FORMATS"),
        ("metrics", KUBERNETES, "name: synth_audit_sessions}", "name: synth_audit_session}", "synth_audit_session"),
        ("metrics", ADAPTER, "seriesQuery: synth_audit_sessions", "seriesQuery: sessions", "sessions"),
        ("metrics", ALERTS, "synth_audit_faults_total[15m]", "synth_audit_faults[15m]", "ServerFaults"),
        ("metrics", ALERTS, "log_episodes_total{", "log_episode_total{", "EpisodesLost"),
        ("metrics", ALERTS, "[15m]) > 0", "[15m] > 0", "no PromQL"),
        ("metrics", BOARD, "synth_audit_step_seconds_bucket", "synth_audit_step_bucket", "Time of a step"),
        ("metrics", BOARD, "process_open_fds", "process_open_files", "process_open_files"),
        ("dashboards", SOURCES, "uid: prometheus", "uid: other", "not provisioned"),
        ("dashboards", BOARD, '"id": 2,', '"id": 1,', "one id"),
        ("dashboards", BOARD, '"x": 16', '"x": 17', "edge"),
        ("dashboards", BOARD, '"x": 16', '"x": 8', "lies"),
        ("prometheus", "prometheus/prometheus.yml", "scrape_interval: 5s", "scrape_interval: 5", "5"),
        ("prometheus", ALERTS, "annotations:", "anotations:", "anotations"),
        ("nginx", "nginx.conf", "least_conn;", "least_sessions;", "least_sessions"),
        ("nginx", "nginx.conf", "listen 127.0.0.1:8000;", "listen 8000;", "listen"),
    ],
)  # fmt: skip
def test_each_check_finds_what_is_wrong(tampered, check, file, text, by, word):
    deploy = tampered(file, text, by)
    try:
        with pytest.raises(WrongError, match=word):
            getattr(check_deploy, f"check_{check}")(deploy)
    except NotCheckedError as missing:
        pytest.skip(str(missing))


def test_somebody_is_told_of_episodes_that_the_log_lost():
    """By the name that the log counts them under: an alert on a label that nothing has would never come."""
    alerts = {place: expression for place, expression in check_deploy.expressions(DEPLOY) if "alert" in place}
    assert f'synth_audit_episode_log_episodes_total{{fate="{LOST}"}}' in alerts["the alert EpisodesLost"]


class Ready(BaseHTTPRequestHandler):
    """Answers /ready as a server with a token does."""

    def do_GET(self):
        shown = self.headers.get("Authorization") == "Bearer a-token-of-our-own"
        self.send_response((self.server.status if shown else 401) if self.path == "/ready" else 404)
        self.end_headers()

    def log_message(self, *_):
        """Tests print nothing."""


@pytest.mark.parametrize(
    ("status", "token", "ready"),
    [(200, "a-token-of-our-own", True), (503, "a-token-of-our-own", False), (200, "", False)],
)
def test_the_readiness_probe_says_what_the_server_says(status, token, ready):
    pods = next(one for one in yaml.safe_load_all((DEPLOY / KUBERNETES).read_text()) if one["kind"] == "Deployment")
    command = pods["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["exec"]["command"]
    with ThreadingHTTPServer(("127.0.0.1", 0), Ready) as server:
        server.status = status
        threading.Thread(target=server.serve_forever, daemon=True).start()
        python, *rest = (word.replace(":8000/", f":{server.server_port}/") for word in command)
        assert python == "python"
        asked = subprocess.run(
            [sys.executable, *rest], env={"SYNTH_AUDIT_TOKEN": token}, capture_output=True, check=False
        )
        server.shutdown()
    assert (asked.returncode == 0) is ready, asked.stderr


def test_an_address_at_its_own_limit_alerts_nobody():
    alerts = dict(check_deploy.expressions(DEPLOY))
    assert f'code="{CAPACITY_REACHED}"' in alerts["the alert SessionsRefused"]
    assert ADDRESS_LIMIT_REACHED not in "".join(alerts.values())


def test_the_file_that_compose_reads_its_secrets_from_stays_out_of_git_and_out_of_the_image():
    if not (DEPLOY.parent / ".git").exists():
        pytest.skip("not a git checkout")
    ignored = subprocess.run(["git", "check-ignore", "--quiet", "deploy/.env"], cwd=DEPLOY.parent, check=False)
    assert ignored.returncode == 0
    assert "deploy" in (DEPLOY.parent / ".dockerignore").read_text().split()


def test_every_metric_of_an_expression_is_seen():
    asked = 'sum by (le) (rate(a{b="c"}[1m])) / (-d offset 5m > 0) or histogram_quantile(0.5, max_over_time(e[1h:1m]))'
    parsed = check_deploy.promql_parser.parse(asked)
    assert check_deploy.metrics_of(parsed) == {"a", "d", "e"}


def test_what_could_not_be_checked_is_said_and_fails_where_it_is_asked_for(monkeypatch, capsys):
    monkeypatch.setattr(own_nginx, "find", lambda: None)
    monkeypatch.setattr(check_deploy, "CHECKS", (check_deploy.check_nginx, check_deploy.check_dashboards))
    assert check_deploy.main([]) == 0
    said = capsys.readouterr().out
    assert "NOT CHECKED" in said
    assert "nginx-light" in said
    assert "1 checks passed, 0 failed, 1 not made." in said
    assert check_deploy.main(["--strict"]) == 1


def test_something_wrong_is_status_1(tampered, monkeypatch, capsys):
    deploy = tampered("compose.yaml", "./prometheus:", "./prometeus:")
    monkeypatch.setattr(check_deploy, "CHECKS", (check_deploy.check_mounts,))
    assert check_deploy.main(["--folder", str(deploy)]) == 1
    assert "prometeus" in capsys.readouterr().out

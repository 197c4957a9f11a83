"""Check deploy/ as far as that goes without a cluster: each file by a validator of what will read it.

    uv run python scripts/check_deploy.py

Compose's JSON schema is check-jsonschema's, Kubernetes' are kubernetes-validate's, expressions are read by a parser of
PromQL, and every metric that is asked for has to be one that the server exposes. What no schema can see, such as that a
selector selects something, is looked at here. promtool and nginx are Debian's packages: where one is missing, what it
would have checked is printed as NOT CHECKED, which fails with --strict. Exit status 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import promql_parser
import yaml
from prometheus_client.parser import text_string_to_metric_families

from synth_audit_env.scripts import own_nginx
from synth_audit_env.server.serving import settings
from synth_audit_env.server.serving.episode_log import EpisodeLog
from synth_audit_env.server.serving.metrics import Metrics

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
# In that folder:
COMPOSE = "compose.yaml"
KUBERNETES = "kubernetes.yaml"
ADAPTER = "prometheus-adapter.yaml"
NGINX = "nginx.conf"
ALERTS = "prometheus/alerts.yml"
PROMETHEUS = "prometheus/prometheus.yml"
DASHBOARDS = "grafana/dashboards"
DATASOURCES = "grafana/provisioning/datasources"
PROVIDERS = "grafana/provisioning/dashboards/dashboards.yaml"
KUBERNETES_VERSION = "1.34"
"""The first in which the newest field of the manifest, a sleep before the stop, cannot be switched off."""
COLUMNS = 24
"""Of a dashboard."""
SILENCE_S = 600.0
"""Seconds between two messages of a session that nothing on the way may take for its end: a trainer is generating."""
NGINX_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
FROM_PROMETHEUS = frozenset({"up"})
"""What Prometheus itself says of each server."""


class WrongError(Exception):
    """Something would not work where it is deployed."""


class NotCheckedError(Exception):
    """A program that would check it is not here."""


def check_compose(deploy: Path) -> None:
    """compose.yaml is what Compose's schema allows."""
    _run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(deploy / COMPOSE)])


def check_mounts(deploy: Path) -> None:
    """What compose.yaml mounts is here, and where the mounted files look for each other they find each other."""
    services = _one(deploy / COMPOSE)["services"]
    targets = set()
    for name, service in services.items():
        for mount in service.get("volumes", []):
            source, target, *_ = mount.split(":")
            targets.add(target)
            if source.startswith(".") and not (deploy / source).exists():
                raise WrongError(f"{name} mounts {source}, which is not in deploy/.")
    for provider in _one(deploy / PROVIDERS)["providers"]:
        if provider["options"]["path"] not in targets:
            raise WrongError(f"Grafana reads dashboards from {provider['options']['path']}, where nothing is mounted.")
    for job in _one(deploy / PROMETHEUS)["scrape_configs"]:
        file = job["authorization"]["credentials_file"]
        if file not in {config["target"] for config in services["prometheus"]["configs"]}:
            raise WrongError(f"Prometheus reads its token from {file}, where nothing is mounted.")


def check_kubernetes(deploy: Path) -> None:
    """Every object of kubernetes.yaml is what the schema of its kind allows, without a field that it does not know."""
    version = ["--strict", "--quiet", "--kubernetes-version", KUBERNETES_VERSION]
    _run([sys.executable, "-m", "kubernetes_validate", *version, str(deploy / KUBERNETES)])


def check_references(deploy: Path) -> None:
    """What the objects of kubernetes.yaml say of each other is so."""
    objects = {manifest["kind"]: manifest for manifest in _all(deploy / KUBERNETES)}
    name = objects["Deployment"]["metadata"]["name"]
    pod = objects["Deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    selectors = {
        "Deployment": objects["Deployment"]["spec"]["selector"]["matchLabels"],
        "Service": objects["Service"]["spec"]["selector"],
        "PodDisruptionBudget": objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    }
    for kind, selector in selectors.items():
        if not selector.items() <= labels.items():
            raise WrongError(f"The {kind} selects {selector}, but the pods are {labels}.")
    scaled = objects["HorizontalPodAutoscaler"]["spec"]
    if scaled["scaleTargetRef"]["name"] != name:
        raise WrongError(f"The autoscaler scales {scaled['scaleTargetRef']['name']}, but the Deployment is {name}.")
    (server,) = pod["spec"]["containers"]
    sessions = int(next(variable["value"] for variable in server["env"] if variable["name"] == "MAX_SESSIONS"))
    wanted = int(scaled["metrics"][0]["pods"]["target"]["averageValue"])
    if wanted >= sessions:
        raise WrongError(f"The autoscaler aims at {wanted} sessions a pod, of which each takes {sessions} at most.")
    ports = {port["name"] for port in server["ports"]}
    served = {port["targetPort"] for port in objects["Service"]["spec"]["ports"]}
    if not served <= ports:
        raise WrongError(f"The Service sends to the ports {served}, but the pods have {ports}.")
    for rule in objects["Ingress"]["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            service = path["backend"]["service"]["name"]
            if service != objects["Service"]["metadata"]["name"]:
                raise WrongError(f"The Ingress sends to {service}, which is no Service here.")


def check_silence(deploy: Path) -> None:
    """No proxy hangs up on a session in which nothing is said for ten minutes."""
    lines = [line.partition("#")[0] for line in (deploy / NGINX).read_text().splitlines()]
    ingress = next(one for one in _all(deploy / KUBERNETES) if one["kind"] == "Ingress")["metadata"]["annotations"]
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        # Without the directive it is a minute.
        written = re.findall(rf"\b{name}\s+(\d+)(\w*)\s*;", "\n".join(lines)) or [("60", "")]
        annotated = ingress.get(f"nginx.ingress.kubernetes.io/{name.replace('_', '-')}", "60")
        limits = {NGINX: min(int(number) * NGINX_UNITS[unit] for number, unit in written), KUBERNETES: float(annotated)}
        for file, seconds in limits.items():
            if seconds <= SILENCE_S:
                raise WrongError(f"{file}: {name} is {seconds:g} s, and a trainer may be silent for {SILENCE_S:g}.")


def check_variables(deploy: Path) -> None:
    """Every variable that a server is started with is one that it reads: others would be passed over in silence."""
    known = {*re.findall(r"\b[A-Z][A-Z_]+\b", settings.__doc__ or ""), "ENABLE_WEB_INTERFACE"}
    given = {
        COMPOSE: set(_one(deploy / COMPOSE)["services"]["server"]["environment"]),
        KUBERNETES: {variable["name"] for variable in _server(deploy)["env"]},
    }
    for file, names in given.items():
        if unknown := names - known:
            raise WrongError(f"{file} sets {', '.join(sorted(unknown))}, which the server does not read.")


def check_metrics(deploy: Path) -> None:
    """Every expression is PromQL, and asks for metrics that the server has."""
    exposed = exposed_metrics() | FROM_PROMETHEUS
    for place, expression in expressions(deploy):
        try:
            asked = metrics_of(promql_parser.parse(expression))
        except ValueError as problem:
            raise WrongError(f"{place}: {expression} is no PromQL: {problem}") from problem
        if unknown := asked - exposed:
            raise WrongError(f"{place} asks for {', '.join(sorted(unknown))}, which the server does not expose.")


def check_dashboards(deploy: Path) -> None:
    """Each dashboard can be laid out, and gets its figures from a source that is provisioned."""
    sources = {source["uid"] for file in (deploy / DATASOURCES).iterdir() for source in _one(file)["datasources"]}
    for file in (deploy / DASHBOARDS).glob("*.json"):
        board = json.loads(file.read_text())
        taken: dict[tuple[int, int], str] = {}
        ids = [panel["id"] for panel in board["panels"]]
        if len(set(ids)) != len(ids):
            raise WrongError(f"{file.name}: two panels have one id.")
        for panel in board["panels"]:
            title = panel["title"]
            for asked in (panel, *panel["targets"]):
                source = asked["datasource"]["uid"]
                if source not in sources:
                    raise WrongError(f"{file.name}: {title} asks {source}, which is not provisioned.")
            place = panel["gridPos"]
            columns, rows = (range(place[at], place[at] + place[size]) for at, size in ("xw", "yh"))
            for cell in product(columns, rows):
                if cell[0] >= COLUMNS or cell in taken:
                    raise WrongError(f"{file.name}: {title} lies beyond the edge, or on {taken.get(cell)}.")
                taken[cell] = title


def check_prometheus(deploy: Path) -> None:
    """promtool reads prometheus.yml and the alerts, and the dashboards' expressions as rules."""
    promtool = shutil.which("promtool")
    if promtool is None:
        raise NotCheckedError("promtool is not installed: it is Debian's package promtool.")
    # Syntax only, as the token is there only where it runs.
    _run([promtool, "check", "config", "--syntax-only", str(deploy / PROMETHEUS)])
    _run([promtool, "check", "rules", str(deploy / ALERTS)])
    with tempfile.TemporaryDirectory() as folder:
        rules = [{"record": f"r{number}", "expr": text} for number, (_, text) in enumerate(expressions(deploy))]
        file = Path(folder) / "rules.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
        _run([promtool, "check", "rules", "--lint=none", str(file)])


def check_nginx(deploy: Path) -> None:
    """Nginx reads nginx.conf."""
    if own_nginx.find() is None:
        raise NotCheckedError(own_nginx.NOT_FOUND)
    with tempfile.TemporaryDirectory() as folder:
        try:
            own_nginx.check(Path(folder), deploy / NGINX)
        except own_nginx.NginxError as problem:
            raise WrongError(str(problem)) from problem


CHECKS: Sequence[Callable[[Path], None]] = (
    check_compose,
    check_mounts,
    check_kubernetes,
    check_references,
    check_silence,
    check_variables,
    check_metrics,
    check_dashboards,
    check_prometheus,
    check_nginx,
)


def exposed_metrics() -> set[str]:
    """The names under which a server that keeps an episode log answers at /metrics."""
    metrics = Metrics(limit=1)
    with tempfile.TemporaryDirectory() as folder:
        log = EpisodeLog(Path(folder))
        metrics.show(log.counted)
        log.close(timeout_s=30.0)
    families = text_string_to_metric_families(metrics.text().decode())
    return {sample.name for family in families for sample in family.samples}


def expressions(deploy: Path) -> Iterator[tuple[str, str]]:
    """Everything in PromQL: where it stands, and the expression, with Grafana's variables filled in."""
    for group in _one(deploy / ALERTS)["groups"]:
        for rule in group["rules"]:
            yield f"the alert {rule['alert']}", rule["expr"]
    for file in (deploy / DASHBOARDS).glob("*.json"):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                filled = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
                yield f"the panel {panel['title']!r}", filled
    for rule in _one(deploy / ADAPTER)["rules"]["custom"]:
        yield ADAPTER, rule["seriesQuery"]
    for manifest in _all(deploy / KUBERNETES):
        if manifest["kind"] == "HorizontalPodAutoscaler":
            for metric in manifest["spec"]["metrics"]:
                yield "the autoscaler", metric["pods"]["metric"]["name"]


def metrics_of(expression: promql_parser.Expr) -> set[str]:
    """The names of the metrics that a parsed expression asks for."""
    found = set()

    def look(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            found.add(str(part.name))
        elif isinstance(part, promql_parser.MatrixSelector):
            found.add(str(part.vector_selector.name))

    promql_parser.walk(expression, look)
    return found


def _all(file: Path) -> list[Any]:
    return list(yaml.safe_load_all(file.read_text()))


def _server(deploy: Path) -> Any:
    """The container of the pods."""
    pods = next(one for one in _all(deploy / KUBERNETES) if one["kind"] == "Deployment")
    return pods["spec"]["template"]["spec"]["containers"][0]


def _one(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


def _run(command: Sequence[str]) -> None:
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        raise WrongError((told.stdout + told.stderr).strip())


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when nothing is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=DEPLOY, help="another than deploy/")
    parser.add_argument("--strict", action="store_true", help="fail also where a program that would check is missing")
    chosen = parser.parse_args(arguments)
    wrong = unchecked = 0
    for check in CHECKS:
        promise = (check.__doc__ or "").strip()
        try:
            check(chosen.folder)
        except WrongError as problem:
            wrong += 1
            print(f"WRONG        {promise}\n             {problem}")
        except NotCheckedError as problem:
            unchecked += 1
            print(f"NOT CHECKED  {promise}\n             {problem}")
        else:
            print(f"ok           {promise}")
    print(f"{len(CHECKS) - wrong - unchecked} checks passed, {wrong} failed, {unchecked} not made.")
    return 1 if wrong or (chosen.strict and unchecked) else 0


if __name__ == "__main__":
    sys.exit(main())

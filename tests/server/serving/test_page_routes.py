"""The page's own files, as a browser and a stranger ask for them."""

import http.client
import re
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from synth_audit_env.server.serving import page_routes
from synth_audit_env.tests.patience import PATIENCE_S

TRAVERSALS = [
    "../app.py",
    "..%2fapp.py",
    "%2e%2e/%2e%2e/pyproject.toml",
    "js/../../app.py",
    "..\\app.py",
    "%5c..%5capp.py",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "js%00.js",
    "x" * 300,
    "js",
    "",
    quote("\ud7ff/\x01"),
]


def test_the_index_is_at_the_root_and_names_files_that_are_there(server):
    index = server.http.get("/")
    assert (index.status_code, index.headers["content-type"]) == (200, "text/html; charset=utf-8")
    named = re.findall(r'(?:href|src)="(page/[^"]+)"', index.text)
    assert named
    for path in named:
        answer = server.http.get(f"/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-cache"


def test_whoever_looks_for_openenvs_page_is_sent_to_ours(server):
    for path in ("/web", "/web/"):
        answer = server.http.get(path, follow_redirects=True)
        assert (answer.status_code, answer.url.path) == (200, "/")


def test_nothing_comes_from_another_host_and_no_other_script_runs(server):
    for path in ("/", "/page/js/main.js", "/page/settings"):
        policy = server.http.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert not {"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} & set(re.split(r"[ ;']+", policy))
    assert "://" not in server.http.get("/").text


@pytest.mark.parametrize("path", ["/", "/page/vendor/uplot.js", "/page/settings"])
def test_head_is_answered_as_get_is(server, path):
    head, whole = server.http.head(path), server.http.get(path)
    assert (head.status_code, head.content) == (200, b"")
    for each in (head, whole):
        each.headers.pop("date")
    assert head.headers == whole.headers


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out(server, path):
    answer = server.http.get(f"/page/{path}")
    assert answer.status_code == 404
    assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize("path", ["/page/../app.py", "/page/js/../../../pyproject.toml", "/page//etc/passwd", "/../x"])
def test_nor_does_one_that_a_client_would_not_send_so(server, path):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE_S)
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()


def test_no_link_leads_out(serve, monkeypatch, tmp_path):
    home = tmp_path / "page"
    home.mkdir()
    monkeypatch.setattr(page_routes, "FILES", home)
    (tmp_path / "secret.js").write_text("secret")
    (home / "own.js").write_text("own;")
    (home / "out.js").symlink_to(tmp_path / "secret.js")
    (home / "folder").symlink_to(tmp_path)
    client = serve().http
    names = ("own.js", "out.js", "folder/secret.js")
    assert [client.get(f"/page/{name}").status_code for name in names] == [200, 404, 404]


def test_no_socket_is_below_the_page(server):
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"{server.ws_url}/page/settings", proxy=None).close()

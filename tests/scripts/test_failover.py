"""The report of a failover believes nobody: nginx's log says who was where, a quiet run what should have been paid."""

from dataclasses import replace

import pytest

from synth_audit_env.scripts import failover, own_nginx
from synth_audit_env.scripts.failover import FINISHED, LOST, Episode, report
from synth_audit_env.scripts.own_nginx import NginxError, OwnNginx

VICTIM, SURVIVOR = 8001, 8002
SERVERS = {1: VICTIM, 2: SURVIVOR, 3: SURVIVOR}
PAID = (0.1, 0.3)
GOOD = [
    Episode(1, False, FINISHED, PAID, PAID, (0.001,)),
    Episode(1, False, LOST, PAID[:1], PAID),
    Episode(2, False, FINISHED, PAID, PAID, (0.001,)),
    Episode(2, True, FINISHED, PAID, PAID, (0.002,)),
    Episode(3, True, FINISHED, PAID, PAID, (0.004,)),
    # Lost between two episodes: told by the next reset, after the kill.
    Episode(1, True, LOST, (), PAID),
]


def broken(episodes, servers=SERVERS):
    found = report(episodes, servers, VICTIM, SURVIVOR, sessions=2)
    return [name for name, holds in found["checks"].items() if not holds]


def test_a_failover_as_it_should_be():
    assert broken(GOOD) == []
    found = report(GOOD, SERVERS, VICTIM, SURVIVOR, sessions=2)
    assert found["connections"] == {"killed server": 1, "survivor": 2}
    assert list(found["episodes"].values()) == [1, 2, 1, 2, []]
    assert found["median wait of the survivor, after the kill to before it"] == 3.0


@pytest.mark.parametrize(
    ("index", "change", "check"),
    [
        (1, {"ended": "TimeoutError: late"}, "what else that server had was finished before"),
        (2, {"ended": LOST}, "each of them was on the killed server"),
        (2, {"rewards": (0.1, 0.2)}, "the survivor's episodes went as in a quiet run"),
        (2, {"ended": "OSError: no"}, "the survivor's episodes went as in a quiet run"),
        (3, {"port": 1}, "whoever came later landed on the survivor"),
        (4, {"rewards": ()}, "and was served as in a quiet run"),
        (4, {"port": 9}, "nginx knows the server of every session"),
    ],
)
def test_each_fault_is_found(index, change, check):
    episodes = [replace(one, **change) if number == index else one for number, one in enumerate(GOOD)]
    assert check in broken(episodes)


def test_a_kill_that_hit_nobody_shows_nothing():
    assert "sessions were lost with their server" in broken([one for one in GOOD if one.ended != LOST])
    assert "both servers had sessions" in broken(GOOD[2:5])
    assert "whoever came later landed on the survivor" in broken(GOOD[:3])


LINE = '2026-01-02T03:04:05+00:00 127.0.0.1:{port} {status} {servers} 1.250 "{path}"\n'


def test_the_log_says_which_server_had_a_session(tmp_path):
    log = tmp_path / "sessions.log"
    log.write_text(
        LINE.format(port=40000, status=101, servers="127.0.0.1:8002", path="/ws")
        # The first one did not answer.
        + LINE.format(port=40001, status=101, servers="127.0.0.1:8001, 127.0.0.1:8002", path="/ws")
        + LINE.format(port=40002, status=200, servers="127.0.0.1:8001", path="/health")
        + LINE.format(port=40003, status=502, servers="127.0.0.1:8001", path="/ws")
    )
    nginx = OwnNginx("http://127.0.0.1:1", log)
    assert nginx.sessions() == {40000: 8002, 40001: 8002}
    log.write_text(log.read_text() + LINE.format(port=40000, status=101, servers="127.0.0.1:8001", path="/ws"))
    with pytest.raises(NginxError, match="40000"):
        nginx.sessions()


def test_what_nginx_is_run_with_is_the_shipped_file_but_for_its_places(tmp_path):
    shipped = own_nginx.SHIPPED.read_text().splitlines()
    ours = own_nginx.site(1234, (5678, 9012), tmp_path / "log").splitlines()
    changed = [new.split("#")[0].strip() for old, new in zip(shipped, ours, strict=True) if old != new]
    servers = [
        "server 127.0.0.1:5678 max_fails=1 fail_timeout=5s;",
        "server 127.0.0.1:9012 max_fails=1 fail_timeout=5s;",
    ]
    assert changed == [*servers, *servers, "listen 127.0.0.1:1234;", f"access_log {tmp_path}/log synth_audit;"]


def test_a_machine_without_nginx_is_told_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(own_nginx, "find", lambda: None)
    with pytest.raises(NginxError, match="nginx-light"):
        own_nginx.check(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(own_nginx.find() is None, reason=own_nginx.NOT_FOUND)
def test_a_killed_server_takes_its_own_sessions_along_and_no_others(monkeypatch, tmp_path, capsys):
    out = tmp_path / "failover.json"
    monkeypatch.setattr("sys.argv", ["failover.py", "--sessions", "12", "--out", str(out)])
    assert failover.main() == 0, capsys.readouterr().out
    assert out.exists()

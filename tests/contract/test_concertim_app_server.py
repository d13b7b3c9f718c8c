"""The simulated front end over HTTP: connections, faults, log, command."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading

import pytest

from tests.contract.concertim import App, Entry, Server, certificates, serve
from tests.contract.concertim.asking import Asker

ROOT = pathlib.Path(__file__).parents[2]
RACK = {"name": "c1", "status": "ACTIVE", "order_id": "o1"}


class Wire:
    """One connection, as root."""

    def __init__(self, server, context=None):
        kind = http.client.HTTPConnection
        options = {"timeout": 10}
        if context:
            kind = http.client.HTTPSConnection
            options["context"] = context
        self.connection = kind(server.host, server.port, **options)
        self.headers = {
            "Authorization": server.app.token(),
            "Content-Type": "application/json",
        }

    def ask(self, method, path, body=None):
        content = None if body is None else json.dumps(body)
        self.connection.request(
            method, f"/api/v1{path}", content, self.headers
        )
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


@pytest.fixture
def server():
    with serve() as server:
        yield server


@pytest.fixture
def app(server):
    return server.app


@pytest.fixture
def connect():
    with contextlib.ExitStack() as stack:

        def connect(*args):
            wire = Wire(*args)
            stack.callback(wire.connection.close)
            return wire

        yield connect


@pytest.fixture
def wire(server, connect):
    return connect(server)


@pytest.fixture
def rack(app):
    return {"rack": {**RACK, "team_id": app.seed.team("team-a").id}}


class TestConnections:
    def test_one_connection_serves_many_requests(self, server, wire):
        wire.connection.connect()
        mine = wire.connection.sock.getsockname()
        for _ in range(50):
            assert wire.ask("GET", "/teams") == (200, [])
        assert wire.connection.sock.getsockname() == mine

    def test_it_stays_after_an_error_and_a_body(self, wire, rack):
        wire.connection.connect()
        kept = wire.connection.sock
        assert wire.ask("POST", "/nodes", {"template_id": "x"})[0] == 404
        assert wire.ask("POST", "/teams", rack)[0] == 404
        assert wire.ask("POST", "/racks", rack)[0] == 200
        assert wire.ask("PATCH", "/racks/x", rack)[0] == 404
        assert wire.ask("PUT", "/racks/x", rack)[0] == 404
        assert wire.ask("DELETE", "/racks/x")[0] == 404
        assert wire.connection.sock is kept

    def test_it_ends_when_the_client_says_so(self, server, wire):
        wire.headers["Connection"] = "close"
        wire.ask("GET", "/teams")
        assert wire.connection.sock is None

    def test_many_connections_at_once(self, connect, app, server):
        team = app.seed.team("team-a")
        statuses = []

        def work(n):
            wire = connect(server)
            for i in range(5):
                body = {
                    **RACK,
                    "team_id": team.id,
                    "name": f"c{n}-{i}",
                    "order_id": f"o{i}",
                }
                statuses.append(wire.ask("POST", "/racks", {"rack": body})[0])

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(statuses) == [200] * 5 + [422] * 35
        assert app.count("POST /api/v1/racks") == len(app.requests) == 40

    def test_it_stops_at_once_and_starts_again_at_its_port(self, connect):
        server = Server(App()).start()
        wire, url = connect(server), server.url
        wire.ask("GET", "/teams")
        server.stop()
        assert wire.connection.sock.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((server.host, server.port))
        with server:
            assert server.url == url
            assert connect(server).ask("GET", "/teams")[0] == 200
        server.stop()

    def test_it_stops_while_somebody_waits(self, server, app, wire):
        entered, event = threading.Event(), threading.Event()

        def fault(method, path):
            entered.set()
            return "wait", event

        app.faults = fault
        lost = []

        def ask():
            try:
                wire.ask("GET", "/teams")
            except (http.client.HTTPException, OSError) as error:
                lost.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        assert entered.wait(10)
        server.stop()
        thread.join(10)
        event.set()
        assert len(lost) == 1

    def test_tls(self, connect, tmp_path):
        certificate, key = certificates.write(tmp_path)
        with serve(certificate=certificate, key=key) as server:
            assert server.url.startswith("https://127.0.0.1:")
            trusting = ssl.create_default_context(cafile=certificate)
            wire = connect(server, trusting)
            for _ in range(3):
                assert wire.ask("GET", "/teams") == (200, [])
            doubting = connect(server, ssl.create_default_context())
            with pytest.raises(ssl.SSLCertVerificationError):
                doubting.ask("GET", "/teams")
            # One who never shakes hands keeps nobody waiting.
            with socket.create_connection((server.host, server.port)):
                assert connect(server, trusting).ask("GET", "/teams")[0] == 200


class TestFaults:
    def test_a_status_instead(self, app, wire, rack):
        headers = {"Retry-After": "1"}
        app.faults.add("racks", "status", 503, "busy", headers, times=1)
        wire.connection.request(
            "POST", "/api/v1/racks", json.dumps(rack), wire.headers
        )
        response = wire.connection.getresponse()
        assert (response.status, response.read()) == (503, b"busy")
        assert response.headers["Retry-After"] == "1"
        assert not app.model.racks
        assert wire.ask("POST", "/racks", rack)[0] == 200

    def test_a_status_after_it_was_done(self, app, wire, rack):
        app.faults.add("^POST", "status_after", 504)
        assert wire.ask("POST", "/racks", rack) == (504, {})
        assert len(app.model.racks) == 1

    @pytest.mark.parametrize(
        ("fault", "done"), [("drop_before", 0), ("drop_after", 1)]
    )
    def test_a_connection_that_ends_without_an_answer(
        self, app, wire, rack, fault, done
    ):
        app.faults.add("^POST /api/v1/racks", fault, times=1)
        with pytest.raises(http.client.RemoteDisconnected):
            wire.ask("POST", "/racks", rack)
        assert len(app.model.racks) == done
        assert app.requests[-1].status is None
        wire.connection.close()
        again = wire.ask("POST", "/racks", rack)
        assert again[0] == (422 if done else 200)

    def test_a_delay(self, app, wire):
        slept = []
        app.sleep = slept.append
        app.faults.add("teams", "delay", 0.5)
        assert wire.ask("GET", "/teams")[0] == 200
        assert slept == [0.5]

    def test_others_are_served_while_one_waits(
        self, connect, app, server, wire
    ):
        entered, event, answers = threading.Event(), threading.Event(), []
        app.faults = lambda method, path: (
            (entered.set(), ("wait", event))[1] if "teams" in path else None
        )
        thread = threading.Thread(
            target=lambda: answers.append(wire.ask("GET", "/teams"))
        )
        thread.start()
        assert entered.wait(10)
        assert connect(server).ask("GET", "/racks") == (200, [])
        assert answers == []
        event.set()
        thread.join(10)
        assert answers == [(200, [])]

    def test_rules_count_what_they_meet(self, app):
        root = Asker(app)
        rule = app.faults.add("teams", "status", 500, after=1, times=2)
        statuses = [root.get("/teams")[0] for _ in range(4)]
        assert statuses == [200, 500, 500, 200]
        assert rule.met == 4
        app.faults.add("teams", "status", 404)
        assert root.get("/teams")[0] == 404
        app.faults.clear()
        assert root.get("/teams")[0] == 200

    def test_a_rule_knows_the_query(self, app):
        app.faults.add(r"\?recurse=true$", "status", 500)
        root = Asker(app)
        assert root.delete("/racks/x")[0] == 404
        assert root.delete("/racks/x?recurse=true")[0] == 500

    def test_it_is_down(self, app, wire):
        app.down = True
        with pytest.raises(http.client.RemoteDisconnected):
            wire.ask("GET", "/teams")
        app.down = 502
        assert wire.ask("GET", "/teams") == (502, {})
        app.down = False
        assert wire.ask("GET", "/teams") == (200, [])


class TestLog:
    def test_nothing_is_left_out(self):
        app = App(clock=lambda: 7.0)
        app.faults.add("users", "drop_after")
        app.faults.add("devices", "status", 503)
        root = Asker(app)
        root.patch("/racks/x?a=b", {"rack": {"cost": 1}})
        with pytest.raises(ConnectionError):
            root.get("/users")
        root.get("/devices")
        root.headers.clear()
        root.ask("POST", "/nothing", ["a"])
        assert app.requests == [
            Entry(
                "PATCH",
                "/api/v1/racks/x?a=b",
                {"rack": {"cost": 1}},
                404,
                7.0,
            ),
            Entry("GET", "/api/v1/users", None, None, 7.0),
            Entry("GET", "/api/v1/devices", None, 503, 7.0),
            Entry("POST", "/api/v1/nothing", None, 401, 7.0),
        ]

    def test_counts(self, app):
        root, team = Asker(app), app.seed.team("team-a")
        for name in ("c1", "c2"):
            rack = app.seed.rack(team, name)
            root.get("/racks")
            root.delete(f"/racks/{rack.id}?recurse=true")
        assert app.counts() == {
            "GET /api/v1/racks": 2,
            "DELETE /api/v1/racks/:id": 2,
        }
        assert app.count("DELETE") == 2
        assert app.count() == 4


class TestSnapshots:
    def _story(self, app):
        team = app.seed.team("team-a", "project-a")
        rack = app.seed.rack(team, "c1", order_id="o1")
        app.seed.device(rack, "n1")
        return app

    def test_by_id_is_what_root_sees(self):
        app = self._story(App())
        root, found = Asker(app), app.snapshot()
        for kind in ("teams", "templates", "racks", "devices"):
            listed = root.get(f"/{kind}")[1]
            assert found[kind] == {item["id"]: item for item in listed}

    def test_by_name_is_the_same_for_the_same_story(self):
        one, other = (self._story(App()) for _ in range(2))
        assert one.snapshot() != other.snapshot()
        assert one.snapshot(ids=False) == other.snapshot(ids=False)
        device = one.snapshot(ids=False)["devices"]["team-a/c1/n1"]
        assert device["template"] == "m1.small"
        assert device["location"]["rack"] == "team-a/c1"

    def test_it_is_a_copy(self):
        app = self._story(App())
        (rack,) = app.snapshot()["racks"].values()
        rack["metadata"]["a"] = 1
        (rack,) = app.snapshot()["racks"].values()
        assert rack["metadata"] == {}


class TestCommand:
    @pytest.fixture
    def start(self):
        processes = []

        def start(*args):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.contract.concertim", *args],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
            processes.append(process)
            return process, process.stdout.readline().strip()

        yield start
        for process in processes:
            process.kill()
            process.communicate()

    @pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
    def test_it_serves_until_it_is_ended(self, request, start, tmp_path, end):
        log = tmp_path / "requests.jsonl"
        process, url = start(
            "--flavour",
            "hours",
            "--teams",
            "team-a=p1",
            "team-b=p2",
            "--cluster-type",
            "slurm",
            "--request-log",
            str(log),
        )
        host, port = url.removeprefix("http://").split(":")
        wire = http.client.HTTPConnection(host, int(port), timeout=10)
        request.addfinalizer(wire.close)
        body = json.dumps({"user": {"login": "admin", "password": "admin"}})
        headers = {"Content-Type": "application/json"}
        wire.request("POST", "/users/sign_in.json", body, headers)
        response = wire.getresponse()
        response.read()
        token = {"Authorization": response.headers["Authorization"]}
        wire.request("GET", "/api/v1/teams", headers=token)
        teams = json.load(wire.getresponse())
        assert [(team["name"], team["project_id"]) for team in teams] == [
            ("team-a", "p1"),
            ("team-b", "p2"),
        ]
        process.send_signal(end)
        assert process.wait(10) == 0
        assert process.stdout.read() == process.stderr.read() == ""
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        assert [(e["method"], e["path"], e["status"]) for e in entries] == [
            ("POST", "/users/sign_in.json", 201),
            ("GET", "/api/v1/teams", 200),
        ]

    def test_a_team_is_a_name_and_a_project(self, start):
        process, line = start("--team", "team-a")
        assert line == ""
        assert process.wait(10) == 2

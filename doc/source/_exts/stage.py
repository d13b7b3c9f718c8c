"""The stage of the examples: the demo recording, served and asked.

Runs beside Sphinx, reads one request as JSON from each line of its input,
and answers with one line: what a reader of the page would see. Time stands
still just after the recording, so that each build shows the same.
"""

from __future__ import annotations

import contextlib
import dataclasses as dc
import gzip
import io
import json
import os
import pathlib
import re
import shlex
import shutil
import sqlite3
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import webob
from openstackclient import shell
from oslo_upgradecheck import upgradecheck

from concertim_api import bootstrap
from concertim_api.clouds.simulator import Simulator, recordings
from concertim_api.cmd import agent, development, listener, manage, status
from concertim_api.db import schema
from concertim_api.db.ledger import transaction
from concertim_api.db.push import bindings
from concertim_api.db.store import SqlStore
from concertim_api.db.view import work
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.settlement import DailyRecord
from concertim_api.domain.ledger.region_rules import Origin
from concertim_api.osc import moments, timeline, usage
from concertim_api.payloads import tariff_file
from concertim_api.services.billing import orders
from concertim_api.services.jobs.job import Call
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.monitoring.ports import Heartbeat
from concertim_api.services.push.ports import Binding, DueBinding
from concertim_api.services.view.projector import Projector

DEMO = pathlib.Path(__file__).resolve().parents[3] / "demo"
TARIFF = DEMO.parent / "etc/concertim/tariff.yaml"
REGION = "RegionOne"

#: A notification whose id no service of OpenStack would send.
NONSENSE = {
    "message_id": "5b0b3a1c-6a57-4a0d-8f0c-5f1f2f1d9a10",
    "event_type": "compute.instance.create.end",
    "publisher_id": "compute.node-7",
    "timestamp": "2026-11-21 04:12:00.000000",
    "payload": {"instance_id": "r9", "display_name": "web", "state": 7},
}

#: What agents would have told of themselves.
JOBS = (
    JobRecord(
        f"changes:{REGION}",
        interval=60,
        agent="controller-1:4711",
        outcome="done",
        summary={"instance": {"listed": 4, "changed": 1, "unchanged": 3}},
    ),
    JobRecord(
        "push",
        interval=0.2,
        agent="controller-2:812",
        outcome="partial",
        summary={"created": 36, "failed": 27, "surveys": 1},
        error="9 can't be pushed: see push list",
    ),
    JobRecord(
        "refresh",
        interval=0.5,
        agent="controller-2:812",
        outcome="done",
        summary={"news": 14},
    ),
    JobRecord(
        f"sync:{REGION}",
        interval=600,
        agent="controller-1:4711",
        outcome="partial",
        summary={
            "instance": {"listed": 31, "unchanged": 31},
            "volume": {"error": "Cinder does not answer"},
        },
        error="volume: Cinder does not answer",
    ),
    JobRecord(
        "view",
        interval=0.2,
        agent="controller-2:812",
        outcome="done",
        summary={"projected": 179},
    ),
)

#: A cluster of a project that has no team in the front end.
UNPUSHED = "genomics-cluster-1"

_PROGRAMS: Mapping[str, Callable[[], Any]] = {
    "concertim-agent": agent.main,
    "concertim-manage": manage.main,
    "concertim-listener": listener.main,
    "concertim-status": lambda: upgradecheck.main(
        (conf := bootstrap.unread()),
        bootstrap.PROJECT,
        status.Checks(conf),
        sys.argv[1:],
    ),
}


def recorded(name: str) -> list[dict[str, Any]]:
    """Return the notifications in a file of the demo."""
    with gzip.open(DEMO / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["message"] for line in lines]


class Stage:
    """A small site, as the recording left it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._file = folder / "concertim.conf"
        self._file.write_text(
            f"[DEFAULT]\nstate_path = {folder}\nuse_stderr = false\n"
            "default_log_levels = alembic=ERROR,concertim_api=ERROR\n"
            "transport_url = rabbit://127.0.0.1:1/\n"
            "[api]\nauth_strategy = noauth\n"
            "public_endpoint = https://cloud.example.org/usage\n"
            "[view]\nprojects = prefix:CM_\n"
        )
        self._conf = bootstrap.configure(
            default_config_files=[str(self._file)]
        )
        schema.sync(self._conf)
        notifications = recorded("site.jsonl.gz")
        times = sorted(message["timestamp"] for message in notifications)
        self.begin = _minute(times[0])
        self.now = _minute(times[-1]) + timedelta(minutes=1)
        self.late = self.now - timedelta(minutes=1)
        freeze(self.now)
        services = bootstrap.services(self._conf)
        messages = [
            *notifications,
            *recorded("names.jsonl.gz"),
            *recorded("stacks.jsonl.gz"),
            NONSENSE,
        ]
        origin, intake = Origin(REGION), services.intake
        intake.take(intake.delivered((m, origin) for m in messages))
        self._project(services.store)
        tariff = tariff_file.load(TARIFF.read_bytes())
        services.tariffs.load(tariff, "zoe")
        self._bill(services)
        (ordering,) = orders.jobs(self._conf, services)
        ordering.run(Call(self.now))
        self._database = folder / "concertim.sqlite"
        self._copy = folder / "as-recorded.sqlite"
        with contextlib.closing(sqlite3.connect(self._database)) as database:
            database.execute("VACUUM INTO ?", (str(self._copy),))
        self._scene: str | None = None
        self._simulator: Simulator | None = None
        self._application: Any = None
        self._server = development.server(self._routed, "127.0.0.1", 0)

    def _bill(self, services: bootstrap.Services) -> None:
        """Let a team have an account since October, and an invoice."""
        store, today = services.store, self.now.date()
        (team,) = store.ledger.ids("project", ["CM_weather"])
        begin, day = datetime(2026, 10, 1, tzinfo=UTC), date(2026, 10, 9)
        account = Account(str(uuid.UUID(int=2**126 + 7)), team, begin)
        store.accounts.add([account])
        store.settlements.begin()
        (claim,) = store.settlements.claim(today, self.now, 1)
        amounts = {"compute": Decimal("12.3456"), "memory": Decimal("4.7")}
        record = DailyRecord(account.id, day, 0, begin.date(), amounts)
        store.settlements.settle(claim, today, [record], self.now)
        services.month_close.run(Call(self.now))

    def _with_cloud(self) -> Any:
        """Return what the API is configured by: it has a new cloud, too, in
        which callers can have something done. It asks for a project that
        has something: limits are its own."""
        if self._simulator is not None:
            self._simulator.stop()
        site = recordings.site(
            str(DEMO / "listings.json.gz"),
            str(DEMO / "stacks.jsonl.gz"),
            now=lambda: self.now,
        )
        self._simulator = Simulator(site, REGION).start()
        file = self._folder / "cloud.conf"
        file.write_text(self._simulator.section(project_name="CM_weather"))
        return bootstrap.configure(
            default_config_files=[str(self._file), str(file)]
        )

    def _project(self, store: SqlStore) -> None:
        """Do what the agents would have done by now."""
        clock = bootstrap.SystemClock()
        projector = Projector(
            store.projection, clock, bootstrap.rules(self._conf)
        )
        while projector.run().more:
            pass
        dues = store.bindings.due(self.now, 1000)
        pushed = (self._pushed(due, n) for n, due in enumerate(dues, 17))
        store.bindings.save(pushed)
        for job in JOBS:
            began = self.now - timedelta(seconds=job.interval / 2)
            ended = began + timedelta(seconds=min(job.interval / 100, 3))
            store.jobs.save(
                dc.replace(job, started_at=began, finished_at=ended)
            )

        store.heartbeats.beat(
            Heartbeat(
                name="controller-1:4702",
                region=REGION,
                started_at=self.begin,
                beat_at=self.now,
                stored_at=self.late,
                waiting=0,
            )
        )

    def _pushed(self, due: DueBinding, number: int) -> Binding:
        """Return what became of what was to be pushed."""
        assert due.row is not None
        if not due.binding.name.startswith(UNPUSHED):
            return dc.replace(
                due.binding,
                state="pushed",
                foreign_id=str(number),
                due_at=None,
                pushed_at=self.late,
            )
        error = "its rack is not in the front end yet"
        if due.binding.key.noun == "rack":
            error = (
                f"the front end has no team of project {due.row.project_id}"
            )
        return dc.replace(
            due.binding,
            state="failing",
            attempts=3,
            error=error,
            due_at=self.now + timedelta(seconds=8),
        )

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """Serve the API: one client is used for all commands."""
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _routed(self, environ: Any, start_response: Any) -> Any:
        return self._application(environ, start_response)

    def turn(self, scene: str) -> None:
        """Begin a scene: what the examples of another one did is undone."""
        if scene == self._scene:
            return
        self._scene = scene
        for name in ("sqlite", "sqlite-wal", "sqlite-shm"):
            (self._folder / f"concertim.{name}").unlink(missing_ok=True)
        shutil.copy(self._copy, self._database)
        self._application = bootstrap.api(self._with_cloud())

    def filled(self, text: str) -> str:
        """Return a text with its <name> filled in from the recording."""
        return re.sub(r"<([a-z]+)(?::([^<>]+))?>", self._word, text)

    def _word(self, match: re.Match[str]) -> str:
        what, name = match.groups()
        if what in ("begin", "late", "now"):
            return f"{getattr(self, what):%Y-%m-%dT%H:%MZ}"
        with contextlib.closing(sqlite3.connect(self._database)) as database:
            row = database.execute(
                {
                    "id": "SELECT resource_id FROM resources WHERE name = ?"
                    " ORDER BY resource_id",
                    "period": "SELECT min(p.pk) FROM periods p"
                    " JOIN resources r ON r.pk = p.resource_pk"
                    " WHERE r.name = ?",
                    "start": "SELECT strftime('%Y-%m-%dT%H:%M:%SZ',"
                    " min(p.start_at), 'unixepoch') FROM periods p"
                    " JOIN resources r ON r.pk = p.resource_pk"
                    " WHERE r.name = ?",
                    "correction": "SELECT substr(key, 12) FROM observations"
                    " WHERE source = ? ORDER BY pk DESC",
                    "shown": "SELECT resource_id FROM view_objects"
                    " WHERE name = ?",
                    "push": "SELECT pk FROM bindings WHERE name = ?",
                    "letter": "SELECT id FROM dead_letters"
                    " WHERE event_type = ?",
                    "operation": "SELECT id FROM operations WHERE action = ?",
                    "account": "SELECT a.id FROM accounts a JOIN resources r"
                    " ON r.resource_id = a.project_id WHERE r.name = ?",
                    "order": "SELECT o.id FROM orders o JOIN resources r"
                    " ON r.resource_id = o.stack_id WHERE r.name = ?",
                    "ordered": "SELECT id FROM orders WHERE key = ?",
                    "invoice": "SELECT i.id FROM invoices i JOIN resources r"
                    " ON r.resource_id = i.project_id WHERE r.name = ?",
                    "credit": "SELECT id FROM credits WHERE key = ?",
                }[what],
                (name,),
            ).fetchone()
        if row is None or row[0] is None:
            raise LookupError(f"the recording has no {what} {name}")
        return str(row[0])

    def run(self, line: str) -> tuple[int, str]:
        """Run a command; return its status and what it printed."""
        program, *arguments = shlex.split(line)
        if program != "openstack":
            return self._program(program, arguments)
        url = f"http://127.0.0.1:{self._server.server_port}"
        login = ["--os-auth-type", "none", "--os-endpoint", url]
        return _captured(
            lambda: shell.OpenStackShell().run([*login, *arguments])
        )

    def _program(self, program: str, arguments: list[str]) -> tuple[int, str]:
        place = ["--config-file", str(self._file)]
        if "--help" in arguments:
            place = []
        with _argv([program, *place, *arguments]):
            code, text = _captured(_PROGRAMS[program])
        return code, text.replace(str(self._folder), "/var/lib/concertim")

    def ask(
        self, method: str, path: str, body: str | None, version: str | None
    ) -> tuple[int, str]:
        """Ask the API; return the status, and the answer to read."""
        request = webob.Request.blank(
            path, method=method, environ={"REMOTE_ADDR": "127.0.0.1"}
        )
        if version:
            request.headers["OpenStack-API-Version"] = f"concertim {version}"
        if body:
            request.content_type = "application/json"
            request.body = body.encode()
        response = request.get_response(self._application)
        shown = [f"HTTP/1.1 {response.status}"]
        shown += [
            f"{name}: {response.headers[name]}"
            for name in ("Location", "ETag", "OpenStack-API-Version")
            if name in response.headers
        ]
        if response.content_type in ("image/svg+xml", "text/html"):
            shown += ["", response.text.replace("><", ">\n<")]
        elif response.body:
            document = json.dumps(response.json, indent=2, ensure_ascii=False)
            shown += ["", document]
        return response.status_int, "\n".join(shown)


def freeze(now: datetime) -> None:
    """Let time stand still, for the server and for the command."""

    class Frozen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Frozen:
            return cls.fromtimestamp(now.timestamp(), tz)

    bootstrap.SystemClock.now = lambda self: now  # type: ignore[method-assign]
    nanoseconds = int(now.timestamp()) * 10**9
    for module in (bindings, transaction, work):
        module.time = SimpleNamespace(  # type: ignore[attr-defined]
            time_ns=lambda: nanoseconds
        )
    for module in (moments, timeline, usage):
        module.datetime = Frozen  # type: ignore[attr-defined]


def _minute(timestamp: str) -> datetime:
    moment = datetime.fromisoformat(timestamp).replace(tzinfo=UTC)
    return moment.replace(second=0, microsecond=0)


@contextlib.contextmanager
def _argv(words: list[str]) -> Iterator[None]:
    before, sys.argv = sys.argv, words
    try:
        yield
    finally:
        sys.argv = before


def _captured(run: Callable[[], Any]) -> tuple[int, str]:
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        try:
            code = run()
        except SystemExit as exc:
            code = exc.code
            if isinstance(code, str):
                printed.write(code)
                code = 1
    lines = [line.rstrip() for line in printed.getvalue().splitlines()]
    return int(code or 0), "\n".join(lines).strip("\n")


def _answer(stage: Stage, request: dict[str, Any]) -> dict[str, Any]:
    stage.turn(request["scene"])
    line = stage.filled(request["line"])
    body = stage.filled(request["body"]) if request.get("body") else None
    method, _, path = line.partition(" ")
    if path.startswith("/"):
        code, text = stage.ask(method, path, body, request.get("version"))
    else:
        code, text = stage.run(line)
    return {"line": line, "body": body, "code": code, "text": text}


def main() -> None:
    for name in [name for name in os.environ if name.startswith("OS_")]:
        del os.environ[name]
    answers = sys.stdout
    sys.stdout = sys.stderr
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(HOME=folder, COLUMNS="80", NO_PROXY="127.0.0.1")
        os.chdir(folder)
        pathlib.Path("demo").symlink_to(DEMO)
        pathlib.Path("tariff.yaml").symlink_to(TARIFF)
        stage = Stage(pathlib.Path(folder))
        with stage.served():
            for line in sys.stdin:
                try:
                    answer = _answer(stage, json.loads(line))
                except Exception as exc:
                    answer = {"error": f"{type(exc).__name__}: {exc}"}
                answers.write(json.dumps(answer) + "\n")
                answers.flush()


if __name__ == "__main__":
    main()

"""Almanach's dialect on a ledger, asked as its clients ask it."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
import webtest

from concertim_api import bootstrap
from concertim_api.domain.ledger.observations import Observation, Ref
from tests.fakes.clock import Clock
from tests.functional import built

T0 = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 12, 1, tzinfo=UTC)

SMALL = {"id": "f1", "name": "small", "vcpus": 1, "ram_mb": 512}
LINUX = {"id": "i1", "os_distro": "debian", "os_type": "linux"}


def at(hours):
    return T0 + timedelta(hours=hours)


def shown(hours):
    return str(at(hours))


class Stage:
    """The dialect, and a ledger that is told what the cloud says."""

    def __init__(self, conf):
        self.conf = conf
        self.clock = Clock(NOW)
        self.services = built.services(conf, self.clock)
        _, self.admin = self.services.keys.create("root", ["admin"])
        _, self.reader = self.services.keys.create("bill", ["reader"], "p1")
        self._numbers = itertools.count()
        self.again()

    def again(self, **options):
        """Build the application anew, with other options of its own."""
        for name, value in options.items():
            self.conf.set_override(name, value, "almanach")
        app = bootstrap.almanach_dialect(self.conf, self.services)
        self.app = webtest.TestApp(app, lint=True)

    def say(self, kind, id_, hours, says="alive", name=None, **shape):
        """Record what the cloud says of a resource."""
        moment = at(hours)
        observation = Observation(
            ref=Ref("RegionOne", kind, id_),
            at=moment,
            reported_at=moment,
            received_at=moment,
            key=f"o{next(self._numbers)}",
            says=says,
            project_id=None if kind == "volume_type" else "p1",
            shape=shape,
            details={"name": name} if name else {},
        )
        self.services.recorder.record([observation])

    def ask(self, method, path, status=200, token=None, body=None):
        """Return the JSON of an answer; None if it has no body."""
        answer = self.app.request(
            path,
            method=method,
            body=b"" if body is None else json.dumps(body).encode(),
            headers={
                "X-Auth-Token": self.admin if token is None else token,
                "Content-Type": "application/json",
            },
            expect_errors=True,
        )
        self.clock.advance(milliseconds=1)  # no two writes at one moment
        assert answer.status_int == status, answer.text
        assert int(answer.headers["Content-Length"]) == len(answer.body) or (
            method == "HEAD"
        )
        if method == "HEAD" or not answer.body:
            return None
        assert answer.content_type == "application/json"
        return answer.json

    def entities(self, start="2026-11-01", end=None, what="entities", **more):
        """Return the entities of the project p1."""
        path = f"/v1/project/p1/{what}?start={start}"
        return self.ask("GET", path + (f"&end={end}" if end else ""), **more)


@pytest.fixture
def stage(tmp_path):
    return Stage(built.configured(tmp_path))

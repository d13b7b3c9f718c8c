"""What two projects have: something to show at every route."""

from __future__ import annotations

import dataclasses as dc
import json
import uuid
from decimal import Decimal

from concertim_api import bootstrap
from concertim_api.domain.operations import Operation
from concertim_api.services.common.listing import (
    EVERY_PROJECT,
    Listing,
    Scope,
    equal,
)
from concertim_api.services.ledger import corrections
from concertim_api.services.ledger.ports import DeadLetter, Window
from tests.functional.api import billing, cloud, view

#: The projects of the small cloud, by their ids there.
NAMES = {"p1": "physics", "p2": "biology"}

#: An event that is none of our business: its letter can be replayed.
IGNORED = "compute.instance.shutdown.end"

#: A tag of each order. Sent again it changes nothing, even if the order is
#: closed.
TAG = ("colour", "red")

#: How many letters there are to be used up.
LETTERS = 200

#: name of an id in a path -> whose it is. Of templates, who may see those
#: that are public only sees the first.
THINGS = {
    "resource_id": {"physics": "s2", "biology": "s3"},
    "rack_id": {"physics": "k1", "biology": "k2"},
    "device_id": {"physics": "n1", "biology": "n3"},
    "template_id": {"physics": "f1", "biology": "f4"},
    "user_id": {"physics": "ann", "biology": "bob"},
    "job_name": {"physics": "view", "biology": "view"},
    "keypair_name": {"physics": "laptop", "biology": "laptop"},
}

#: What is everybody's: what of it is another project's is left out.
SHARED = {"tariff_id": 2}

#: What is not there, where ids are numbers.
NUMBERS = {"period_id", "letter_id", "push_id", "tariff_id"}


class Owned:
    """Fills a database; then it knows what to ask for.

    ``projects``: the ids in Keystone of *physics* and *biology*.
    """

    def __init__(self, installation, projects):
        self.projects = {name: projects[name] for name in NAMES.values()}
        conf = bootstrap.configure(["--config-file", str(installation.conf)])
        self._services = bootstrap.services(conf)
        self._fill()
        self._letters = iter(self._buried())
        self._things = {**THINGS, **self._found()}
        self._services.store.close()

    def id(self, name, project):
        """Return the id of something that a project has.

        Each letter is told once, as it may be used up.
        """
        if name == "letter_id":
            return next(self._letters).id
        if name in SHARED:
            return SHARED[name]
        return self._things[name][project]

    def missing(self, name):
        return 10**9 if name in NUMBERS else "nothing"

    def words(self, route):
        """Return the word of each project in a list; none: it tells nothing
        of projects."""
        noun = route.path.split("/")[2]
        if noun in (
            *("dead-letters", "jobs", "regions", "status"),
            "tariffs",
        ):
            return {}
        known = {
            "users": "user_id",
            "templates": "template_id",
            "pushes": "rack_id",
        }
        return self._things[known[noun]] if noun in known else self.projects

    def query(self, route, project="physics"):
        """Return what a route must be told, of what a project has."""
        if str(route) == "DELETE /v1/dead-letters":
            return f"?message_id={next(self._letters).message_id}"
        queries = {
            **dict.fromkeys(
                ("/v1/usage", "/v1/charges", "/v1/costs"), "?start=2026-11-01"
            ),
            "/v1/invoices/draft": (
                f"?account_id={self.id('account_id', project)}"
            ),
            "/v1/teams/{team_id}": "?region=RegionOne",
            "GET /v1/teams/{team_id}/roles": "?region=RegionOne",
            "DELETE /v1/teams/{team_id}/roles": (
                "?region=RegionOne&user_id=ann"
            ),
        }
        return queries.get(str(route), queries.get(route.path, ""))

    def body(self, route, project):
        """Return the body that a route needs: of something new."""
        bodies = {
            "POST /v1/jobs/{job_name}/run": {},
            "POST /v1/racks/{rack_id}/action": {"action": "check"},
            "POST /v1/devices/{device_id}/action": {"action": "destroy"},
            "POST /v1/keypairs": {"name": "laptop"},
            "POST /v1/orders": {"account_id": self.id("account_id", project)},
            "POST /v1/credits": {
                "account_id": self.id("account_id", project),
                "amount": "12.50",
                "reason": "A gift.",
            },
            "POST /v1/invoices/close": {},
            "POST /v1/invoices/{invoice_id}/action": {
                "action": "dispute",
                "reason": "Too much.",
            },
            "POST /v1/orders/{order_id}/tags": {
                "name": TAG[0],
                "value": TAG[1],
            },
            "POST /v1/users": {"name": "carl"},
            "PATCH /v1/users/{user_id}": {"enabled": False},
            "POST /v1/teams": {"name": "CM_history"},
            "POST /v1/teams/{team_id}/roles": {
                "user_id": "ann",
                "role": "member",
                "region": "RegionOne",
            },
            "POST /v1/corrections": {
                "action": "add",
                "kind": "volume",
                "resource_id": str(uuid.uuid4()),
                "project_id": self.projects[project],
                "start": "2026-11-01T00:00:00Z",
                "end": "2026-11-02T00:00:00Z",
                "shape": {"size_gb": 1},
                "reason": "Nobody told of it.",
            },
        }
        body = bodies.get(str(route))
        return None if body is None else json.dumps(body)

    def _fill(self):
        services = self._services
        told = [*cloud.OBSERVATIONS, *view.VIEW]
        services.recorder.record([self._here(said) for said in told])
        billing.billed(services, **self.projects)
        view.settle(services)
        view.ordered(services)
        view.pushed(services)
        for job in view.JOBS:
            services.store.jobs.save(job)

    def _here(self, said):
        """Return what is said of a project, of the one in Keystone."""
        ids = {old: self.projects[name] for old, name in NAMES.items()}
        ref = said.ref
        if ref.kind == "project":
            ref = ref._replace(id=ids.get(ref.id, ref.id))
        project_id = ids.get(said.project_id, said.project_id)
        return dc.replace(said, ref=ref, project_id=project_id)

    def _buried(self):
        store = self._services.store
        letters = [
            DeadLetter(
                id=0,
                region="RegionOne",
                message_id=f"letter-{number}",
                event_type=IGNORED,
                publisher_id="compute.node-1",
                received_at=cloud.NOW,
                error="payload: no instance_id",
                message={"event_type": IGNORED, "payload": {}},
            )
            for number in range(LETTERS)
        ]
        store.dead_letters.bury(letters)
        return store.dead_letters.page(Listing(limit=LETTERS)).rows

    def _found(self):
        """Return what is called as the database or a person called it."""
        services, one = self._services, Listing(limit=1)
        push = services.pushes.list(one).rows[0].id
        periods = {
            name: services.periods.list(Scope(id), one, Window()).rows[0].id
            for name, id in self.projects.items()
        }
        return {
            "period_id": periods,
            "push_id": dict.fromkeys(self.projects, push),
            "team_id": self.projects,
            "account_id": {
                name: services.accounts.list(Scope(id), one).rows[0].id
                for name, id in self.projects.items()
            },
            "order_id": {p: self._tagged(p) for p in self.projects},
            "invoice_id": {
                name: services.invoices.list(Scope(id), one).rows[0].id
                for name, id in self.projects.items()
            },
            "credit_id": {p: self._granted(p) for p in self.projects},
            "operation_id": {p: self._operated(p) for p in self.projects},
            "correction_id": {
                "physics": self._corrected("physics", "volume", "v1"),
                "biology": self._corrected("biology", "instance", "s3"),
            },
        }

    def _tagged(self, project):
        """Tag the order of a rack; return it."""
        orders, scope = self._services.orders, Scope(self.projects[project])
        stack = equal(stack_id=THINGS["rack_id"][project])
        order = orders.list(scope, Listing(stack)).rows[0]
        return orders.tag(scope, order.id, *TAG).id

    def _granted(self, project):
        """Grant something to a project; return the credit."""
        account = self._services.accounts.list(
            Scope(self.projects[project]), Listing(limit=1)
        ).rows[0]
        return self._services.credits.grant(
            EVERY_PROJECT, "ann", account.id, Decimal(5), "A gift."
        ).id

    def _operated(self, project):
        """Let a project have had something done; return what."""
        operation = Operation(
            id=str(uuid.uuid4()),
            noun="rack",
            action="check",
            region="RegionOne",
            kind="stack",
            resource_id=THINGS["rack_id"][project],
            project_id=self.projects[project],
            state="done",
            asked_at=cloud.NOW,
        )
        self._services.store.operations.add(operation)
        return operation.id

    def _corrected(self, project, kind, resource_id):
        wish = corrections.CorrectionRequest(
            action="rewrite",
            kind=kind,
            resource_id=resource_id,
            start=cloud.at(21),
            end=cloud.at(22),
            project_id=self.projects[project],
            reason="Mistyped.",
        )
        return self._services.corrections.create(EVERY_PROJECT, "ann", wish).id

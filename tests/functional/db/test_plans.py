"""Every list query goes by an index: the databases' own EXPLAIN says so."""

import dataclasses as dc
import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from concertim_api.db import operations, schema
from concertim_api.db.store import SqlStore
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Filter, Listing
from concertim_api.services.ledger.ports import Window
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.push.ports import BindingKey
from concertim_api.services.view.ports import (
    Member,
    RowContent,
    StoredRow,
    StoredSlot,
)

QUERIES = {
    "periods": lambda s, at: s.ledger.periods(Listing(limit=10), Window()),
    "periods of a project": lambda s, at: s.ledger.periods(
        Listing((Filter("project_id", "eq", "p7"),), limit=10),
        Window(at(0), at(1)),
    ),
    "periods by end": lambda s, at: s.ledger.periods(
        Listing(sort=(("end", True),), limit=10), Window()
    ),
    "periods by id": lambda s, at: s.ledger.periods(
        Listing(sort=(("id", True),), limit=10), Window()
    ),
    "the next page of periods": lambda s, at: s.ledger.periods(
        Listing(marker=(1772366400, 5), limit=10), Window()
    ),
    "running periods": lambda s, at: s.ledger.periods(
        Listing((Filter("running", "eq", True),), limit=10), Window()
    ),
    "periods of a kind": lambda s, at: s.ledger.periods(
        Listing((Filter("kind", "eq", "volume"),), limit=10), Window()
    ),
    "periods of a resource": lambda s, at: s.ledger.periods(
        Listing((Filter("resource_id", "eq", "r-7"),), limit=10), Window()
    ),
    "usage": lambda s, at: s.usage.sums(
        ("kind",), (), Window(at(2999), at(4000)), 9
    ),
    "usage of a project": lambda s, at: s.usage.sums(
        ("kind", "day"),
        (Filter("project_id", "eq", "p7"),),
        Window(at(2900), at(4000)),
        9,
    ),
    "resources": lambda s, at: s.ledger.resources(Listing(limit=10)),
    "resources by name": lambda s, at: s.ledger.resources(
        Listing(sort=(("name", False),), limit=10)
    ),
    "resources by change": lambda s, at: s.ledger.resources(
        Listing(sort=(("updated_at", True),), limit=10)
    ),
    "resources of a kind": lambda s, at: s.ledger.resources(
        Listing((Filter("kind", "eq", "volume"),), limit=10)
    ),
    "resources of a project": lambda s, at: s.ledger.resources(
        Listing((Filter("project_id", "eq", "p7"),), limit=10)
    ),
    "find": lambda s, at: s.ledger.find("r-7"),
    "names": lambda s, at: s.ledger.names("instance", ["r-7", "r-8"]),
    "ids": lambda s, at: s.ledger.ids("instance", ["r-7", "r-8"]),
    "observations of a resource": lambda s, at: s.histories.observations(
        Listing((Filter("resource_id", "eq", "r-7"),), limit=10)
    ),
    "corrections": lambda s, at: s.histories.observations(
        Listing((Filter("says", "in", ("set", "void")),), limit=10)
    ),
    "an observation": lambda s, at: s.histories.observations(
        Listing((Filter("key", "eq", "k-7"),), limit=10)
    ),
    "the feed": lambda s, at: s.feed.changes(2900, (), 10),
    "the feed of a project": lambda s, at: s.feed.changes(
        10, (Filter("project_id", "eq", "p7"),), 10
    ),
    "a dead letter": lambda s, at: s.dead_letters.page(
        Listing((Filter("message_id", "eq", "m"),), limit=10)
    ),
    "dead letters": lambda s, at: s.dead_letters.page(Listing(limit=10)),
    "a key": lambda s, at: s.keys.key("digest"),
    "stale": lambda s, at: s.projection.is_stale(),
    "the next stale": lambda s, at: s.projection.project(
        lambda work: work.stale(10)
    ),
    "belonging": lambda s, at: s.ledger.belonging(
        "port", [Ref("north", "instance", "r-7")]
    ),
    "belonging, to project": lambda s, at: s.projection.project(
        lambda work: work.belonging("port", [Ref("north", "instance", "r-7")])
    ),
    "running": lambda s, at: s.sync.running("north", "volume"),
    "read marks": lambda s, at: s.sync.read_marks("north"),
    "racks": lambda s, at: s.view.page("rack", Listing(limit=10)),
    "racks by name": lambda s, at: s.view.page(
        "rack", Listing(sort=(("name", True),), limit=10)
    ),
    "racks by change": lambda s, at: s.view.page(
        "rack", Listing(sort=(("updated_at", True),), limit=10)
    ),
    "the next page of racks": lambda s, at: s.view.page(
        "rack", Listing(marker=("r-7", 5), limit=10)
    ),
    "devices by slot": lambda s, at: s.view.page(
        "device", Listing(sort=(("start_u", False),), limit=10)
    ),
    "devices of a rack": lambda s, at: s.view.page(
        "device",
        Listing(
            (Filter("rack_id", "eq", "r-7"),), (("start_u", False),), limit=10
        ),
    ),
    "devices of a project": lambda s, at: s.view.page(
        "device", Listing((Filter("project_id", "eq", "p7"),), limit=10)
    ),
    "a rack": lambda s, at: s.view.find("rack", "r-7"),
    "racks with their devices": lambda s, at: s.projection.project(
        lambda work: work.rows_of_racks([7, 8])
    ),
    "the racks of a project": lambda s, at: s.projection.project(
        lambda work: work.siblings(["p7"])
    ),
    "the racks of a resource": lambda s, at: s.projection.project(
        lambda work: work.racks_of([Ref("north", "instance", "r-7")])
    ),
    "the members of a rack": lambda s, at: s.projection.project(
        lambda work: work.members_of([7])
    ),
    "slots of devices": lambda s, at: s.projection.project(
        lambda work: work.slots([7])
    ),
    "slots": lambda s, at: s.view.slots([Ref("north", "stack", "r-7")]),
    "racks of a moment": lambda s, at: s.ledger.racks_at(
        Listing(limit=10), at(2999)
    ),
    "periods of resources": lambda s, at: s.histories.periods_of(
        [Ref("north", "instance", "r-7")]
    ),
    "due refreshes": lambda s, at: s.refreshes.due(at(7), 10),
    "a due binding": lambda s, at: s.bindings.is_due(at(7)),
    "due bindings": lambda s, at: s.bindings.due(at(7), 10),
    "bindings by key": lambda s, at: s.bindings.by_key(
        [BindingKey("device", "north", "r-7")]
    ),
    "what the ledger knows of bindings": lambda s, at: s.bindings.resolve(
        [BindingKey("device", "", "r-7")]
    ),
    "racks in use": lambda s, at: s.bindings.in_use("rack_id", ["r-7"]),
    "templates in use": lambda s, at: s.bindings.in_use(
        "template_id", ["r-7"]
    ),
    "bound templates": lambda s, at: s.bindings.templates(),
    "bindings in trouble": lambda s, at: s.bindings.troubled(),
    "since when a binding is due": lambda s, at: s.bindings.due_since(at(7)),
    "bindings that are not pushed": lambda s, at: s.bindings.unpushed(),
    "pushes": lambda s, at: s.bindings.pushes(Listing(limit=10)),
    "pushes of a noun": lambda s, at: s.bindings.pushes(
        Listing((Filter("noun", "eq", "rack"),), limit=10)
    ),
    "failing pushes": lambda s, at: s.bindings.pushes(
        Listing((Filter("state", "eq", "failing"),), limit=10)
    ),
    "pushes of a resource": lambda s, at: s.bindings.pushes(
        Listing((Filter("resource_id", "eq", "r-7"),), limit=10)
    ),
    "a push": lambda s, at: s.bindings.push(7),
    "operations": lambda s, at: s.operations.page(Listing(limit=10)),
    "the next page of operations": lambda s, at: s.operations.page(
        Listing(marker=(1772366400_000000, "o-7"), limit=10)
    ),
    "operations of a project": lambda s, at: s.operations.page(
        Listing((Filter("project_id", "eq", "p7"),), limit=10)
    ),
    "operations on a resource": lambda s, at: s.operations.page(
        Listing((Filter("resource_id", "eq", "r-7"),), limit=10)
    ),
    "open operations": lambda s, at: s.operations.unfinished(10),
    "operations to be announced": lambda s, at: s.operations.unannounced(10),
    "what is seen of resources": lambda s, at: s.operations.evidence(
        [Ref("north", "instance", "r-7")]
    ),
    "operations to be forgotten": lambda s, at: s.operations.forget(
        at(-9999), 10
    ),
}


RESOURCES = 3000


@pytest.fixture(scope="module")
def filled(backend, new_database, configuration, tell, at):
    """A store with enough rows for a planner to prefer an index."""
    with new_database(backend) as url:
        conf = configuration(url)
        schema.sync(conf)
        store = SqlStore(conf)
        for first in range(0, RESOURCES, 500):
            Recorder(store.transactions).record(
                _facts(tell, first, first + 500)
            )
        store.projection.project(_fill_the_view)
        for n in range(100):
            refs = [Ref("north", "stack", f"r-{n}-{m}") for m in range(10)]
            store.refreshes.ask(refs, at(n))
        _push_nearly_all(store)
        _finish_nearly_all(store, at)
        with store.engine.begin() as connection:
            for text in _ANALYZE[backend]:
                connection.execute(sa.text(text))
        yield store
        store.close()


_ANALYZE = {
    "sqlite": ["ANALYZE"],
    "postgresql": ["ANALYZE"],
    "mariadb": [
        f"ANALYZE TABLE {table}"
        for table in (
            "resources",
            "observations",
            "periods",
            "changes",
            "view_objects",
            "members",
            "slots",
            "refreshes",
            "bindings",
            "operations",
        )
    ],
}


_KINDS = {0: "volume", 1: "stack", 2: "port", 3: "port"}


def _facts(tell, first, last):
    facts = []
    for n in range(first, last):
        fact = tell(
            n,
            ref=Ref("north", _KINDS.get(n % 50, "instance"), f"r-{n}"),
            key=f"k-{n}",
            project_id=f"p{n % 100}",
            details={
                "name": f"r-{n}",
                "device_id": f"r-{n + 5}",
                "parent": "" if n % 100 == 1 else "r-1",
            },
        )
        facts.append(fact)
        if n % 100:
            facts.append(
                dc.replace(tell(n + 60, "gone", key=f"g-{n}"), ref=fact.ref)
            )
    return facts


def _fill_the_view(work):
    """Show all, a rack with its devices for each hundred, and settle all
    but a few."""
    stale = work.stale(2 * RESOURCES)
    rows, members, slots = [], [], []
    for n, resource in enumerate(stale):
        ref, rack_pk = resource.fact.ref, resource.pk // 100
        noun = "rack" if ref.kind == "stack" else "device"
        content = RowContent(
            noun,
            *ref,
            resource.fact.project_id,
            ref.id,
            "{}",
            rack_id=f"r-{rack_pk}",
            start_u=n,
        )
        rows.append(StoredRow(resource.pk, rack_pk, 1, content))
        members.append(Member(rack_pk, ref, True))
        slots.append(
            StoredSlot(rack_pk, resource.pk, resource.fact.start, n, 1)
        )
    work.put(rows)
    work.join(members)
    work.put_slots(slots)
    work.settle(stale[10:], ())


def _push_nearly_all(store):
    """Let the front end hold all but a few, and nothing be due."""
    due = store.bindings.due(datetime.now(UTC), 2 * RESOURCES)
    store.bindings.save(
        dc.replace(
            binding,
            foreign_id=f"foreign-{n}",
            template_id=f"r-{n // 100}",
            state="pushed" if n % 100 else "failing",
            due_at=None,
        )
        for n, (binding, _, _) in enumerate(due[10:])
    )


def _finish_nearly_all(store, at):
    """Let many operations be done and announced, and a few not."""
    rows = [
        {
            "id": f"o-{n}",
            "noun": "instance",
            "action": "stop",
            "region": "north",
            "kind": "instance",
            "resource_id": f"r-{n}",
            "project_id": f"p{n % 100}",
            "arguments": "{}",
            "state": "asked" if n < 9 else "done",
            "asked_at": at(n),
            "look_at": at(n) if n < 9 else None,
            "looks": 0,
            "is_told": int(n >= 9),
        }
        for n in range(RESOURCES)
    ]
    with store.engine.begin() as connection:
        connection.execute(sa.insert(operations.table), rows)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_goes_by_an_index(filled, at, name, backend):
    sent = []

    def note(connection, cursor, text, parameters, *_):
        if text.startswith(("SELECT", "WITH")) and "counters" not in text:
            sent.append((text, parameters))

    sa.event.listen(filled.engine, "before_cursor_execute", note)
    QUERIES[name](filled, at)
    sa.event.remove(filled.engine, "before_cursor_execute", note)
    assert len(sent) == 1
    with filled.engine.connect() as connection:
        scans = list(_SCANS[backend](connection, *sent[0]))
    assert not scans


def _sqlite_scans(connection, text, parameters):
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
    steps = [step for *_, step in plan]
    in_key_order = not any("USE TEMP B-TREE" in step for step in steps)
    for step in steps:
        if not step.startswith("SCAN ") or "INDEX" in step or in_key_order:
            continue
        if step.split()[1] not in ("before", "pieces", "CONSTANT"):
            yield step


def _mariadb_scans(connection, text, parameters):
    plan = connection.exec_driver_sql(f"EXPLAIN {text}", parameters)
    for step in plan.mappings():
        if step["type"] == "ALL" and not step["table"].startswith("<"):
            yield dict(step)


def _postgresql_scans(connection, text, parameters):
    plan = connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {text}", parameters
    ).scalar()
    steps = (
        [plan[0]["Plan"]]
        if isinstance(plan, list)
        else [json.loads(plan)[0]["Plan"]]
    )
    while steps:
        step = steps.pop()
        steps += step.get("Plans", [])
        small = step.get("Relation Name") in ("dead_letters", "keys")
        if step["Node Type"] == "Seq Scan" and not small:
            yield step


_SCANS = {
    "sqlite": _sqlite_scans,
    "mariadb": _mariadb_scans,
    "postgresql": _postgresql_scans,
}

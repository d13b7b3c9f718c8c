"""Every list query goes by an index: the databases' own EXPLAIN says so."""

import dataclasses as dc
import json
import operator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from concertim_api.db import operations, schema
from concertim_api.db.billing import tables as billing
from concertim_api.db.store import SqlStore
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.common.listing import Filter, Listing, equal
from concertim_api.services.ledger.ports import Window
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.push.ports import BindingKey
from concertim_api.services.view.ports import (
    Member,
    RowContent,
    StoredRow,
    StoredSlot,
)
from tests.functional.db.conftest import second as at


def ten(sort=(), marker=None, **values):
    """Return what lists ten rows with these values."""
    return Listing(equal(**values), sort, 10, marker)


SERVER = Ref("north", "instance", "r-7")

#: What is asked, and with what.
QUERIES = {
    "periods": ("ledger.periods", ten(), Window()),
    "periods of a project": (
        "ledger.periods",
        ten(project_id="p7"),
        Window(at(0), at(9)),
    ),
    "periods by end": ("ledger.periods", ten(sort=(("end", True),)), Window()),
    "periods by id": ("ledger.periods", ten(sort=(("id", True),)), Window()),
    "the next page of periods": (
        "ledger.periods",
        ten(marker=(1772366400, 5)),
        Window(),
    ),
    "running periods": ("ledger.periods", ten(running=True), Window()),
    "periods of a kind": ("ledger.periods", ten(kind="volume"), Window()),
    "periods of a resource": (
        "ledger.periods",
        ten(resource_id="r-7"),
        Window(),
    ),
    "the archive's moment": ("ledger.archived_before",),
    "resources that have ended": ("histories.ended", at(9), 5, 10),
    "old entries of the feed": ("histories.old_entries", at(9)),
    "what of a group is stale": ("projection.stale", [SERVER]),
    "usage": ("usage.sums", ("kind",), (), Window(at(2999), at(4000)), 9),
    "usage of a project": (
        "usage.sums",
        ("kind", "day"),
        equal(project_id="p7"),
        Window(at(2900), at(4000)),
        9,
    ),
    "usage with measures": (
        "usage.sums",
        ("kind",),
        equal(project_id="p7"),
        Window(at(2900), at(4000)),
        9,
        True,
    ),
    "resources": ("ledger.resources", ten()),
    "resources by name": ("ledger.resources", ten(sort=(("name", False),))),
    "resources by change": (
        "ledger.resources",
        ten(sort=(("updated_at", True),)),
    ),
    "resources of a kind": ("ledger.resources", ten(kind="volume")),
    "resources of a project": ("ledger.resources", ten(project_id="p7")),
    "find": ("ledger.find", "r-7"),
    "names": ("ledger.names", "instance", ["r-7", "r-8"]),
    "ids": ("ledger.ids", "instance", ["r-7", "r-8"]),
    "observations of a resource": (
        "histories.observations",
        ten(resource_id="r-7"),
    ),
    "corrections": (
        "histories.observations",
        Listing((Filter("says", "in", ("set", "void")),), limit=10),
    ),
    "an observation": ("histories.observations", ten(key="k-7")),
    "the feed": ("feed.changes", 2900, (), 10),
    "the feed of a project": ("feed.changes", 10, equal(project_id="p7"), 10),
    "a dead letter": ("dead_letters.page", ten(message_id="m")),
    "dead letters": ("dead_letters.page", ten()),
    "a key": ("keys.key", "digest"),
    "stale": ("projection.is_stale",),
    "the next stale": ("projection.project", lambda work: work.stale(10)),
    "belonging": ("ledger.belonging", "port", [SERVER]),
    "belonging, to project": (
        "projection.project",
        lambda work: work.belonging("port", [SERVER]),
    ),
    "running": ("sync.running", "north", "volume"),
    "read marks": ("sync.read_marks", "north"),
    "racks": ("view.page", "rack", ten()),
    "racks by name": ("view.page", "rack", ten(sort=(("name", True),))),
    "racks by change": (
        "view.page",
        "rack",
        ten(sort=(("updated_at", True),)),
    ),
    "the next page of racks": ("view.page", "rack", ten(marker=("r-7", 5))),
    "devices by slot": (
        "view.page",
        "device",
        ten(sort=(("start_u", False),)),
    ),
    "devices of a rack": (
        "view.page",
        "device",
        ten(sort=(("start_u", False),), rack_id="r-7"),
    ),
    "devices of a project": ("view.page", "device", ten(project_id="p7")),
    "a rack": ("view.find", "rack", "r-7"),
    "racks with their devices": (
        "projection.project",
        lambda work: work.rows_of_racks([7, 8]),
    ),
    "the racks of a project": (
        "projection.project",
        lambda work: work.siblings(["p7"]),
    ),
    "the racks of a resource": (
        "projection.project",
        lambda work: work.racks_of([SERVER]),
    ),
    "the members of a rack": (
        "projection.project",
        lambda work: work.members_of([7]),
    ),
    "slots of devices": ("projection.project", lambda work: work.slots([7])),
    "slots": ("view.slots", [Ref("north", "stack", "r-7")]),
    "racks of a moment": ("ledger.racks_at", ten(), at(2999)),
    "periods of resources": ("histories.periods_of", [SERVER]),
    "unfinished": ("histories.unfinished", 10),
    "how many are unfinished": ("histories.unfinished_count",),
    "observations until a moment": (
        "histories.histories_until",
        [SERVER],
        at(2999),
        10,
    ),
    "due refreshes": ("refreshes.due", at(7), 10),
    "a due binding": ("bindings.is_due", at(7)),
    "due bindings": ("bindings.due", at(7), 10),
    "bindings by key": (
        "bindings.by_key",
        [BindingKey("device", "north", "r-7")],
    ),
    "what the ledger knows of bindings": (
        "bindings.resolve",
        [BindingKey("device", "", "r-7")],
    ),
    "racks in use": ("bindings.in_use", "rack_id", ["r-7"]),
    "templates in use": ("bindings.in_use", "template_id", ["r-7"]),
    "bound templates": ("bindings.templates",),
    "bindings in trouble": ("bindings.troubled",),
    "since when a binding is due": ("bindings.due_since", at(7)),
    "bindings that are not pushed": ("bindings.unpushed",),
    "pushes": ("bindings.pushes", ten()),
    "pushes of a noun": ("bindings.pushes", ten(noun="rack")),
    "failing pushes": ("bindings.pushes", ten(state="failing")),
    "pushes of a resource": ("bindings.pushes", ten(resource_id="r-7")),
    "a push": ("bindings.push", 7),
    "operations": ("operations.page", ten()),
    "the next page of operations": (
        "operations.page",
        ten(marker=(1772366400_000000, "o-7")),
    ),
    "operations of a project": ("operations.page", ten(project_id="p7")),
    "operations on a resource": ("operations.page", ten(resource_id="r-7")),
    "open operations": ("operations.unfinished", 10),
    "operations to be announced": ("operations.unannounced", 10),
    "what is seen of resources": ("operations.evidence", [SERVER]),
    "operations to be forgotten": ("operations.forget", at(-9999), 10),
    "what is shown of a noun": ("view.refs", "rack"),
    "accounts": ("accounts.page", ten()),
    "the account of a project": ("accounts.page", ten(project_id="p7")),
    "orders": ("orders.page", ten()),
    "orders of a project": ("orders.page", ten(project_id="p7")),
    "orders of a stack": ("orders.page", ten(stack_id="r-7")),
    "open orders": ("orders.open",),
    "open months": ("invoices.open", date(2026, 2, 9)),
    "whether a month is open": ("invoices.is_needed", at(-(10**7))),
    "invoices": ("invoices.page", ten()),
    "invoices of a project": ("invoices.page", ten(project_id="p7")),
    "invoices of an account": ("invoices.page", ten(account_id="p7")),
    "credits": ("credits.page", ten()),
    "credits of a project": ("credits.page", ten(project_id="p7")),
    "daily records": ("records.page", ten()),
    "daily records of a project": ("records.page", ten(project_id="p7")),
    "daily records of an order": ("records.page", ten(order_id="p7")),
    "daily records of a month": (
        "records.page",
        ten(account_id="p7", month=date(2026, 3, 1)),
    ),
    "what was granted": ("balances.granted", "p7"),
    "what was billed": ("balances.billed", "p7", date(2026, 3, 1)),
}


RESOURCES = 3000


@pytest.fixture(scope="module")
def filled(backend, new_database, configuration, tell):
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
        _finish_nearly_all(store)
        _close_nearly_all(store)
        _bill_nearly_all(store)
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
            "accounts",
            "orders",
            "settlements",
            "daily_records",
            "invoices",
            "credits",
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


def _finish_nearly_all(store):
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


def _close_nearly_all(store):
    """Let each project have an account and many orders, a few of them
    open."""
    names = [f"p{n}" for n in range(RESOURCES)]
    store.accounts.add(Account(name, name, at(0)) for name in names)
    rows = [
        {
            "id": f"o-{n}",
            "account_id": names[n % 100],
            "project_id": names[n % 100],
            "made_by": "agent",
            "state": "live" if n < 9 else "closed",
            "region": "north",
            "stack_id": f"r-{n}",
            "is_live": 1 if n < 9 else None,
            "tags": "{}",
            "created_at": at(n),
            "closed_at": None if n < 9 else at(n),
        }
        for n in range(RESOURCES)
    ]
    with store.engine.begin() as connection:
        connection.execute(sa.insert(billing.orders), rows)


def _bill_nearly_all(store):
    """Let each project have invoices, credits and records, and a few an open
    month of long ago."""
    store.settlements.begin()
    month, names = date(2026, 3, 1), [f"p{n % 100}" for n in range(RESOURCES)]
    of = [{"account_id": name, "project_id": name} for name in names]
    invoices = [
        {
            "id": f"i-{n}",
            "number": n + 1,
            **of[n],
            "month": month - timedelta(days=n // 100),
            "state": "closed" if n > 9 else "disputed",
            "currency": "EUR",
            **dict.fromkeys(
                ("subtotal", "tax", "total", "distance"), Decimal(1)
            ),
            "issued_at": at(n),
        }
        for n in range(RESOURCES)
    ]
    records = [
        {
            "order_id": names[n],
            "day": month - timedelta(days=n // 100),
            "revision": 0,
            **of[n],
            "month": month - timedelta(days=31 * (n // 1000)),
            "amounts": "{}",
            "created_at": at(n),
        }
        for n in range(RESOURCES)
    ]
    credits_ = [
        {
            "id": f"c-{n}",
            **of[n],
            "amount": Decimal(1),
            "reason": "gift",
            "author": "ann",
            "created_at": at(n),
        }
        for n in range(RESOURCES)
    ]
    few = billing.settlements.c.account_id.in_(names[:9])
    early = sa.update(billing.settlements).where(few)
    with store.engine.begin() as connection:
        connection.execute(sa.insert(billing.invoices), invoices)
        connection.execute(sa.insert(billing.daily_records), records)
        connection.execute(sa.insert(billing.credits), credits_)
        connection.execute(early.values(open_month=date(2026, 1, 1)))


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_goes_by_an_index(filled, name, backend):
    sent = []

    def note(connection, cursor, text, parameters, *_):
        if text.startswith(("SELECT", "WITH")) and "counters" not in text:
            sent.append((text, parameters))

    sa.event.listen(filled.engine, "before_cursor_execute", note)
    query, *arguments = QUERIES[name]
    operator.attrgetter(query)(filled)(*arguments)
    sa.event.remove(filled.engine, "before_cursor_execute", note)
    assert len(sent) == 1
    with filled.engine.connect() as connection:
        scans = list(_SCANS[backend](connection, *sent[0]))
    assert not scans


def _sqlite_scans(connection, text, parameters):
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
    steps = [step for *_, step in plan]
    # Of another part an index has the order, but for rows of one moment.
    in_key_order = not any(
        "USE TEMP B-TREE" in step and " OF ORDER BY" not in step
        for step in steps
    )
    for step in steps:
        # So SQLite says that it looks for the largest in all rows.
        if step.startswith("SEARCH ") and "USING" not in step:
            yield step
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

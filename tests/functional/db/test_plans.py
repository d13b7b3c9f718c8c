"""Every list query goes by an index: the databases' own EXPLAIN says so."""

import dataclasses as dc
import json

import pytest
import sqlalchemy as sa

from concertim_api.db import schema
from concertim_api.db.store import SqlStore
from concertim_api.domain.usage import Ref
from concertim_api.services.ports import Filter, Listing, Window
from concertim_api.services.recorder import Recorder

QUERIES = {
    "periods": lambda s, at: s.periods(Listing(limit=10), Window()),
    "periods of a project": lambda s, at: s.periods(
        Listing((Filter("project_id", "eq", "p7"),), limit=10),
        Window(at(0), at(1)),
    ),
    "periods by end": lambda s, at: s.periods(
        Listing(sort=(("end", True),), limit=10), Window()
    ),
    "periods by id": lambda s, at: s.periods(
        Listing(sort=(("id", True),), limit=10), Window()
    ),
    "the next page of periods": lambda s, at: s.periods(
        Listing(marker=(1772366400, 5), limit=10), Window()
    ),
    "running periods": lambda s, at: s.periods(
        Listing((Filter("running", "eq", True),), limit=10), Window()
    ),
    "periods of a kind": lambda s, at: s.periods(
        Listing((Filter("kind", "eq", "volume"),), limit=10), Window()
    ),
    "periods of a resource": lambda s, at: s.periods(
        Listing((Filter("resource_id", "eq", "r-7"),), limit=10), Window()
    ),
    "usage": lambda s, at: s.usage(
        ("kind",), (), Window(at(2999), at(4000)), 9
    ),
    "usage of a project": lambda s, at: s.usage(
        ("kind", "day"),
        (Filter("project_id", "eq", "p7"),),
        Window(at(2900), at(4000)),
        9,
    ),
    "resources": lambda s, at: s.resources(Listing(limit=10)),
    "resources by name": lambda s, at: s.resources(
        Listing(sort=(("name", False),), limit=10)
    ),
    "resources by change": lambda s, at: s.resources(
        Listing(sort=(("updated_at", True),), limit=10)
    ),
    "resources of a kind": lambda s, at: s.resources(
        Listing((Filter("kind", "eq", "volume"),), limit=10)
    ),
    "resources of a project": lambda s, at: s.resources(
        Listing((Filter("project_id", "eq", "p7"),), limit=10)
    ),
    "find": lambda s, at: s.find("r-7"),
    "names": lambda s, at: s.names("instance", ["r-7", "r-8"]),
    "ids": lambda s, at: s.ids("instance", ["r-7", "r-8"]),
    "observations of a resource": lambda s, at: s.observations(
        Listing((Filter("resource_id", "eq", "r-7"),), limit=10)
    ),
    "corrections": lambda s, at: s.observations(
        Listing((Filter("says", "in", ("set", "void")),), limit=10)
    ),
    "an observation": lambda s, at: s.observations(
        Listing((Filter("key", "eq", "k-7"),), limit=10)
    ),
    "the feed": lambda s, at: s.changes(2900, (), 10),
    "the feed of a project": lambda s, at: s.changes(
        10, (Filter("project_id", "eq", "p7"),), 10
    ),
    "a dead letter": lambda s, at: s.dead_letters(
        Listing((Filter("message_id", "eq", "m"),), limit=10)
    ),
    "dead letters": lambda s, at: s.dead_letters(Listing(limit=10)),
    "a key": lambda s, at: s.key("digest"),
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
            Recorder(store).record(_facts(tell, first, first + 500))
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
        for table in ("resources", "observations", "periods", "changes")
    ],
}


def _facts(tell, first, last):
    facts = []
    for n in range(first, last):
        kind = "volume" if n % 50 == 0 else "instance"
        fact = tell(
            n,
            ref=Ref("north", kind, f"r-{n}"),
            key=f"k-{n}",
            project_id=f"p{n % 100}",
            details={"name": f"r-{n}"},
        )
        facts.append(fact)
        if n % 100:
            facts.append(
                dc.replace(tell(n + 60, "gone", key=f"g-{n}"), ref=fact.ref)
            )
    return facts


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_goes_by_an_index(filled, at, name, backend):
    sent = []

    def note(connection, cursor, text, parameters, *_):
        if text.startswith(("SELECT", "WITH")):
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

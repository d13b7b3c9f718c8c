"""Bindings: what the front end holds, and what is due."""

import dataclasses as dc
import sys
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from concertim_api.db import schema
from concertim_api.db.push import tables as push
from concertim_api.db.store import SqlStore
from concertim_api.db.view import tables as view
from concertim_api.domain.errors import NotFound
from concertim_api.services.common.listing import Listing
from concertim_api.services.push.ports import Binding, BindingKey


@pytest.fixture
def world(world):
    world.rack("s1")
    return world


@pytest.fixture
def bindings(world):
    return world.store.bindings


def later(**passed):
    return datetime.now(UTC) + timedelta(**passed)


def due(bindings, **passed):
    return {d.binding.key: d for d in bindings.due(later(**passed), 99)}


RACK = BindingKey("rack", "north", "c1")
DEVICE = BindingKey("device", "north", "s1")


def pushed(due_binding, **changes):
    return dc.replace(
        due_binding.binding,
        **{
            "foreign_id": f"f-{due_binding.binding.key.id}",
            "actual": {"name": "x", "n": {"a": [1, None]}},
            "state": "pushed",
            "due_at": None,
            "pushed_generation": due_binding.binding.generation,
            "pushed_at": datetime.now(UTC),
            **changes,
        },
    )


def rows(bindings):
    return {
        (row.noun, row.resource_id): row
        for row in bindings.pushes(Listing(limit=99)).rows
    }


def test_what_the_view_shows_is_due(bindings):
    due_bindings = due(bindings)
    assert set(due_bindings) == {RACK, DEVICE}
    device = due_bindings[DEVICE]
    assert (device.row.id, device.row.noun) == ("s1", "device")
    assert device.binding.rack_id == "c1"
    assert device.binding.name == "s1"
    assert not device.is_ended
    assert bindings.is_due(later())
    assert not bindings.is_due(later(hours=-1))


def test_what_was_saved_is_read_back(bindings):
    saved = [pushed(due_binding) for due_binding in due(bindings).values()]
    bindings.save(saved)
    assert due(bindings) == {}
    assert not bindings.is_due(later(days=99))
    read = bindings.by_key([RACK, DEVICE, BindingKey("rack", "south", "c1")])
    assert read == {binding.key: binding for binding in saved}
    assert bindings.counts() == {"rack": 1, "device": 1}
    assert [b.key for b in bindings.present()] == [RACK, DEVICE]
    assert bindings.in_use("rack_id", ["c1", "c2"]) == {("north", "c1")}


def test_all_that_is_at_the_front_end_comes_by_pages(bindings, monkeypatch):
    module = sys.modules[type(bindings).__module__]
    monkeypatch.setattr(module, "_MANY", 1)
    assert [*bindings.present()] == []
    bindings.save(pushed(each) for each in due(bindings).values())
    assert {each.key for each in bindings.present()} == {RACK, DEVICE}


def test_what_changed_meanwhile_stays_due(world, bindings):
    """The push read it before; what it did is kept all the same."""
    read = due(bindings)
    world.server("s1", shape={"state": "stopped"})
    world.settle()
    bindings.save([pushed(due_binding) for due_binding in read.values()])
    due_bindings = due(bindings)
    assert set(due_bindings) == {DEVICE}
    binding = due_bindings[DEVICE].binding
    assert (binding.foreign_id, binding.state) == ("f-s1", "waiting")
    assert binding.generation > binding.pushed_generation > 0


def test_what_came_back_meanwhile_is_not_forgotten(world, bindings):
    """It was gone from the view when the push read it."""
    bindings.save(
        [pushed(due_binding) for due_binding in due(bindings).values()]
    )
    world.tell("instance", "s1", "gone")
    world.settle()
    gone = due(bindings)[DEVICE]
    assert gone.row is None
    assert gone.is_ended
    world.server("s1", key="again")
    world.tell("instance", "s1", "restored")
    world.settle()
    lost = dc.replace(gone.binding, foreign_id=None, actual={})
    bindings.save([], [lost])
    due_bindings = due(bindings)[DEVICE]
    assert due_bindings.row is not None
    assert due_bindings.binding.foreign_id is None


def test_what_is_not_pushed(bindings):
    none = {"waiting": 0, "failing": 0, "refused": 0, "kept": 0}
    assert bindings.unpushed() == {**none, "waiting": 2}
    rack, device = due(bindings).values()
    bindings.save([pushed(rack)])
    assert bindings.unpushed() == {**none, "waiting": 1}
    failing = dc.replace(device.binding, state="failing", due_at=later())
    bindings.save([failing])
    assert bindings.unpushed() == {**none, "failing": 1}


def test_since_when_something_is_due(bindings):
    moment = datetime.now(UTC).replace(microsecond=0)
    rack, device = due(bindings).values()
    for due_binding, ago in ((rack, 60), (device, 90)):
        due_at = moment - timedelta(seconds=ago)
        bindings.save([dc.replace(due_binding.binding, due_at=due_at)])
    assert bindings.due_since(moment) == moment - timedelta(seconds=90)
    bindings.save([pushed(device)])
    assert bindings.due_since(moment) == moment - timedelta(seconds=60)
    not_yet = dc.replace(rack.binding, due_at=moment + timedelta(seconds=1))
    bindings.save([not_yet])
    assert bindings.due_since(moment) is None


def test_what_a_survey_saw(world, bindings):
    rack, device = due(bindings).values()
    bindings.save([pushed(rack), pushed(device)])
    stray = Binding(
        key=BindingKey("rack", "", "other"),
        name="other",
        foreign_id="f-other",
        actual={"name": "other"},
        generation=1,
        due_at=datetime.now(UTC),
    )
    bindings.save_survey(
        [stray, pushed(rack, foreign_id="anew", actual={})], []
    )
    due_bindings = due(bindings)
    assert set(due_bindings) == {RACK, DEVICE, stray.key}
    assert due_bindings[rack.binding.key].binding.foreign_id == "anew"
    assert due_bindings[stray.key].binding.name == "other"
    bindings.save_survey([], [stray])
    assert set(due(bindings)) == {RACK, DEVICE}


def test_what_nobody_marked_is_found(world, bindings):
    """An older agent's projector knows of no bindings."""
    with world.store.engine.begin() as connection:
        connection.execute(sa.delete(push.bindings))
    bindings.save_survey([], [])
    due_bindings = due(bindings)
    assert set(due_bindings) == {RACK, DEVICE}
    assert due_bindings[DEVICE].binding.rack_id == "c1"
    assert due_bindings[RACK].binding.rack_id is None


def test_another_try(bindings):
    waits = later(hours=1)
    device = due(bindings)[DEVICE]
    bindings.save(
        [
            pushed(due(bindings)[RACK]),
            dc.replace(device.binding, state="failing", due_at=waits),
        ]
    )
    assert bindings.retry(later(seconds=-1)) == 1
    assert set(due(bindings)) == {DEVICE}
    push_id = rows(bindings)["rack", "c1"].id
    assert bindings.retry(later(seconds=-1), push_id) == 1
    assert rows(bindings)["rack", "c1"].state == "waiting"
    with pytest.raises(NotFound, match="Push 999999 not found"):
        bindings.retry(later(), 999_999)


def test_what_the_ledger_knows(world, bindings):
    world.server("s2")
    world.tell("instance", "s2", "gone")
    strays = [BindingKey("device", "", name) for name in ("s1", "s2", "s3")]
    resources = bindings.resolve([*strays, BindingKey("rack", "", "s1")])
    assert {
        s.id: (resource.is_shown, resource.is_ended)
        for s, resource in resources.items()
    } == {"s1": (True, False), "s2": (False, True)}


def test_statements(bindings, statements):
    read = list(due(bindings).values())
    del statements[:]
    bindings.save([pushed(read[0])], [read[1].binding])
    assert len(statements) == 3
    del statements[:]
    bindings.save_survey([pushed(read[0])], [])
    assert len(statements) == 3


def test_what_is_shown_already_is_due_after_the_upgrade(old_database):
    nouns = ("team", "template", "rack", "device")
    shown = [_shown(n, noun) for n, noun in enumerate(nouns)]
    with old_database("0002") as (conf, connection):
        connection.execute(sa.insert(view.view_objects), shown)
    schema.sync(conf)
    store = SqlStore(conf)
    due_bindings = due(store.bindings)
    store.close()
    assert {(s.noun, d.binding.rack_id) for s, d in due_bindings.items()} == {
        ("template", None),
        ("rack", None),
        ("device", "c1"),
    }


def _shown(n, noun):
    return {
        "resource_pk": n,
        "noun": noun,
        "region": "north",
        "kind": "x",
        "resource_id": f"id-{n}",
        "name": f"name-{n}",
        "start_u": 0,
        "rack_id": "c1" if noun in ("rack", "device") else None,
        "body": "{}",
        "generation": 1,
        "updated_at": datetime(2026, 3, 1, tzinfo=UTC),
    }

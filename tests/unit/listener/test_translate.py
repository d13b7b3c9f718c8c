"""The event table, against what a real cloud sent."""

from __future__ import annotations

import dataclasses as dc
import fnmatch
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.attributes import size_of, type_of
from concertim_api.domain.ledger.history import fold
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.listener import translate
from concertim_api.payloads.facts import (
    Untranslatable,
)
from tests import hostile, samples
from tests.fakes.clock import NOON
from tests.properties import examples

TRANSLATOR = translate.Translator()


def told(event_type, where=lambda payload: True, **changes):
    message = samples.first(event_type, where)
    message["payload"] |= changes
    found = TRANSLATOR.translate(message, "north", NOON)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    "event_type", sorted({*samples.event_types(), *samples.sent_events()})
)
def test_every_event_is_handled_or_ignored_for_a_reason(event_type):
    handled = TRANSLATOR.row(event_type) is not None
    why = translate.why_ignored(event_type)
    assert handled or why, event_type
    # Patterns may cover a row; a name that is both is a contradiction.
    assert not (handled and event_type in translate.IGNORED)


def test_every_reason_is_one():
    assert all(len(why) > 10 for why in translate.IGNORED.values())


def test_every_row_is_of_a_known_kind():
    assert {row.kind for row in translate.EVENTS.values()} == set(KINDS)


def test_no_recorded_notification_is_dead():
    for message in samples.messages():
        TRANSLATOR.translate(message, "north", NOON)


def test_every_kind_was_recorded():
    rows = {TRANSLATOR.row(event) for event in samples.event_types()}
    assert {row.kind for row in rows if row} == set(KINDS)


def test_keys_are_message_ids():
    message = samples.first("volume.create.end")
    (observation,) = TRANSLATOR.translate(message, "north", NOON)
    assert observation.key == message["message_id"]
    assert observation.source == "volume.create.end"
    assert observation.ref.region == "north"


@pytest.mark.parametrize(
    ("unversioned", "versioned"),
    [
        ("compute.instance." + old, "instance." + new)
        for old, new in (
            ("create.end", "create.end"),
            ("create.start", "create.start"),
            ("delete.end", "delete.end"),
            ("finish_resize.end", "resize_finish.end"),
            ("resize.confirm.end", "resize_confirm.end"),
            ("power_off.end", "power_off.end"),
            ("rebuild.end", "rebuild.end"),
            ("exists", "exists"),
        )
    ],
)
def test_both_formats_of_nova_say_the_same(unversioned, versioned):
    one = told(unversioned)
    two = told(
        versioned, lambda p: p["nova_object.data"]["uuid"] == one.ref.id
    )
    assert (one.ref, one.at, one.says, one.since, one.project_id) == (
        two.ref,
        two.at,
        two.says,
        two.since,
        two.project_id,
    )
    merged = {**two.shape["flavor"], **one.shape["flavor"]}
    assert two.shape["flavor"] == merged
    assert {**two.shape, **one.shape, "flavor": merged} == two.shape
    for name in ("name", "host", "task_state", "hostname"):
        assert one.details.get(name) == two.details.get(name)


def test_a_server():
    server = told("instance.create.end")
    assert server.ref.kind == "instance"
    assert server.says == "alive"
    # launched_at, not the time of the notification, in Nova's own seconds
    assert server.at == datetime(2026, 11, 21, 2, 17, 19, tzinfo=UTC)
    assert server.reported_at.microsecond
    assert server.project_id == "e60102f8bf894695be722008225a0906"
    assert server.shape == {
        "flavor": {
            "id": "1692fd5b-680d-46ef-b074-4c2a2d8c2085",
            "name": "m1.tiny",
            "vcpus": 1,
            "ram_mb": 512,
            "disk_gb": 1,
            "ephemeral_gb": 0,
            "swap_mb": 0,
            "extra_specs": {},
        },
        "image": {"id": "cebf51e5-b096-42be-b333-d918356abae6"},
        "metadata": {},
        "state": "active",
        "launched": True,
    }
    assert server.details["name"] == "srv-nonic"
    assert server.details["task_state"] is None
    assert size_of(server.shape).vcpus == 1
    assert type_of(server.shape) == "m1.tiny"


def test_the_end_of_a_server_tells_its_life():
    end = told("compute.instance.delete.end")
    assert end.says == "gone"
    assert end.at == datetime(2026, 11, 21, 2, 18, 14, tzinfo=UTC)
    assert end.since == datetime(2026, 11, 21, 2, 4, 27, tzinfo=UTC)
    assert "state" not in end.shape


def test_a_server_that_never_ran_has_no_life_to_tell():
    end = told("compute.instance.delete.end", launched_at="")
    assert end.since is None


@pytest.mark.parametrize(
    "keys",
    [
        {"os_distro": "ubuntu", "os_version": "22.04", "os_type": "linux"},
        {"distro": "ubuntu", "version": "22.04", "os_type": "linux"},
        {
            "org.openstack__1__os_distro": "ubuntu",
            "org.openstack__1__os_version": "22.04",
            "os_type": "linux",
        },
    ],
)
def test_the_operating_system_has_several_names(keys):
    server = told("compute.instance.create.end", image_meta=keys)
    assert server.shape["image"] == {
        "id": "cebf51e5-b096-42be-b333-d918356abae6",
        "os_distro": "ubuntu",
        "os_version": "22.04",
        "os_type": "linux",
    }


def test_metadata_may_have_dots():
    server = told(
        "compute.instance.create.end",
        metadata={"metering.billing_mode": "42"},
    )
    assert server.shape["metadata"] == {"metering.billing_mode": "42"}


@pytest.mark.parametrize("event_type", ["compute.instance.exists"])
def test_the_audit_reports_the_dead(event_type):
    end = told(
        event_type, state="deleted", deleted_at="2026-11-21T03:00:00.000000"
    )
    assert end.says == "gone"
    assert end.at == datetime(2026, 11, 21, 3, tzinfo=UTC)


def test_a_volume():
    volume = told("volume.create.end")
    assert volume.shape == {
        "type": "6d9dc584-9778-42e7-a62f-4fb75887545c",
        "size_gb": 2,
        "attached_to": [],
    }
    assert volume.since == datetime(2026, 11, 21, 2, 21, 15, tzinfo=UTC)
    assert volume.details["metadata"] == {"a": "b"}


def test_attachments():
    volume = told("volume.attach.end")
    assert volume.shape["attached_to"] == [
        "5d7668a9-1369-49a9-aa06-328043f3d19e"
    ]
    assert told("volume.detach.end").shape["attached_to"] == []
    attachment = {"instance_uuid": "b", "attached_host": None}
    several = told(
        "volume.attach.end",
        volume_attachment=[
            attachment,
            {"instance_uuid": "a"},
            {"instance_uuid": "c", "detach_time": "2026-11-21T02:21:28"},
            {"instance_uuid": None, "attached_host": "node1"},
        ],
    )
    assert several.shape["attached_to"] == ["a", "b", "node1"]


def test_a_network_and_many_at_once():
    network = told("network.create.end")
    assert network.shape == {"external": True, "shared": False}
    message = samples.first("network.create.end")
    one = message["payload"]["network"]
    message["payload"] = {"networks": [one, {**one, "id": "second"}]}
    first, second = TRANSLATOR.translate(message, "north", NOON)
    assert (first.key, second.key) == (
        message["message_id"],
        message["message_id"] + "/1",
    )
    assert second.ref.id == "second"


def test_a_deletion_with_only_an_id():
    message = samples.first("port.delete.end")
    message["payload"] = {"port_id": "p-1"}
    (end,) = TRANSLATOR.translate(message, "north", NOON)
    assert (end.ref.id, end.says) == ("p-1", "gone")


@pytest.mark.parametrize(
    "event_type", ["identity.project.created", "identity.project.deleted"]
)
def test_both_formats_of_keystone(event_type):
    found = [
        TRANSLATOR.translate(message, "north", NOON)[0]
        for message in samples.messages()
        if message["event_type"] == event_type
    ]
    assert len(found) >= 2
    assert all(len(o.ref.id) == 32 for o in found)


def test_a_failed_creation_of_a_project_is_none():
    message = samples.first(
        "identity.project.created", lambda p: "outcome" in p
    )
    message["payload"]["outcome"] = "failure"
    assert TRANSLATOR.translate(message, "north", NOON) == []


@pytest.mark.parametrize("action", ["suspend", "resume", "update"])
def test_what_an_administrator_does_to_a_stack_does_not_move_it(action):
    """Heat tells of the project and the user that ask."""
    asking = {"tenant_id": "admin", "username": "root"}
    stack = told(f"orchestration.stack.{action}.end", **asking)
    assert stack.project_id is None
    assert {"user_id", "user_name"}.isdisjoint(stack.details)
    assert stack.details["state"] == f"{action.upper()}_COMPLETE"
    created = told("orchestration.stack.create.end", **asking)
    assert created.project_id == "admin"


def test_a_stack_that_failed():
    stack = told("orchestration.stack.create.error")
    assert stack.details["state"] == "CREATE_FAILED"
    assert stack.details["state_reason"]


def test_a_node():
    node = told("baremetal.node.provision_set.end")
    assert node.shape["state"] == "available"
    assert node.shape["resource_class"] == "baremetal.gold"
    assert node.details["extra"] == {"rack": "R1", "unit": 0}
    assert "driver_info" not in node.details


def test_our_own_event():
    (project,) = TRANSLATOR.translate(
        {
            "event_type": "concertim.observation.project",
            "message_id": "m-1",
            "timestamp": "2026-11-21T12:00:00.5",
            "payload": {"id": "p-1", "details": {"name": "CM_astro"}},
        },
        "north",
        NOON,
    )
    assert project.ref == ("north", "project", "p-1")
    assert project.details == {"name": "CM_astro"}
    assert project.at == datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"volume_id": None}, "volume_id is missing"),
        ({"volume_id": ["x"]}, "volume_id is not a text"),
        ({"volume_id": "x" * 256}, "the id is too long"),
        ({"size": "many"}, "size is not a number"),
        ({"size": True}, "size is not a number"),
        ({"size": -1}, "size is out of range"),
        ({"size": 1.5}, "size is out of range"),
        ({"size": 2**31}, "size is out of range"),
        ({"size": 10**400}, "size is out of range"),
        ({"size": float("inf")}, "size is not a number: inf"),
        ({"size": float("nan")}, "size is not a number: nan"),
        ({"created_at": "yesterday"}, "created_at is not a date"),
        ({"created_at": 7}, "created_at is not a date"),
        (
            {"created_at": "0001-01-01T00:00:00+14:00"},
            "created_at is out of range",
        ),
    ],
)
def test_a_malformed_payload_is_named(change, complaint):
    message = samples.first("volume.create.end")
    message["payload"] |= change
    with pytest.raises(Untranslatable, match=complaint):
        TRANSLATOR.translate(message, "north", NOON)


@pytest.mark.parametrize("id_", ["listing/1", "m/1", "/", "", None])
def test_an_id_is_no_key_of_ours(id_):
    message = samples.first("volume.create.end") | {"message_id": id_}
    keys = [
        observation.key
        for _ in range(2)
        for observation in TRANSLATOR.translate(message, "north", NOON)
    ]
    assert keys[0] == keys[1] != id_
    assert re.fullmatch("message/[0-9a-f]{32}", keys[0])


@pytest.mark.parametrize("field", ["event_type", "timestamp", "payload"])
def test_a_malformed_notification_is_named(field):
    message = samples.first("volume.create.end")
    del message[field]
    with pytest.raises(Untranslatable, match=field):
        TRANSLATOR.translate(message, "north", NOON)


def test_the_context_is_never_read():
    message = samples.first("volume.create.end")
    plain = TRANSLATOR.translate(message, "north", NOON)
    message["_context_timestamp"] = "1999-01-01T00:00:00"
    message["ctxt"] = {"timestamp": "1999-01-01T00:00:00"}
    assert TRANSLATOR.translate(message, "north", NOON) == plain


def test_an_operators_row_outranks_ours():
    row = translate.EVENTS["image.create"]
    translator = translate.Translator({"volume.*": row})
    assert translator.row("volume.create.end") is row
    assert translator.row("image.update") is translate.EVENTS["image.update"]


@given(st.data())
@examples(2000)
def test_junk_in_a_payload_is_translated_or_untranslatable(data):
    handled = sorted(set(samples.event_types()) & translate.EVENTS.keys())
    message = samples.first(data.draw(st.sampled_from(handled)))
    path = data.draw(st.sampled_from(list(hostile.paths(message))))
    broken = hostile.replaced(message, path, data.draw(hostile.VALUES))
    try:
        found = TRANSLATOR.translate(broken, "north", NOON)
    except Untranslatable:
        return
    for observation in found:
        assert isinstance(observation.ref.id, str)
        assert observation.at.tzinfo is not None


def test_the_patterns_of_ignored_events_are_in_use():
    """A pattern for what we handle would hide that we do."""
    for pattern in translate.IGNORED:
        hidden = [
            event
            for event in translate.EVENTS
            if fnmatch.fnmatchcase(event, pattern)
        ]
        assert not [e for e in hidden if not e.endswith((".start", ".error"))]


def test_a_soft_deleted_server_is_still_there():
    server = told("compute.instance.soft_delete.end")
    assert server.says == "mentioned"
    assert server.shape["state"] == "soft-delete"
    audited = told(
        "compute.instance.exists",
        state="soft-delete",
        deleted_at="2026-11-21T03:00:00.000000",
    )
    assert audited.says == "alive"
    assert told("compute.instance.restore.end").says == "restored"


def test_an_accepted_transfer_tells_the_new_project():
    accepted = told("volume.transfer.accept.end")
    created = told(
        "volume.create.end", lambda p: p["volume_id"] == accepted.ref.id
    )
    assert accepted.project_id != created.project_id


@pytest.mark.parametrize("kind", ["volume", "snapshot", "backup"])
def test_cinders_audit_reports_the_dead_too(kind):
    assert told(f"{kind}.exists").says == "alive"
    assert told(f"{kind}.exists", status="deleted").says == "gone"


@pytest.mark.parametrize("noun", ["volume", "snapshot", "backup"])
def test_what_was_listed_while_it_was_made_is_not_its_state(noun):
    """The event is of the end of that, and lists are read meanwhile."""
    end = told(f"{noun}.create.end")
    end = dc.replace(end, since=end.at - timedelta(seconds=9))
    moment = end.at - timedelta(seconds=1)
    listed = dc.replace(
        end,
        key="listed",
        at=moment,
        reported_at=moment,
        details={**end.details, "state": "creating"},
    )
    life, (period,) = fold([listed, end])
    assert life.details["state"] == "available"
    assert period.start == end.since


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        ({"id": "p1", "says": "perhaps"}, "says is one of alive, gone"),
        ({"id": "p1", "shape": ["m1"]}, "shape is not an object"),
    ],
)
def test_our_own_event_with_something_odd(payload, complaint):
    message = {
        "event_type": "concertim.observation.project",
        "message_id": "m",
        "timestamp": NOON.isoformat(),
        "payload": payload,
    }
    with pytest.raises(Untranslatable, match=complaint):
        TRANSLATOR.translate(message, "north", NOON)


def test_an_image_without_properties():
    image = told("image.create", properties=None)
    assert not {"os_distro", "os_version"} & {*image.shape, *image.details}

"""What Almanach's tests ask for, and what Almanach gets wrong.

Notifications of the recorded form, taken in by the real intake in several
orders; the periods that come out.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.domain.ledger.observations import Ref
from concertim_api.listener.intake import Intake
from concertim_api.listener.translate import Translator
from concertim_api.services.ledger.recorder import Recorder
from tests import samples
from tests.fakes.clock import Clock
from tests.fakes.memory import SyncStore
from tests.taking import take

T0 = datetime(2026, 11, 21, 9, tzinfo=UTC)
_numbers = itertools.count()


def moment(minutes):
    return T0 + timedelta(minutes=minutes)


def notification(event_type, minutes, dates=(), template=None, **payload):
    """A recorded notification, with other facts and times."""
    message = samples.first(template or event_type)
    message |= {
        "event_type": event_type,
        "message_id": f"m-{next(_numbers)}",
        "timestamp": moment(minutes).isoformat(sep=" "),
    }
    message["payload"] |= payload | {
        name: moment(value).isoformat() for name, value in dates
    }
    return message


def server(event, minutes, **payload):
    dates = [("created_at", -0.5), ("launched_at", 0)]
    if event == "delete.end":
        dates.append(("terminated_at", minutes))
    template = f"compute.instance.{event}"
    return notification(
        template, minutes, dates, template, instance_id="i-1", **payload
    )


def volume(event, minutes, **payload):
    name = f"volume.{event}"
    template = "volume.update.end" if event == "transfer.accept.end" else name
    return notification(
        name,
        minutes,
        [("created_at", 0)],
        template,
        volume_id="v-1",
        **payload,
    )


def periods(messages, ref):
    """Return (start, end, flavor or size, ...) in minutes, by any order."""
    found = []
    orders = itertools.islice(itertools.permutations(messages), 120)
    for order in orders:
        store = SyncStore()
        intake = Intake(
            Translator(), Recorder(store), store, store, store, Clock()
        )
        for message in [*order, order[0]]:  # and one of them twice
            counts = take(intake, [message], "north")
            assert not counts.dead
        found.append(
            [
                (_minutes(p.start), _minutes(p.end), *_said(p))
                for p in store.stored(Ref("north", *ref))
            ]
        )
    assert all(one == found[0] for one in found)
    return found[0]


def _minutes(at):
    return at and (at - T0) / timedelta(minutes=1)


def _said(period):
    shape = period.shape
    if "flavor" in shape:
        return (shape["flavor"]["name"], shape.get("state"))
    return (shape["size_gb"], shape["attached_to"])


SERVER = ("instance", "i-1")
VOLUME = ("volume", "v-1")


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(
            lambda: [server("create.end", 1)],
            [(0, None, "m1.tiny", "active")],
            id="A1 created: from launched_at",
        ),
        pytest.param(
            lambda: [server("create.end", 1), server("delete.end", 60)],
            [(0, 60, "m1.tiny", "active")],
            id="A4 A5 deleted, heard of in any order",
        ),
        pytest.param(
            lambda: [
                server("create.end", 1),
                server(
                    "resize.confirm.end",
                    10,
                    instance_type="m1.big",
                    instance_flavor_id="2",
                ),
                server("delete.end", 60),
            ],
            [(0, 10, "m1.tiny", "active"), (10, 60, "m1.big", "active")],
            id="A6 resized",
        ),
        pytest.param(
            lambda: [
                server("create.end", 1),
                server("resize.confirm.end", 10, **_as_created()),
            ],
            [(0, None, "m1.tiny", "active")],
            id="A7 resized to the same",
        ),
        pytest.param(
            lambda: [
                server("delete.end", 9, state="error", launched_at="")
                | {"payload": _never_launched()}
            ],
            [],
            id="A10 deleted in error, never ran",
        ),
        pytest.param(
            lambda: [server("delete.end", 25)],
            [(-0.5, 25, "m1.tiny", None)],
            id="A11 only its deletion was heard of: from created_at",
        ),
        pytest.param(
            lambda: [server("exists", 30)],
            [(-0.5, None, "m1.tiny", "active")],
            id="an audit repairs a missed creation",
        ),
    ],
)
def test_servers(messages, expected):
    found = periods(messages(), SERVER)
    assert found == expected


def _as_created():
    """Return all of a server that a resize could change, as it is at first."""
    payload = samples.first("compute.instance.create.end")["payload"]
    names = "instance_type instance_flavor_id memory_mb root_gb vcpus"
    names = [*names.split(), "image_ref_url", "metadata"]
    return {name: payload[name] for name in names}


def _never_launched():
    payload = samples.first("compute.instance.delete.end")["payload"]
    return payload | {
        "instance_id": "i-1",
        "state": "error",
        "launched_at": "",
    }


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(
            lambda: [
                volume("create.end", 0, size=10),
                volume("delete.end", 60, size=10),
            ],
            [(0, 60, 10, [])],
            id="B1 B2 created and deleted",
        ),
        pytest.param(
            lambda: [
                volume("create.end", 0, size=10),
                volume("resize.end", 30, size=100),
            ],
            [(0, 30, 10, []), (30, None, 100, [])],
            id="B3 extended",
        ),
        pytest.param(
            lambda: [
                volume("create.end", 0, size=10),
                volume("resize.end", 30, size=10),
                volume("resize.end", 30, size=10),
            ],
            [(0, None, 10, [])],
            id="extended to the same, twice: no empty period",
        ),
        pytest.param(
            lambda: [
                volume("create.end", 0, size=10),
                volume(
                    "attach.end",
                    5,
                    size=10,
                    volume_attachment=[{"instance_uuid": "a"}],
                ),
                volume(
                    "attach.end",
                    8,
                    size=10,
                    volume_attachment=[
                        {"instance_uuid": "b"},
                        {"instance_uuid": "a"},
                    ],
                ),
                volume("detach.end", 20, size=10, volume_attachment=[]),
            ],
            [
                (0, 5, 10, []),
                (5, 8, 10, ["a"]),
                (8, 20, 10, ["a", "b"]),
                (20, None, 10, []),
            ],
            id="B4-B8 C11 who it was attached to, and when",
        ),
        pytest.param(
            lambda: [
                volume("create.end", 0, size=10),
                volume("resize.end", 30, size=20),
                volume("delete.end", 30.5, size=20),
            ],
            [(0, 30, 10, []), (30, 30.5, 20, [])],
            id="B9 a short last period is not lost",
        ),
        pytest.param(
            lambda: [
                volume("create.end", 0, size=10, display_name="a"),
                volume("update.end", 30, size=10, display_name="b"),
            ],
            [(0, None, 10, [])],
            id="B10 a new name is no new period",
        ),
    ],
)
def test_volumes(messages, expected):
    assert periods(_same_type(messages()), VOLUME) == expected


def _same_type(messages):
    for message in messages:
        message["payload"]["volume_type"] = "t-1"
    return messages


def test_a_transfer_moves_usage_to_the_other_project():
    messages = _same_type(
        [
            volume("create.end", 0, size=10, tenant_id="p"),
            volume("transfer.accept.end", 30, size=10, tenant_id="q"),
            volume("delete.end", 60, size=10, tenant_id="q"),
        ]
    )
    for order in itertools.permutations(messages):
        store = SyncStore()
        intake = Intake(
            Translator(), Recorder(store), store, store, store, Clock()
        )
        for message in order:
            take(intake, [message], "north")
        found = store.stored(Ref("north", *VOLUME))
        assert [
            (_minutes(p.start), _minutes(p.end), p.project_id) for p in found
        ] == [(0, 30, "p"), (30, 60, "q")]

"""Cases from the field: notifications, and the periods that are right."""

from __future__ import annotations

import pathlib
import random
from datetime import UTC

import pytest

from concertim_api.domain.attributes import is_usage
from concertim_api.domain.ledger.observations import Ref
from concertim_api.listener.intake import Intake
from concertim_api.listener.replay import decoded
from concertim_api.listener.translate import Translator
from concertim_api.services.ledger.recorder import Recorder
from tests import samples
from tests.fakes.clock import NOON, Clock
from tests.fakes.memory import SyncStore

CASES = pathlib.Path(samples.__file__).parent / "cases"


def take(case, order=lambda deliveries: deliveries):
    """Return a store in which the notifications of a case were recorded."""
    store = SyncStore()
    intake = Intake(
        Translator(), Recorder(store), store, store, store, Clock()
    )
    lines = (CASES / f"{case}.jsonl").read_bytes().splitlines()
    for delivery in order([decoded(line, NOON, "north") for line in lines]):
        intake.take([delivery])
    return store


def shuffled(deliveries):
    return random.Random(7).sample(deliveries, len(deliveries))


def periods(store, kind, resource_id):
    """Return start, end, flavor or project, and state of what was used."""
    return [
        f"{_clock(p.start)} {_clock(p.end)} {_label(p)}"
        for p in store.stored(Ref("north", kind, resource_id))
        if is_usage(p.shape)
    ]


def _clock(at):
    if at is None:
        return "runs"
    day = "" if at.day == 20 else f"{at.day:02d}T"
    return f"{day}{at.astimezone(UTC):%H:%M:%S}"


def _label(period):
    shape = period.shape
    if "flavor" not in shape:
        return period.project_id[:2]
    return f"{shape['flavor']['name']} {shape.get('state', '-')}"


def server(number):
    return f"00000{number}-0000-4000-8000-000000000{number}"


CASE = "case, kind, number, expected"
RIGHT = [
    (
        *("create-end-not-launched", "instance", "201"),
        ["10:00:12 12:00:12 m1.small active"],
    ),
    (
        *("lost-delete-end", "instance", "202"),
        ["10:00:10 12:00:10 m1.small active"],
    ),
    (
        *("deleted-twice", "instance", "203"),
        ["10:00:10 12:00:00 m1.small active"],
    ),
    (
        *("ends-before-start", "instance", "702"),
        [
            "10:00:00 11:00:00 m1.small active",
            "11:00:00 11:00:50 m1.large resized",
            "11:00:50 runs m1.large active",
        ],
    ),
    (
        *("start-reset", "instance", "206"),
        ["10T10:00:00 runs m1.small active"],
    ),
    (
        *("start-reset", "instance", "207"),
        ["10T10:00:00 runs m1.small active"],
    ),
    ("start-reset", "instance", "208", ["10T10:00:00 11:00:00 m1.small -"]),
    (
        *("start-reset", "instance", "209"),
        [
            "10T10:00:00 10:00:01 m1.small active",
            "10:00:01 10:30:01 m1.small rescued",
            "10:30:01 runs m1.small active",
        ],
    ),
    (
        *("stack-adopt-abandon", "instance", "303"),
        ["10:00:10 runs m1.small active"],
    ),
    ("stack-adopt-abandon", "stack", "301", ["10:00:00 runs a1"]),
    ("stack-adopt-abandon", "stack", "302", ["10:00:00 11:00:01 a1"]),
    ("stack-adopt-abandon", "stack", "304", ["10:00:00 runs a1"]),
    (
        *("transfer-with-snapshots", "volume", "901"),
        ["10:00:00 12:00:00 a1", "12:00:00 runs b2"],
    ),
]


@pytest.mark.parametrize("order", [list, reversed, shuffled])
@pytest.mark.parametrize(CASE, RIGHT)
def test_cases(case, order, kind, number, expected):
    assert periods(take(case, order), kind, server(number)) == expected

"""Messages that a real broker delivers and no database keeps: the good ones
beside them are stored, each bad one is a dead letter, nothing comes again
and again, and the listener does not grow."""

from __future__ import annotations

import functools
import operator
import uuid

import pytest

from concertim_api.services.common.listing import Filter, Listing
from tests import hostile, samples
from tests.integration.memory import resident
from tests.waiting import wait_for

LISTENER = "concertim-listener"
ROUND = 60

BROKERS = {
    "classic": {},
    "quorum": {
        "rabbit_quorum_queue": "true",
        "rabbit_quorum_delivery_limit": 3,
    },
}


@pytest.fixture(params=BROKERS)
def durable(request):
    return request.param == "quorum"


@pytest.fixture
def listening(installation, bus, durable):
    installation.configure("DEFAULT", transport_url=bus.url)
    installation.configure(
        "listener", exchanges=bus.exchange, pool=bus.pool, batch_size=50
    )
    installation.configure(
        "oslo_messaging_rabbit", **BROKERS["quorum" if durable else "classic"]
    )
    installation.run("concertim-manage", "db", "sync")
    installation.start(LISTENER)
    wait_for(
        "the listener to listen",
        lambda: installation.log(LISTENER),
        lambda log: "Listening to" in log,
    )
    return installation


def volume(**fields):
    message = samples.first("volume.create.end")
    del message["_unique_id"]  # of the recording: oslo.messaging drops copies
    message["message_id"] = str(uuid.uuid4())
    message["payload"] |= {"volume_id": message["message_id"], **fields}
    return message


def poisons():
    return [
        volume(size=value, description=value)
        for value in hostile.POISONS.values()
    ]


def good(count):
    return [volume() for _ in range(count)]


def mixed(messages, poisons):
    """The poisons among the others, each with some before and after it."""
    apart = len(messages) // (len(poisons) + 1)
    result = list(messages)
    for number, poison in enumerate(poisons, 1):
        result.insert(number * apart + number - 1, poison)
    return result


def stored(store):
    listing = Listing((Filter("kind", "eq", "volume"),), limit=10_000)
    return {row.id for row in store.ledger.resources(listing).rows}


def test_poison_stops_no_region(listening, bus, durable):
    (process,) = listening._running
    store = listening.store()
    expected, dead, sizes = set(), 0, []
    for _ in range(6):
        messages = good(ROUND)
        expected |= {message["message_id"] for message in messages}
        dead += len(hostile.POISONS)
        bus.publish(mixed(messages, poisons()), durable=durable)
        wait_for(
            f"{len(expected)} volumes and {dead} dead letters",
            functools.partial(taken, store),
            functools.partial(operator.eq, (len(expected), dead)),
        )
        sizes.append(sum(resident(process).values()))
    assert stored(store) == expected
    assert bus.depth() == 0
    assert "go back to the broker" not in listening.log(LISTENER)
    assert 0 < sizes[-1] < 1.1 * sizes[2], sizes
    page = store.dead_letters.page(Listing(limit=1000))
    assert all(letter.attempts == 1 for letter in page.rows)
    store.close()


def taken(store):
    return len(stored(store)), store.dead_letters.count(10_000)

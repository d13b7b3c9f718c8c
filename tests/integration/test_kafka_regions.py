"""Rules decide the region of what comes by Kafka, from its real messages."""

from __future__ import annotations

import pytest

from concertim_api.services.common.listing import Listing
from tests import samples
from tests.integration.test_listener import LISTENER

pytestmark = pytest.mark.xdist_group("kafka")


def test_topic_header_and_refusal(installation, stream):
    installation.configure("DEFAULT", transport_url=stream.kafka.url)
    installation.configure(
        "listener",
        topics=stream.topic,
        pool=stream.pool,
        region_rules=[
            f"topic {stream.topic}.error -> south",
            "header region",
            "refuse",
        ],
    )
    installation.run("concertim-manage", "db", "sync")
    stream.create()
    first, second, third = (
        samples.first("compute.instance.create.end")
        | {"message_id": f"m-{number}"}
        for number in range(3)
    )
    stream.send([first], "error", headers={"region": "east"})
    stream.send([second], "info", headers={"region": "east"})
    stream.send([third], "info")
    installation.start(LISTENER)
    stream.await_committed(3)
    store = installation.store()
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT key, region_rule FROM observations ORDER BY key"
        ).all()
    assert [tuple(row) for row in rows] == [
        ("m-0", f"topic {stream.topic}.error -> south"),
        ("m-1", "header region"),
    ]
    (letter,) = store.dead_letters.page(Listing(limit=9)).rows
    assert letter.message_id == "m-2"
    assert letter.error == "[listener] region_rules refuse it"
    store.close()

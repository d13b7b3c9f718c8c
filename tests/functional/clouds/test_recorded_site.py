"""A full sync with the recorded site, after its notifications.

What a listing may tell beside them is in tests/unit/payloads.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from concertim_api.clouds.simulator import Site
from concertim_api.listener.translate import Translator
from concertim_api.services.ledger.recorder import Recorder
from tests.fakes.clock import NOON
from tests.fakes.cloud import served
from tests.fakes.ledger import MemoryStore
from tests.unit.payloads import site as recorded


@pytest.fixture
def recorder():
    translator = Translator()
    recorder = Recorder(MemoryStore())
    for message in recorded.notifications():
        recorder.record(translator.translate(message, "demo", NOON))
    return recorder


def sync(cloud, recorder, kind):
    outcome = []
    for page in cloud.listing(kind, {}):
        assert not page.left_out
        outcome.append(recorder.reconcile(page.sightings))
    return (
        sum(o.new for o in outcome),
        sum(o.changed for o in outcome),
        sum(o.unchanged for o in outcome),
    )


def test_servers_are_no_news_and_the_rest_but_once(recorder, clock):
    end = recorded.listings()["end"]
    clock.time = datetime.fromisoformat(end["taken_at"])
    with served(Site.recorded(end), clock, "demo") as (_, cloud):
        assert sync(cloud, recorder, "instance") == (0, 0, 31)
        since = datetime.fromisoformat("2026-11-21T04:00:00+00:00")
        for page in cloud.changes(since):
            assert len(page.sightings) == 45
            assert recorder.reconcile(page.sightings).unchanged == 45
        for kind in cloud.kinds:
            new, changed, unchanged = sync(cloud, recorder, kind)
            clock.advance(seconds=1)
            if kind != "stack":  # it says when it was read
                again = sync(cloud, recorder, kind)
                assert again == (0, 0, new + changed + unchanged)

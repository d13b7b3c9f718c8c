"""Rules decide the regions of messages: what is stored of that, and its
cost."""

import dataclasses as dc
import itertools

import pytest

from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.region_rules import RegionRules
from concertim_api.listener.intake import Dispatcher
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.ledger.dead_letters import DeadLetters
from tests import samples

RULES = [r"topic (?P<region>\w+)\.info", "refuse"]

_numbers = itertools.count()


class Incoming:
    """What our consumer of Kafka hands over."""

    def __init__(self, topic, **payload):
        self.topic, self.headers = topic, {"löwe": "ö"}
        self.message = samples.first("volume.create.end")
        self.message["message_id"] = f"region-{next(_numbers)}"
        volume_id = f"volume-{self.message['message_id']}"
        self.message["payload"] |= {"volume_id": volume_id} | payload


@pytest.fixture
def dispatcher(intake):
    ruled = dc.replace(intake, rules=RegionRules(RULES))
    return Dispatcher(ruled, "bus", wait=0.01, wait_max=0.05)


def batch(*regions):
    return [Incoming(f"{region}.info") for region in regions]


def test_regions_cost_no_statement(dispatcher, statements):
    counts = []
    for regions in (["a"] * 6, ["b", "c", "d"] * 2, ["a"] * 6):
        statements.clear()
        assert dispatcher.dispatch(batch(*regions)) == set()
        counts.append(len(statements))
    assert counts[0] == counts[1] == counts[2] <= 12
    assert dispatcher.total.new == 18


def test_refused_ones_are_written_together(dispatcher, statements):
    dispatcher.dispatch([Incoming("a.info", size="many")])
    one = len(statements)
    statements.clear()
    dispatcher.dispatch(
        [
            Incoming("-"),
            Incoming("a.info", size="many"),
            Incoming("b.info", size="many"),
            Incoming("-"),
        ]
    )
    assert len(statements) == one
    assert dispatcher.total.dead == 5


def test_the_rule_is_stored(dispatcher, store):
    (incoming,) = messages = batch("north")
    dispatcher.dispatch(messages)
    key = incoming.message["message_id"]
    (row,) = store.histories.observations(Listing(equal(key=key))).rows
    assert (row.ref.region, row.region_rule) == ("north", RULES[0])
    _, _, (observation,) = store.histories.history(row.ref)
    assert observation == row
    assert store.histories.histories([row.ref]) == {row.ref: [row]}


def test_an_odd_origin_is_kept_as_far_as_it_can_be(dispatcher, store):
    incoming = Incoming("t\0\ud800")
    many = {f"n{n}": "x" for n in range(200)}
    incoming.headers = {"\ud800": "\0", "a": "x" * 256, "Cookie": "c", **many}
    dispatcher.dispatch([incoming])
    (letter,) = store.dead_letters.page(Listing()).rows
    assert letter.origin["topic"] == "t\ufffd\ufffd"
    headers = letter.origin["headers"]
    assert headers.items() >= {"\ufffd": "\ufffd", "Cookie": "***"}.items()
    assert "a" not in headers
    assert len(headers) == 99


def test_a_refused_message_waits_for_a_rule(dispatcher, store, recorder):
    incoming = Incoming("-")
    for _ in range(2):
        dispatcher.dispatch([incoming])
    translate = dispatcher._intake.translator.translate
    service = DeadLetters(
        store.dead_letters, recorder, translate, RegionRules(RULES)
    )
    (letter,) = service.list(Listing()).rows
    assert (letter.region, letter.attempts) == ("", 2)
    assert service.get(letter.id).origin == {
        "transport": "bus",
        "vhost": "",
        "topic": "-",
        "headers": {"löwe": "ö"},
    }
    with pytest.raises(Conflict, match="region_rules refuse it"):
        service.replay(letter.id)
    rules = RegionRules(["header löwe ö -> north", *RULES])
    assert dc.replace(service, rules=rules).replay(letter.id).new == 1
    assert service.list(Listing()).rows == []
    volume_id = incoming.message["payload"]["volume_id"]
    (row,) = store.ledger.resources(Listing(equal(id=volume_id))).rows
    assert row.region == "north"

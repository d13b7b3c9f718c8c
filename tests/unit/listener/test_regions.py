"""Messages of one bus may be of several regions, by rules."""

import dataclasses as dc
import json

import pytest

from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.ledger.region_rules import RegionRules
from concertim_api.listener.intake import (
    Delivery,
    Dispatcher,
    Intake,
    dead_letter,
)
from concertim_api.listener.translate import Translator
from concertim_api.services.ledger.dead_letters import DeadLetters
from concertim_api.services.ledger.recorder import Recorder
from tests import samples
from tests.fakes.clock import NOON, Clock
from tests.fakes.memory import SyncStore

TOPIC = r"topic cloud-(?P<region>\w+)\..*"


class Store(SyncStore):
    """Keeps dead letters, too."""

    def __init__(self):
        super().__init__()
        self.letters = []

    def bury(self, letters):
        for letter in letters:
            self.letters.append(dc.replace(letter, id=len(self.letters)))

    def letter(self, letter_id):
        return self.letters[letter_id]

    def revive(self, letter_id):
        self.letters[letter_id] = None

    def fail_again(self, letter_id, error):
        self.letters[letter_id] = dc.replace(
            self.letters[letter_id], error=error
        )

    def volume(self, region, number):
        """Return the observations of a volume in a region."""
        ref = Ref(region, "volume", f"v-{number}")
        return self.observations([ref], 10)[ref]


class Meter:
    """Keeps what it is told of regions."""

    def __init__(self):
        self.taken_by_region = {}

    def listens(self, transport):
        """Expect batches."""

    def stored(self, transport, number, seconds):
        self.batch = transport, number

    def taken(self, region, messages, counts):
        counts = {word: n for word, n in counts.items() if n}
        self.taken_by_region[region] = len(messages), counts


class Incoming:
    """What our consumer of Kafka hands over."""

    def __init__(self, message, topic, **headers):
        self.message, self.topic, self.headers = message, topic, headers


class FromRabbit:
    """What oslo.messaging hands over."""

    def __init__(self, message):
        self.message = message


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
def make(store, meter):
    """Return a dispatcher and the dead letters of an operator's rules."""

    def made(*lines, vhost=""):
        rules = RegionRules(lines) if lines else None
        translator = Translator()
        recorder = Recorder(store)
        intake = Intake(
            translator, recorder, store, store, store, Clock(NOON), rules
        )
        return (
            Dispatcher(intake, "bus", meter=meter, vhost=vhost),
            DeadLetters(store, recorder, translator.translate, rules),
        )

    return made


def volume(number, **payload):
    message = samples.first("volume.create.end")
    message["message_id"] = f"m-{number}"
    message["payload"] |= {"volume_id": f"v-{number}"} | payload
    return message


def test_a_batch_has_several_regions(make, store, meter):
    dispatcher, _ = make(TOPIC, "header region", "default rest")
    batch = [
        Incoming(volume(0), "cloud-north.info"),
        Incoming(volume(1), "cloud-north.info"),
        Incoming(volume(2, size="many"), "cloud-north.info"),
        Incoming(volume(3), "x.info", region="west"),
        Incoming(volume(4), "x.info"),
        Incoming({"event_type": "volume.create.start"}, "x.info"),
        FromRabbit(volume(5)),
    ]
    assert dispatcher.dispatch(batch) == set()
    assert meter.batch == ("bus", 7)
    assert meter.taken_by_region == {
        "north": (3, {"new": 2, "dead": 1}),
        "west": (1, {"new": 1}),
        "rest": (3, {"new": 2, "ignored": 1}),
    }
    for region, number, rule in (
        ("north", 0, TOPIC),
        ("west", 3, "header region"),
        ("rest", 4, "default rest"),
        ("rest", 5, "default rest"),
    ):
        (observation,) = store.volume(region, number)
        assert observation.region_rule == rule
    assert [letter.region for letter in store.letters] == ["north"]


def test_without_rules_no_rule_is_kept(make, store):
    dispatcher, _ = make()
    dispatcher.dispatch([Incoming(volume(0), "a.info"), FromRabbit(volume(1))])
    for number in (0, 1):
        (observation,) = store.volume("bus", number)
        assert observation.region_rule is None


def test_the_vhost_of_rabbit_is_that_of_its_url(make, store):
    dispatcher, _ = make("vhost", "refuse", vhost="south")
    dispatcher.dispatch([FromRabbit(volume(0))])
    assert len(store.volume("south", 0)) == 1


def test_what_is_refused_is_recorded_after_a_rule_is_added(make, store, meter):
    dispatcher, letters = make("topic a -> north", "refuse")
    headers = {"region": "east", "x-auth": "gAAA1", "token": "gAAA2"}
    dispatcher.dispatch(
        [
            Incoming(volume(0), "b.info.v", **headers, long="x" * 256),
            Incoming({"event_type": "volume.create.start"}, "b.info"),
        ]
    )
    assert meter.taken_by_region == {"bus": (2, {"dead": 1, "ignored": 1})}
    (letter,) = store.letters
    assert (letter.region, letter.error) == (
        "",
        "[listener] region_rules refuse it",
    )
    assert letter.origin == {
        "transport": "bus",
        "vhost": "",
        "topic": "b.info.v",
        "headers": {"region": "east", "x-auth": "***", "token": "***"},
    }
    assert "gAAA" not in json.dumps(letter.origin)
    with pytest.raises(Conflict, match="region_rules refuse it"):
        letters.replay(0)
    for rule, region in (
        ("header region", "east"),
        ("vhost", "v"),
        ("transport", "bus"),
    ):
        _, letters = make("topic a -> north", rule, "refuse")
        assert letters.replay(0).outcome == "recorded"
        (observation,) = store.volume(region, 0)
        assert observation.region_rule == rule
        store.letters[0] = letter


def test_a_refused_message_that_comes_again_is_the_same_letter(make, store):
    dispatcher, _ = make("refuse")
    one, other = volume(0), volume(1)
    del one["message_id"], other["message_id"]
    other["payload"] = one["payload"]
    for topic in ("a", "a", "b"):
        dispatcher.dispatch(
            [Incoming(one, topic, n="1"), Incoming(other, topic, n="1")]
        )
    keys = [letter.key for letter in store.letters]
    assert len(keys) == 6
    assert len(set(keys)) == 2


def test_the_key_of_a_letter_with_a_region_is_what_it_was(make, store):
    """A letter of an older release counts one attempt more."""
    make()[0].dispatch([FromRabbit(volume(0, size="many"))])
    make("default bus")[0].dispatch([Incoming(volume(0, size="many"), "t")])
    before, after = store.letters
    assert before.key == after.key == "e945829f8182c7cf6de6f80d26c5f9d7"


def test_a_letter_of_a_file_keeps_its_region(make, store):
    delivery = Delivery(volume(7), NOON, "north")
    store.bury([dead_letter(delivery, ValueError())])
    _, letters = make("default rest")
    letters.replay(0)
    (observation,) = store.volume("north", 7)
    assert observation.region_rule is None

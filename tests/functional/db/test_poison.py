"""Nothing that is in a message, or in an answer of the cloud, stops what is
beside it: not in the listener, a replay, a sync, a refresh, or the replay of
a dead letter."""

import contextlib
import dataclasses as dc
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.clouds import openstack
from concertim_api.clouds.simulator import Simulator
from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.model import Rules
from concertim_api.domain.view.ours import Rule
from concertim_api.http.session import Patience
from concertim_api.listener import replay
from concertim_api.listener.intake import Dispatcher
from concertim_api.listener.translate import EVENTS, Translator
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.ledger.dead_letters import DeadLetters
from concertim_api.services.ledger.refresh import Refresher
from concertim_api.services.ledger.sync import Sync
from tests import hostile, samples
from tests.fakes.clock import NOON, Clock
from tests.functional import built
from tests.functional.db.conftest import Incoming
from tests.properties import examples
from tests.taking import take

REGION = "RegionOne"

_numbers = itertools.count()

translate = Translator().translate

HANDLED = sorted(set(samples.event_types()) & EVENTS.keys())


@pytest.fixture
def dead_letters(store, recorder):
    return DeadLetters(store.dead_letters, recorder, translate)


def good():
    """A volume that nobody has told of."""
    message = samples.first("volume.create.end")
    number = next(_numbers)
    message["message_id"] = f"good-{number}"
    message["payload"]["volume_id"] = f"volume-{number}"
    return message


def is_stored(store, message):
    listing = Listing(equal(id=message["payload"]["volume_id"]))
    return len(store.ledger.resources(listing).rows) == 1


@st.composite
def poisoned(draw):
    """A recorded notification with any value at any place."""
    message = samples.first(draw(st.sampled_from(HANDLED)))
    message["message_id"] = f"odd-{next(_numbers)}"
    path = draw(st.sampled_from(list(hostile.paths(message))))
    return hostile.replaced(message, path, draw(hostile.VALUES))


def poison(value):
    """A notification with an odd value in several places, as the cases from
    the field have it."""
    message = samples.first("volume.create.end")
    message["message_id"] = f"odd-{next(_numbers)}"
    message["payload"] |= {"size": value, "description": value}
    return message


def every_poison():
    return [poison(value) for value in hostile.POISONS.values()]


@given(poisoned())
@examples(50)
def test_a_message_stops_none_of_its_batch(store, intake, message):
    before, after = good(), good()
    dispatcher = Dispatcher(intake, REGION, wait=0.01, wait_max=0.05)
    batch = [Incoming(m) for m in (before, message, after)]
    assert dispatcher.dispatch(batch) == set()
    assert dispatcher.total.new >= 2
    assert sum(vars_of(dispatcher.total)) == 3
    assert is_stored(store, before)
    assert is_stored(store, after)


def vars_of(counts):
    return dc.astuple(counts)


def test_each_poison_is_one_dead_letter_beside_the_good(store, intake):
    goods = [good() for _ in range(50)]
    poisons = every_poison()
    dispatcher = Dispatcher(intake, REGION, wait=0.01, wait_max=0.05)
    batch = [Incoming(m) for m in (*goods[:25], *poisons, *goods[25:])]
    assert dispatcher.dispatch(batch) == set()
    assert (dispatcher.total.new, dispatcher.total.dead) == (50, len(poisons))
    assert store.dead_letters.count(1000) == len(poisons)
    assert all(is_stored(store, message) for message in goods)


@given(poisoned(), st.booleans())
@examples(50)
def test_a_line_stops_none_of_its_file(
    store, intake, tmp_path_factory, message, on_the_wire
):
    before, after = good(), good()
    path = tmp_path_factory.mktemp("replay") / "file.jsonl"
    with path.open("w") as file:
        for line in (before, message, after):
            entry = {"message": line}
            if on_the_wire:
                envelope = {"oslo.version": "2.0"}
                envelope["oslo.message"] = json.dumps(line)
                entry = {"envelope": envelope}
            file.write(json.dumps(entry) + "\n")
    counts = replay.replay(str(path), intake, REGION)
    assert sum(vars_of(counts)) - counts.ahead == 3
    assert is_stored(store, before)
    assert is_stored(store, after)


@given(poisoned())
@examples(50)
def test_a_dead_letter_can_be_read_and_tried_again(
    store, intake, dead_letters, message
):
    take(intake, [message], REGION)
    for letter in dead_letters.list(Listing()).rows:
        assert dead_letters.get(letter.id).message == letter.message
        with contextlib.suppress(Conflict):
            dead_letters.replay(letter.id)
    store.dead_letters.purge([])


def test_a_dead_letter_says_why_and_holds_no_statement(
    store, intake, dead_letters
):
    take(intake, every_poison(), REGION)
    letters = dead_letters.list(Listing(limit=100)).rows
    assert len(letters) == len(hostile.POISONS)
    for letter in letters:
        assert letter.error
        assert "INSERT" not in letter.error
        assert json.dumps(letter.message).isascii()


def test_replays_of_what_has_no_id_double_nothing(store, intake, dead_letters):
    take(intake, [{"event_type": "volume.create.end"}] * 3, REGION)
    for _ in range(3):
        for letter in dead_letters.list(Listing()).rows:
            with pytest.raises(Conflict):
                dead_letters.replay(letter.id)
    rows = dead_letters.list(Listing()).rows
    assert [letter.attempts for letter in rows] == [4]


def test_what_has_no_id_is_one_dead_letter_in_each_region(store, intake):
    large = {"event_type": "volume.create.end", "payload": "x" * 2**21}
    batch = [{"event_type": "volume.create.end"}, large, {**large, "n": 1}]
    for region in (REGION, "Elsewhere", REGION):
        for _ in range(2):
            take(intake, batch, region)
    letters = store.dead_letters.page(Listing()).rows
    expected = [(REGION, None, 4)] * 3 + [("Elsewhere", None, 2)] * 3
    assert [(r.region, r.message_id, r.attempts) for r in letters] == expected


def test_a_message_without_an_id_is_known_by_its_content(store, intake):
    message = good()
    del message["message_id"]
    others = [message | {"timestamp": "2026-11-21 10:00:00"}, message]
    others[0]["_context_request_id"] = "another way to us"
    for new, batch in ((1, [message]), (1, others), (0, others)):
        counts = take(intake, batch, REGION)
        assert (counts.new, counts.known) == (new, len(batch) - new)
    assert take(intake, [message], "Elsewhere").new == 1


def test_a_dead_letter_is_recorded_as_of_its_receipt(
    store, intake, dead_letters
):
    message = good() | {"timestamp": "2030-01-01 00:00:00", "payload": {}}
    take(intake, [message], REGION)
    intake.clock.advance(days=3)
    take(intake, [message], REGION)
    [letter] = dead_letters.list(Listing()).rows
    assert letter.received_at == NOON
    repaired = dc.replace(
        dead_letters, translate=lambda _, *where: translate(good(), *where)
    )
    repaired.replay(letter.id)
    [observation] = store.histories.observations(Listing()).rows
    assert observation.received_at == NOON


@pytest.mark.parametrize("size", [-1, 2**31, 2**62, True])
def test_a_size_that_counts_nothing_is_dead(store, intake, size):
    flavor = {"id": "f", "vcpus": size}
    message = {
        "event_type": "concertim.observation.instance",
        "message_id": f"size-{next(_numbers)}",
        "timestamp": NOON.isoformat(),
        "payload": {"id": "i", "shape": {"flavor": flavor}},
    }
    assert take(intake, [message], REGION).dead == 1
    message["payload"]["shape"]["flavor"]["vcpus"] = 2**31 - 1
    assert take(intake, [message], REGION).new == 1


class Cloud:
    """A simulated cloud in which one object of each kind is odd."""

    def __init__(self):
        self.simulator = Simulator()
        self.simulator.site.now = lambda: NOON
        site = self.simulator.site
        project = site.add_project("p")
        user = site.add_user("u")
        site.assign(user, project, "member")
        for name in ("before", "odd", "after"):
            stack = site.add_stack(project, name)
            server = site.add_server(project, name)
            site.add_resource(stack, "s", "OS::Nova::Server", server["id"])
            site.add_snapshot(site.add_volume(project, name), name)
            site.add_network(project, name)
        self.fields = {}
        self._odd = self._seen
        self.simulator.fault("GET", edit=self._edited)

    def begin(self, path, value):
        """From now on the second object of each list is odd there."""

        def odd(thing):
            try:
                return hostile.replaced(thing, path, value)
            except (KeyError, IndexError, TypeError):
                return thing

        self._odd = odd

    def _seen(self, thing):
        """Remember the fields of each list, and of what is in them."""
        self.fields |= dict.fromkeys(hostile.paths(thing))
        return thing

    def _edited(self, body):
        for name, things in body.items() if isinstance(body, dict) else ():
            is_list = isinstance(things, list) and not name.endswith("links")
            if is_list and len(things) > 1:
                things[1] = self._odd(things[1])
        return json.dumps(body).encode()

    def region(self):
        (cloud,) = openstack.clouds(
            self.simulator.conf(), Clock(), Patience(0, sleep=lambda s: None)
        )
        return cloud


@pytest.fixture(scope="module")
def cloud():
    cloud = Cloud()
    with contextlib.closing(cloud.simulator.start()):
        for kind in _ALL:
            list(cloud.region().listing(kind, {}))
        yield cloud


_ALL = ("project", "network", "volume", "snapshot", "instance", "stack")


@given(st.data(), hostile.VALUES)
@examples(25)
def test_an_odd_object_keeps_no_other_from_being_recorded(
    store, recorder, cloud, data, value
):
    cloud.begin(data.draw(st.sampled_from([*cloud.fields])), value)
    sync = Sync(store.sync, recorder, Clock())
    report = sync.run(cloud.region(), _ALL)
    for kind in ("network", "volume", "snapshot", "instance", "stack"):
        assert report.kind(kind).error == ""
        listing = Listing(equal(kind=kind), limit=1000)
        names = {row.name for row in store.ledger.resources(listing).rows}
        assert {"before", "after"} <= names
    built.settle(store, Clock(), Rules(projects=(Rule("all"),)))
    racks = {row.name for row in store.view.page("rack", Listing()).rows}
    assert len(racks) >= 2


@given(st.data(), hostile.VALUES)
@examples(25)
def test_an_odd_object_keeps_no_other_from_being_refreshed(
    store, recorder, cloud, data, value
):
    cloud.begin((), None)
    region = cloud.region()
    Sync(store.sync, recorder, Clock()).run(region, _ALL)
    refs = [
        ref
        for kind in ("stack", "instance", "volume")
        for ref in known_refs(store, kind)
    ]
    store.refreshes.ask(refs, NOON)
    cloud.begin(data.draw(st.sampled_from([*cloud.fields])), value)
    outcome = Refresher(
        store.refreshes, recorder, {REGION: region}, Clock()
    ).run(len(refs))
    assert sum(outcome.summary.values()) == len(refs)
    assert outcome.summary["unasked"] == 0
    assert outcome.summary["failed"] <= 3


def known_refs(store, kind):
    listing = Listing(equal(kind=kind), limit=1000)
    return [
        Ref(r.region, r.kind, r.id)
        for r in store.ledger.resources(listing).rows
    ]

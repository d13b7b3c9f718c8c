"""Nothing that comes in is lost, and nothing stops the rest."""

from __future__ import annotations

import gzip
import json
import pathlib
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.domain import errors
from concertim_api.domain.ledger.observations import TOLERANCE, Ref
from concertim_api.listener import intake as dispatching
from concertim_api.listener import replay
from concertim_api.listener.intake import Dispatcher, Intake
from concertim_api.listener.translate import Translator
from concertim_api.services.ledger.recorder import Recorder
from tests import samples
from tests.fakes.clock import Clock
from tests.fakes.memory import SyncStore
from tests.taking import take

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Store(SyncStore):
    """Refuses a value, or everything, when told to."""

    def __init__(self):
        super().__init__()
        self.buried = []
        self.down = False
        self.written = self.checked = 0
        self.refused = None
        self.fault = errors.Invalid("id", "refused")

    def write(self, work):
        self.written += 1
        if self.down:
            raise errors.Unavailable("the database does not answer")
        return super().write(work)

    def check(self):
        self.checked += 1
        if self.down:
            raise errors.Unavailable("the database does not answer")

    def add(self, observations):
        if any(o.ref.id == self.refused for o in observations):
            raise self.fault
        super().add(observations)

    def bury(self, letters):
        if self.down:
            raise errors.Unavailable("the database does not answer")
        self.buried += letters


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def intake(store):
    return Intake(
        Translator(), Recorder(store), store, store, store, Clock(NOW)
    )


def volumes(count):
    for number in range(count):
        message = samples.first("volume.create.end")
        message["message_id"] = f"m-{number}"
        message["payload"]["volume_id"] = f"v-{number}"
        yield message


def test_what_cant_be_translated_is_buried_with_the_reason(intake, store):
    (broken,) = volumes(1)
    broken["payload"]["size"] = "many"
    take(intake, [broken], "north")
    (letter,) = store.buried
    assert letter.error == "size is not a number: 'many'"
    assert letter.region == "north"
    assert letter.message_id == "m-0"
    assert letter.event_type == "volume.create.end"
    assert letter.received_at == NOW
    assert letter.message["payload"]["volume_id"] == "v-0"


def test_a_dead_letter_has_no_secrets(intake, store):
    (broken,) = volumes(1)
    broken |= {
        "_context_auth_token": "gAAA1",
        "context": {"auth_token": "gAAA2"},
    }
    broken["payload"] |= {
        "size": "many",
        "deep": {"auth_token": "gAAA3", "adminPass": "gAAA4"},
    }
    take(intake, [broken], "north")
    assert "gAAA" not in json.dumps(store.buried[0].message)


@pytest.mark.parametrize(
    "fault", [errors.Invalid("id", "refused"), ZeroDivisionError("a bug")]
)
def test_only_the_refused_one_of_a_batch_is_buried(intake, store, fault):
    store.refused, store.fault = "v-2", fault
    counts = take(intake, list(volumes(5)), "north")
    assert str(counts) == "4 new, 0 known, 0 ignored, 0 unlisted, 1 dead"
    assert [letter.message_id for letter in store.buried] == ["m-2"]


@pytest.mark.parametrize(
    "junk", [{}, {"event_type": 3}, {"event_type": None, "payload": []}]
)
def test_junk_is_buried(intake, store, junk):
    assert take(intake, [junk], "north").dead == 1
    assert store.buried


def test_what_an_event_does_not_tell_is_asked_for(intake, store):
    created = samples.first("identity.project.created")
    project_id = created["payload"]["resource_info"]
    granted = samples.first(
        "identity.role_assignment.created",
        lambda payload: payload["outcome"] == "success",
    )
    team = granted["payload"]["project"]
    deleted = samples.first("identity.project.deleted")
    take(intake, [created, granted, deleted, *volumes(1)], "north")
    assert set(store.asked) == {
        Ref("north", "project", project_id),
        Ref("north", "project", team),
    }


def test_what_was_refused_is_not_asked_for(intake, store):
    created = samples.first("identity.project.created")
    store.refused = created["payload"]["resource_info"]
    assert take(intake, [created], "north").dead == 1
    assert store.asked == {}


class Incoming:
    def __init__(self, message):
        self.message = message


@pytest.mark.parametrize("junk", [None, 3, "text", [1]])
def test_a_message_that_is_none_does_not_stop_the_batch(intake, store, junk):
    dispatcher = Dispatcher(intake, "north")
    batch = [Incoming(junk), *map(Incoming, volumes(2))]
    assert dispatcher.dispatch(batch) == set()
    assert (dispatcher.total.new, dispatcher.total.dead) == (2, 1)


class Watch:
    """A clock that only waits move, and what happens at a second."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        self.waits = []
        self._planned = {}
        monkeypatch.setattr(dispatching, "monotonic", lambda: self.now)

    def at(self, second, happens):
        self._planned[second] = happens

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds
        for second in sorted(self._planned):
            if second <= self.now:
                self._planned.pop(second)()
        return False

    def dispatcher(self, intake, wait_max):
        made = Dispatcher(intake, "north", wait=1, wait_max=wait_max)
        made._stopping.wait = self.wait
        return made


@pytest.fixture
def watch(monkeypatch):
    return Watch(monkeypatch)


def test_an_outage_is_over_as_soon_as_the_database_answers(
    intake, store, watch, caplog
):
    caplog.set_level("INFO")
    store.down = True
    watch.at(30, lambda: setattr(store, "down", False))
    dispatcher = watch.dispatcher(intake, wait_max=120)
    batch = [Incoming(message) for message in volumes(2)]
    assert dispatcher.dispatch(batch) == set()
    assert dispatcher.total.new == 2
    assert watch.now == 30
    assert set(watch.waits) == {1}
    assert (store.written, store.checked) == (2, 30)
    assert "2 notifications of north were stored after 30.0 s" in caplog.text


def test_a_long_outage_returns_the_batch(intake, store, watch, caplog):
    """Nothing of it is buried, not even junk."""
    dispatcher = watch.dispatcher(intake, wait_max=4.5)
    batch = [Incoming({}), *map(Incoming, volumes(2))]
    store.down = True
    assert dispatcher.dispatch(batch) == set(batch)
    assert watch.waits == [1, 1, 1, 1, 0.5]
    assert (store.written, store.checked) == (1, 4)
    assert "3 notifications of north go back to the broker" in caplog.text
    store.down = False
    assert dispatcher.dispatch(batch) == set()
    assert (dispatcher.total.new, dispatcher.total.dead) == (2, 1)


def test_a_database_that_only_answers_is_tried_ever_less(intake, store, watch):
    """As one that can be read and not written."""
    dispatcher = watch.dispatcher(intake, wait_max=100)
    store.down, store.check = True, lambda: None
    batch = [Incoming({})]
    assert dispatcher.dispatch(batch) == set(batch)
    assert watch.waits == [1, 2, 4, 8, 16, 30, 30, 9]


def test_a_fault_of_the_dead_letters_themselves_is_no_hot_loop(
    intake, store, watch
):
    dispatcher = watch.dispatcher(intake, wait_max=10)
    store.bury = lambda letters: 1 / 0
    batch = [Incoming({})]
    assert dispatcher.dispatch(batch) == set(batch)
    assert watch.waits == [1, 2, 4, 3]


def full(store, *, letters=False):
    """Let a database answer, and take only what is not about "v-1": as if
    that were larger than its largest packet."""
    write, bury = store.write, store.bury

    def refusing(work):
        store.add = lambda observations: _without("v-1", observations)
        return write(work)

    def _without(name, observations):
        if any(o.ref.id == name for o in observations):
            raise errors.Unavailable("the connection is lost")
        SyncStore.add(store, observations)

    def refusing_letters(buried):
        if any("payload" in letter.message for letter in buried):
            raise errors.Unavailable("the connection is lost")
        bury(buried)

    store.write = refusing
    if letters:
        store.bury = refusing_letters


@pytest.mark.parametrize("letters", [False, True])
def test_what_a_database_refuses_as_if_it_were_away_is_buried(
    intake, store, watch, letters
):
    full(store, letters=letters)
    dispatcher = watch.dispatcher(intake, wait_max=100)
    batch = [Incoming(message) for message in volumes(4)]
    assert dispatcher.dispatch(batch) == set()
    assert (dispatcher.total.new, dispatcher.total.dead) == (3, 1)
    (letter,) = store.buried
    assert letter.message_id == "m-1"
    assert letter.error == "the connection is lost"
    assert ("payload" in letter.message) is not letters
    assert sum(watch.waits) <= 3


def test_a_database_that_is_busy_buries_nothing(intake, store, watch):
    def busy(work):
        raise errors.Busy("the database is busy")

    store.write = busy
    dispatcher = watch.dispatcher(intake, wait_max=10)
    batch = [Incoming(message) for message in volumes(2)]
    assert dispatcher.dispatch(batch) == set(batch)
    assert store.buried == []


def test_an_outage_that_comes_and_goes_buries_nothing(intake, store, watch):
    """The database is asked again before a message is to blame."""
    write, failures = store.write, iter([1, 1, 1])

    def flapping(work):
        if next(failures, None):
            raise errors.Unavailable("the database does not answer")
        return write(work)

    store.write = flapping
    dispatcher = watch.dispatcher(intake, wait_max=100)
    assert dispatcher.dispatch([*map(Incoming, volumes(2))]) == set()
    assert (dispatcher.total.new, store.buried) == (2, [])


def test_a_dead_letter_that_cannot_be_written_loses_its_message_only(
    intake, store
):
    bury = store.bury

    def refusing(letters):
        if any(letter.message.get("payload") for letter in letters):
            raise ZeroDivisionError("INSERT INTO dead_letters")
        bury(letters)

    store.bury = refusing
    broken = [m | {"payload": {"x": 1}} for m in volumes(2)]
    counts = take(intake, [*broken, {"event_type": 7}], "north")
    assert counts.dead == 3
    letters = {letter.message_id: letter for letter in store.buried}
    assert letters["m-0"].message == {
        "not_kept": "ZeroDivisionError: see the log"
    }
    assert letters["m-0"].error == "volume_id is missing"
    assert letters[None].message == {"event_type": 7}


def test_of_a_large_dead_message_only_the_size_is_kept(intake, store):
    """To look for secrets in 4 MiB of their names takes a long time."""
    (message,) = volumes(1)
    message["payload"] |= {"size": "many", "description": "token " * 2**18}
    began = time.process_time()
    take(intake, [message], "north")
    assert time.process_time() - began < 1
    (letter,) = store.buried
    assert letter.message["too_large"] > 2**20
    assert letter.message_id == "m-0"


def test_a_long_type_of_event_is_dead_and_not_remembered(intake):
    messages = [{"event_type": f"{n}" + "x" * 300} for n in range(5)]
    assert take(intake, messages, "north").dead == 5
    assert intake.translator.row.cache_info().currsize == 0


def test_an_odd_id_forges_no_line_of_the_log(intake, caplog):
    message = {"event_type": "a\nCRITICAL b", "message_id": "\x1b[2J"}
    take(intake, [{**message, "payload": 1}, {"message_id": "\n"}], "north")
    assert "\x1b" not in caplog.messages[0]
    assert " was put among the dead letters: " in caplog.text
    assert all(len(text.splitlines()) == 1 for text in caplog.messages)


def test_a_fault_of_the_question_itself_is_no_answer(intake, store, watch):
    dispatcher = watch.dispatcher(intake, wait_max=2)
    store.down, store.check = True, lambda: 1 / 0
    batch = [Incoming({})]
    assert dispatcher.dispatch(batch) == set(batch)
    assert watch.waits == [1, 1]


def test_stop_ends_a_wait(intake, store):
    dispatcher = Dispatcher(intake, "north", wait=60, wait_max=60)
    store.down = True
    stopping = threading.Timer(0.1, dispatcher.stop)
    stopping.start()
    began = time.monotonic()
    assert dispatcher.dispatch([Incoming({})])
    assert time.monotonic() - began < 10
    stopping.join()


def envelope(message):
    return {"oslo.version": "2.0", "oslo.message": json.dumps(message)}


def lines(*found):
    return "".join(json.dumps(line) + "\n" for line in found).encode()


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_replay_reads_every_form(intake, tmp_path, suffix):
    one, two, three, four = volumes(4)
    content = (
        lines({"message": one}, {"envelope": envelope(two)}, three)
        + b"\n"
        + lines({"envelope": four})
        + b"not json\n[1]\n"
    )
    path = tmp_path / f"file{suffix}"
    path.write_bytes(
        gzip.compress(content) if suffix.endswith("gz") else content
    )
    seen = []
    counts = replay.replay(str(path), intake, "north", seen.append)
    assert str(counts) == "4 new, 0 known, 0 ignored, 0 unlisted, 2 dead"
    assert seen[-1] == path.stat().st_size


def test_the_letter_of_a_line_that_was_cut_has_no_secret(
    intake, store, tmp_path
):
    """oslo.utils masks what has plain quotes."""
    content = json.dumps({"payload": json.dumps({"password": "hush"})})
    path = tmp_path / "file.jsonl"
    path.write_text(f"{content[:-2]}\n")
    counts = replay.replay(str(path), intake, "north")
    assert counts.dead == 1
    (letter,) = store.buried
    assert "hush" not in repr(letter)


def test_a_file_replayed_into_the_wrong_region_goes_into_the_right_one(
    intake, store, tmp_path
):
    path = tmp_path / "file.jsonl"
    path.write_bytes(lines(*volumes(3)))
    for region in ("wrong", "right"):
        for outcome in ("3 new, 0 known", "0 new, 3 known"):
            counts = replay.replay(str(path), intake, region)
            assert str(counts).startswith(outcome)
        assert store.stored(Ref(region, "volume", "v-2"))


def test_replay_reads_when_a_message_was_received(intake, store, tmp_path):
    entries = [{"message": message} for message in volumes(4)]
    entries[0]["received_at"] = "2026-11-21T11:00:00.5+02:00"
    entries[1] = {
        "envelope": envelope(entries[1]["message"]),
        "received_at": "2027-01-01T00:00:00Z",
    }
    entries[2]["received_at"] = ["yesterday"]
    entries[3] = {**entries[3]["message"], "received_at": "2001-01-01"}
    path = tmp_path / "file.jsonl"
    path.write_bytes(lines(*entries))
    counts = replay.replay(str(path), intake, "north")
    assert str(counts) == "3 new, 0 known, 0 ignored, 0 unlisted, 1 dead"
    receipts = [
        observation.received_at
        for n in (0, 1, 3)
        for observation in store.observations([volume(n)], 9)[volume(n)]
    ]
    early = NOW.replace(hour=9, microsecond=500000)
    # The others now, a microsecond after the one before.
    assert receipts == [
        early,
        NOW + timedelta(microseconds=1),
        NOW + timedelta(microseconds=3),
    ]


def volume(number):
    return Ref("north", "volume", f"v-{number}")


def test_a_clock_that_is_ahead_keeps_the_order_of_its_messages(
    intake, store, caplog
):
    created, *others = volumes(4)
    for hours, message in enumerate(others):
        message["event_type"] = "volume.resize.end"
        message["message_id"] = f"m-{9 - hours}"
        message["payload"] |= {"volume_id": "v-0", "size": 10 + hours}
        message["timestamp"] = "2030-01-01 00:00:00"
    counts = take(intake, [created, *others], "north")
    assert str(counts).startswith("4 new (3 dated ahead), 0 known")
    assert caplog.messages == [
        f"The clock of '{created['publisher_id']}' is ahead: its "
        "notifications count as of a minute after they came, at the latest."
    ]
    again = take(intake, [created, *others], "north")
    assert (again.known, again.ahead) == (4, 0)
    *_, last = store.stored(volume(0))
    assert last.shape["size_gb"] == 12
    assert last.start == NOW + TOLERANCE


def test_replay_reads_what_only_oslo_messaging_reads(intake, tmp_path):
    path = tmp_path / "odd.jsonl"
    deep = '{"event_type": "volume.create.end", "payload": ' + "[" * 5000
    path.write_text(
        '{"message": {"event_type": "x", "payload": {"a": 1e400}}}\n'
        '{"message": {"event_type": "x", "payload": {"a": "\\ud800"}}}\n'
        + json.dumps(
            {"envelope": {"oslo.version": "2.0", "oslo.message": deep}}
        )
        + "\n"
        + deep
        + "\n"
    )
    counts = replay.replay(str(path), intake, "north")
    assert (counts.unlisted, counts.dead) == (2, 2)


def test_an_event_that_nobody_foresaw_is_warned_of_once(intake, caplog):
    caplog.set_level("WARNING")
    foreseen = samples.first("image.send")
    message = foreseen | {"event_type": "coffee.brew.end"}
    start = foreseen | {"event_type": "coffee.brew.start"}
    for _ in range(2):
        counts = take(intake, [foreseen, message, start, message], "north")
        assert (counts.ignored, counts.unlisted) == (2, 2)
    (record,) = caplog.records
    assert "Event 'coffee.brew.end' is not listed" in record.getMessage()


def test_not_more_than_100_events_are_warned_of(intake, caplog):
    caplog.set_level("WARNING")
    message = samples.first("image.send")
    events = [message | {"event_type": f"e{n}"} for n in range(300)]
    assert take(intake, events, "north").unlisted == 300
    assert len(caplog.records) == 100


def test_replay_past_what_the_database_refuses_as_if_it_were_away(
    intake, store, tmp_path
):
    full(store)
    path = tmp_path / "file.jsonl"
    path.write_bytes(lines(*volumes(4)))
    counts = replay.replay(str(path), intake, "north")
    assert (counts.new + counts.known, counts.dead) == (3, 1)
    store.down = True
    with pytest.raises(errors.Unavailable):
        replay.replay(str(path), intake, "north")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: whole[:20] + b"\xff" * 20 + whole[40:],
        lambda whole: whole[: len(whole) // 2],
    ],
    ids=["damaged", "torn"],
)
def test_replay_of_a_spoilt_archive_says_so(intake, tmp_path, spoil):
    path = tmp_path / "spoilt.gz"
    whole = gzip.compress(lines(*({"message": m} for m in volumes(50))))
    path.write_bytes(spoil(whole))
    with pytest.raises(errors.Invalid, match=r"spoilt\.gz"):
        replay.replay(str(path), intake, "north")


def test_replay_of_all_samples_twice(intake):
    first, second = (
        [
            replay.replay(str(path), intake, "north")
            for path in sorted(pathlib.Path(samples.FOLDER).glob("*.gz"))
        ]
        for _ in range(2)
    )
    assert sum(c.dead for c in first) == 0
    assert sum(c.new for c in second) == 0
    assert sum(c.new for c in first) == sum(c.known for c in second) > 400

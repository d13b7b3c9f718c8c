"""The traffic of a busy cloud: lives of servers and volumes, what the other
services say, and what is hostile, in disorder. A seed always gives the same.
"""

from __future__ import annotations

import dataclasses as dc
import heapq
import itertools
import json
import random
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import hostile, samples

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

#: Resources that are alive at a time.
ALIVE = 200

#: Of all messages: what is of our lives, of other recordings, and hostile.
SHARES = {"life": 50, "recording": 46, "hostile": 4}

#: Of all notifications: those that come late, and those that come twice.
LATE, TWICE = 0.2, 0.05

#: How many others overtake a late one, on average.
DELAY = 100

VERSIONED = "nova_object.data"

#: A message as JSON reads it.
Message = dict[str, Any]


@dc.dataclass(frozen=True)
class Notification:
    """A message as it is sent. ``source``: one of SHARES."""

    source: str
    message_id: str
    topic: str
    priority: str
    text: str

    @classmethod
    def of(cls, source: str, message: Message) -> Notification:
        message.pop("_unique_id", None)  # the recording's; a sender adds one
        payload = message.get("payload")
        is_versioned = isinstance(payload, dict) and VERSIONED in payload
        return cls(
            source=source,
            message_id=message["message_id"],
            topic=f"{'versioned_' * is_versioned}notifications",
            priority=message["priority"].lower(),
            text=json.dumps(message).replace('"1e400"', "1e400"),
        )


# Lives


class Life:
    """A resource, and what was true of it. ``facts``: since when, and what."""

    def __init__(self, rng: random.Random, begin: datetime) -> None:
        self.rng = rng
        self.id = new_id(rng)
        self.project_id = f"{rng.randrange(50):032x}"
        self.begin = self.now = begin
        self.end: datetime | None = None
        self.facts: list[tuple[datetime, object]] = []

    def periods(self) -> list[tuple[datetime, datetime | None, object]]:
        """Return what the ledger should have: beginning, end and fact."""
        ends = [*(start for start, _ in self.facts[1:]), self.end]
        return [
            (start, end, fact)
            for (start, fact), end in zip(self.facts, ends, strict=True)
        ]

    def becomes(self, fact: object) -> None:
        if not self.facts or self.facts[-1][1] != fact:
            self.facts.append((self.now, fact))

    def goes_on(self) -> None:
        self.now += timedelta(seconds=self.rng.randrange(1, 3600))

    def message(self, recorded: str, event_type: str) -> Message:
        """Return a recorded message as one of this life."""
        message = samples.first(recorded)
        return message | {
            "message_id": new_id(self.rng),
            "event_type": event_type,
            "timestamp": f"{self.now:%Y-%m-%d %H:%M:%S}.500000",
        }


class Server(Life):
    """A server. Its facts: state and vCPUs."""

    FORMATS = ({"unversioned"}, {"versioned"}, {"unversioned", "versioned"})

    #: What may happen to it: events in either format, and the state then.
    ACTIONS = (
        [("power_off.end", "power_off.end", "stopped")],
        [("power_on.end", "power_on.end", "active")],
        [("suspend.end", "suspend.end", "suspended")],
        [
            ("finish_resize.end", "resize_finish.end", "resized"),
            ("resize.confirm.end", "resize_confirm.end", "active"),
        ],
    )

    def messages(self) -> Iterator[Message]:
        self.formats = self.rng.choice(self.FORMATS)
        self.vcpus = 1
        yield from self.tell("create.end", "create.end", "active")
        for action in self.rng.choices(self.ACTIONS, k=self.rng.randrange(8)):
            if len(action) > 1:
                self.vcpus = self.rng.choice([1, 2, 4, 8])
            for event in action:
                self.goes_on()
                yield from self.tell(*event)
        self.goes_on()
        self.end = self.now
        yield from self.tell("delete.end", "delete.end", "deleted")

    def tell(
        self, event: str, versioned_event: str, state: str
    ) -> Iterator[Message]:
        if self.end is None:
            self.becomes((state, self.vcpus))
        if "unversioned" in self.formats:
            yield self.unversioned(f"compute.instance.{event}", state)
        if "versioned" in self.formats:
            yield self.versioned(f"instance.{versioned_event}", state)

    def unversioned(self, event_type: str, state: str) -> Message:
        message = self.message("compute.instance.create.end", event_type)
        message["payload"] |= {
            "instance_id": self.id,
            "instance_flavor_id": f"flavor-{self.vcpus}",
            "instance_type": f"m1.{self.vcpus}",
            **self.attributes(state, none=""),
            **self.flavor(),
        }
        return message

    def versioned(self, event_type: str, state: str) -> Message:
        message = self.message("instance.create.end", event_type)
        data = message["payload"][VERSIONED]
        data |= {"uuid": self.id, **self.attributes(state, none=None)}
        data["flavor"][VERSIONED] |= {
            "flavorid": f"flavor-{self.vcpus}",
            "name": f"m1.{self.vcpus}",
            **self.flavor(),
        }
        return message

    def flavor(self) -> Message:
        return {"vcpus": self.vcpus, "memory_mb": 512 * self.vcpus}

    def attributes(self, state: str, none: object) -> Message:
        end = none if self.end is None else self.end.isoformat()
        return {
            "tenant_id": self.project_id,
            "display_name": f"server {self.id[:8]}",
            "state": state,
            "created_at": self.begin.isoformat(),
            "launched_at": self.begin.isoformat(),
            "deleted_at": end,
            "terminated_at": end,
        }


class Volume(Life):
    """A volume. Its fact: the size."""

    def messages(self) -> Iterator[Message]:
        size = self.rng.randrange(1, 100)
        yield self.tell("volume.create.end", size, "available")
        for _ in range(self.rng.randrange(5)):
            self.goes_on()
            size += self.rng.randrange(1, 100)
            yield self.tell("volume.resize.end", size, "available")
        self.goes_on()
        self.end = self.now
        yield self.tell("volume.delete.end", size, "deleting")

    def tell(self, event_type: str, size: int, status: str) -> Message:
        if self.end is None:
            self.becomes(size)
        message = self.message("volume.create.end", event_type)
        message["payload"] |= {
            "volume_id": self.id,
            "tenant_id": self.project_id,
            "display_name": f"volume {self.id[:8]}",
            "size": size,
            "status": status,
            "created_at": self.begin.isoformat(),
            "launched_at": self.begin.isoformat(),
        }
        return message


def new_id(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


# What is hostile


#: In the place of a value in a message: the field is not there.
MISSING = object()


def odd(**fields: tuple[object, ...]) -> Iterator[Message]:
    """Yield each odd value of each field, alone."""
    for field, values in fields.items():
        for value in values:
            yield {field: value}


#: What makes the message of a volume tell nothing: fields of the message, and
#: fields of its payload.
HOSTILE: list[tuple[Message, Message]] = [
    *(
        ({}, {"size": value, "description": value})
        for value in (*hostile.POISONS.values(), "x" * (2 << 20), 2**70)
    ),
    *(
        (fields, {})
        for fields in odd(
            payload=(MISSING, None, [], "text", 7),
            event_type=(MISSING, None, {}, 7, "volume." + "x" * 300),
            timestamp=(MISSING, None, [], 7, "yesterday", "2026-02-30"),
        )
    ),
    *(
        ({}, fields)
        for fields in odd(
            volume_id=(None, [], 7, "", "a\0b", "\udfff", "x" * 300),
            tenant_id=([], 7, "a\0b", "x" * 300),
            created_at=([], 7, "yesterday", "10000-01-01T00:00:00"),
            display_name=("backup \ud83d", "a\0b"),
            size=("1e400",),
        )
    ),
    ({}, {"size": "many", "metadata": hostile.nested(300)}),
]


def spoiled(message: Message, fields: Message, payload: Message) -> Message:
    """Return a message with other fields, and others in its payload."""
    result = message | {"payload": message["payload"] | payload} | fields
    return {k: v for k, v in result.items() if v is not MISSING}


class Traffic:
    """What is sent. ``good``: how many good notifications there are, each
    counted once. ``publishers``: one of each hostile notification.
    ``lives``: all that began."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._recordings = samples.fresh(10**9)
        self._running: list[Iterator[Message]] = []
        self._hostile = self._rounds()
        self.good = 0
        self.publishers: list[str] = []
        self.lives: list[Life] = []

    def arrivals(
        self, goes_on: Callable[[], bool], keep: Callable[[str], object]
    ) -> Iterator[Notification]:
        """Yield notifications as they arrive, while it goes on; then those
        that are late. ``keep`` gets the line of each good one, once, as it
        happens."""
        waiting: list[tuple[float, int, Notification]] = []
        numbers = itertools.count()
        for now, notification in enumerate(self._happenings(goes_on)):
            if notification.source != "hostile":
                self.good += 1
                keep(f"{notification.text}\n")
            for _ in range(1 + (self._rng.random() < TWICE)):
                entry = (now + self._delay(), next(numbers), notification)
                heapq.heappush(waiting, entry)
            while waiting and waiting[0][0] <= now:
                yield heapq.heappop(waiting)[-1]
        while waiting:
            yield heapq.heappop(waiting)[-1]

    def _delay(self) -> float:
        is_late = self._rng.random() < LATE
        return self._rng.expovariate(1 / DELAY) if is_late else 0

    def _happenings(
        self, goes_on: Callable[[], bool]
    ) -> Iterator[Notification]:
        messages = {
            "life": self._of_life,
            "recording": lambda: next(self._recordings),
            "hostile": self._unreadable,
        }
        while goes_on():
            (source,) = self._rng.choices([*SHARES], [*SHARES.values()])
            yield Notification.of(source, messages[source]())

    def _of_life(self) -> Message:
        """Return the next message of any life, or the first of another one,
        which begins when one is over."""
        if len(self._running) == ALIVE:
            number = self._rng.randrange(ALIVE)
            message = next(self._running[number], None)
            if message:
                return message
            del self._running[number]
        self._running.append(self._born())
        return next(self._running[-1])

    def _born(self) -> Iterator[Message]:
        kind = self._rng.choice((Server, Volume))
        now = BEGIN + timedelta(seconds=len(self.lives))
        self.lives.append(kind(self._rng, now))
        return self.lives[-1].messages()

    def _unreadable(self) -> Message:
        """Return a message that tells nothing. It is known by its publisher:
        its other fields may be wrong."""
        life = Volume(self._rng, BEGIN)
        message = next(life.messages())
        message["publisher_id"] = f"hostile.{life.id}"
        self.publishers.append(message["publisher_id"])
        return spoiled(message, *next(self._hostile))

    def _rounds(self) -> Iterator[tuple[Message, Message]]:
        """Yield all that is hostile, again and again, in any order."""
        while True:
            yield from self._rng.sample(HOSTILE, len(HOSTILE))

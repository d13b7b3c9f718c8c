"""A small cloud: what is true in it, and what became of its requests."""

from __future__ import annotations

import collections
import dataclasses as dc
from datetime import datetime, timedelta
from typing import NamedTuple

from concertim_api.domain.errors import (
    CloudRefused,
    Conflict,
    NotFound,
    Unavailable,
)
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import Sighting, absence, key_of
from concertim_api.services.cloud.acting import Keypair
from concertim_api.services.cloud.reading import ListingPage
from tests.functional.db.clouds import OURS

REGION = "north"


class Action(NamedTuple):
    """What the cloud can do with a thing.

    ``origins``: the states that allow it; none: all do. ``task``: what is
    shown meanwhile. ``end``: the state of the thing afterwards; None: it is
    gone. ``failure``: its state if that fails; "": as before.
    """

    task: str
    end: str | None
    failure: str = ""
    origins: tuple[str, ...] = ()


ACTIONS = {
    ("instance", "start"): Action("powering-on", "active", "", ("stopped",)),
    ("instance", "stop"): Action("powering-off", "stopped", "", ("active",)),
    ("instance", "reboot"): Action(
        "rebooting", "active", "error", ("active", "stopped")
    ),
    ("instance", "destroy"): Action("deleting", None, "error"),
    ("stack", "suspend"): Action(
        "SUSPEND_IN_PROGRESS", "SUSPEND_COMPLETE", "SUSPEND_FAILED"
    ),
    ("stack", "resume"): Action(
        "RESUME_IN_PROGRESS", "RESUME_COMPLETE", "RESUME_FAILED"
    ),
    ("stack", "check"): Action(
        "CHECK_IN_PROGRESS", "CHECK_COMPLETE", "CHECK_FAILED"
    ),
    ("stack", "destroy"): Action("DELETE_IN_PROGRESS", None, "DELETE_FAILED"),
    ("key_pair", "create"): Action("", "there"),
    ("key_pair", "delete"): Action("", None),
}

#: Why a failure that was seen may be another's.
DOUBTS = ("nobody looked in time", "something else was asked for")

#: That a thing is as it is to be, proves nothing of these.
TRACELESS = ("reboot", "check")


class Way(NamedTuple):
    """How the cloud takes a request.

    ``comes``: now, late or never. ``is_quick``: it is done before the
    answer. ``is_heard``: the answer arrives.
    """

    comes: str = "now"
    is_quick: bool = True
    is_heard: bool = True
    is_refused: bool = False


DOES = Way()
WAYS = {
    "does": DOES,
    "works": Way(is_quick=False),
    "refuses": Way("never", is_refused=True),
    "does unheard": Way(is_heard=False),
    "works unheard": Way(is_quick=False, is_heard=False),
    "hears nothing": Way("never", is_heard=False),
    "hears late": Way("late", is_heard=False),
}


@dc.dataclass
class Deed:
    """What the cloud did of a request; without a moment: not yet, or never
    because something else came between."""

    thing: tuple[str, str]
    action: str
    done_at: datetime | None = None
    failed_at: datetime | None = None

    @property
    def end(self):
        return self.done_at or self.failed_at


class Cloud:
    """What is true: things by kind and id, as its APIs would list them.

    ``write`` does what a process may die of, ``send`` sends a message.
    ``way``, ``meanwhile``: how the next request is taken, and what happens
    before it is answered. ``silences``: so many looks have no answer.
    ``works``: a thing that is under way, and its deeds. ``post``: requests
    on their way. ``words``: when a thing was in which state; ``strangers``:
    when somebody changed it without us.
    """

    region = REGION
    kinds = ("project", "flavor", "network", "instance", "stack")

    def __init__(self, clock, write, send):
        self.clock, self.things = clock, {}
        self._write, self._send = write, send
        self.way, self.meanwhile, self.silences = DOES, None, 0
        self.works, self.post, self.deeds = {}, [], {}
        self.words = collections.defaultdict(list)
        self.strangers = collections.defaultdict(list)

    # What is in it

    def put(self, kind, name, **facts):
        facts.setdefault("project_id", OURS)
        self.things[kind, name] = facts

    def has(self, kind, name, **facts):
        """Put a thing into the cloud, or change it."""
        self.put(kind, name, **facts)
        self._send(kind, name, "alive", self.things[kind, name])
        self._note((kind, name))

    def loses(self, kind, name):
        """Let a thing go; a stack takes its servers with it."""
        facts = self.things.pop((kind, name))
        self.works.pop((kind, name), None)
        self._send(kind, name, "gone", {"project_id": facts["project_id"]})
        self._note((kind, name))

    def _note(self, thing):
        state, task = self.state(thing)
        self.words[thing].append((self.clock.now(), task or state))

    def state(self, thing):
        """Return the state of a thing, and its task; None: there is none."""
        facts = self.things.get(thing)
        if facts is None:
            return None, None
        details = facts.get("details", {})
        if thing[0] == "stack":
            state = details["state"]
            return state, state if state.endswith("_IN_PROGRESS") else None
        shape = facts.get("shape", {})
        return shape.get("state", "there"), details.get("task_state")

    def was(self, thing, words, since, until):
        """Whether a thing was in one of these states meanwhile."""
        word_then, later = None, []
        for at, word in self.words[thing]:
            if at <= since:
                word_then = word
            elif at <= until:
                later.append(word)
        return any(word in words for word in (word_then, *later))

    def changes_to(self, thing, **facts):
        """Let somebody change a thing without us."""
        self.has(*thing, **facts)
        self.strangers[thing].append(self.clock.now())

    def changed(self, thing, since, until):
        """Whether something happened to a thing meanwhile."""
        return any(since < at <= until for at, _ in self.words[thing])

    def is_undone(self, deed, until):
        """Whether somebody changed a thing since, without us."""
        return any(deed.end < at <= until for at in self.strangers[deed.thing])

    # What it is asked to do

    def actions(self, request_id):
        return _Actions(self, request_id)

    def take(self, request_id, thing, action):
        """Take a request in the way that is next. Raises what a driver of a
        cloud raises."""
        way, self.way = self.way, DOES
        meanwhile, self.meanwhile = self.meanwhile, None
        problem = self._write(
            lambda: self._receive(way, request_id, thing, action)
        )
        if meanwhile:
            meanwhile()
        if not way.is_heard:
            raise Unavailable("no answer in time")
        if problem is not None:
            raise problem

    def _receive(self, way, request_id, thing, action):
        """Return the error that is to be answered; None: it is accepted."""
        if way.is_refused:
            return CloudRefused("the quota is used up")
        if way.comes == "late":
            self.post.append((request_id, thing, action))
        if way.comes == "now":
            return self.arrives(request_id, thing, action, way.is_quick)
        return None

    def arrives(self, request_id, thing, action, is_quick=True):
        """Accept a request, or return the error."""
        row = ACTIONS[thing[0], action]
        state, task = self.state(thing)
        is_new = action == "create"
        if (state is None) != is_new:
            return Conflict("taken") if is_new else NotFound("not there")
        if row.end is not None and (
            task or (row.origins and state not in row.origins)
        ):
            return Conflict(f"Cannot '{action}': it is {task or state}")
        deed = self.deeds[request_id] = Deed(thing, action)
        others = self.works.get(thing, [])
        is_same = others and others[0].action == action
        self.works[thing] = [*others, deed] if is_same else [deed]
        if not is_quick and row.task:
            self._change(thing, state, row.task)
        else:
            self.finishes(thing)
        return None

    def finishes(self, thing, is_well=True):
        """Finish what is under way with a thing, well or not."""
        deeds = self.works.pop(thing)
        row = ACTIONS[thing[0], deeds[0].action]
        state, _ = self.state(thing)
        if not is_well:
            self._change(thing, row.failure or state)
        elif row.end is None:
            self._ends(thing)
        else:
            self._change(thing, row.end)
        for deed in deeds:
            name = "done_at" if is_well else "failed_at"
            setattr(deed, name, self.clock.now())

    def _ends(self, thing):
        for member in self.members(thing):
            if member in self.things:
                self.loses(*member)
        self.loses(*thing)

    def members(self, thing):
        details = self.things[thing].get("details", {})
        rows = details.get("resources", [])
        return [(row["kind"], row["id"]) for row in rows]

    def _change(self, thing, state, task=None):
        kind, _ = thing
        facts = self.things.get(thing, {})
        details = facts.get("details", {})
        if kind == "stack":
            read_at = (self.clock.now() + timedelta(days=1)).isoformat()
            details = {**details, "state": task or state, "read_at": read_at}
        if kind == "instance":
            shape = {**facts["shape"], "state": state}
            facts = {**facts, "shape": shape}
            details = {**details, "task_state": task}
        self.has(*thing, **{**facts, "details": details})

    # What it shows

    def listing(self, kind, read):
        names = [name for of, name in self.things if of == kind]
        yield ListingPage([self._sighting(kind, name) for name in names])

    def changes(self, since):
        return iter(())

    def look(self, kind, resource_id):
        if self.silences:
            self.silences -= 1
            raise Unavailable("no answer in time")
        if (kind, resource_id) in self.things:
            return [self._sighting(kind, resource_id)]
        ref = Ref(REGION, kind, resource_id)
        return [absence(ref, self.clock.now(), "look")]

    def _sighting(self, kind, name):
        at = self.clock.now()
        ref = Ref(REGION, kind, name)
        return Sighting(
            Observation(
                ref=ref,
                at=at.replace(microsecond=0),
                reported_at=at,
                received_at=at,
                key=key_of("listing", ref, at),
                says="alive",
                **self.things[kind, name],
            )
        )


class _Actions:
    """What can be done in the cloud, for one request. It is Nova and Heat
    at once: each method is of one of them only."""

    def __init__(self, cloud, request_id):
        self._cloud = cloud
        self._request_id = request_id
        self.compute = self.stacks = self.keypairs = self

    def _take(self, kind, name, action):
        self._cloud.take(self._request_id, (kind, name), action)

    def act(self, first, second, action=None, *, hard=False):
        """Act on a server (its id, the action), or a stack (its name, its
        id, the action)."""
        if action is None:
            self._take("instance", first, second)
        else:
            self._take("stack", second, action)

    def delete_server(self, server_id):
        self._take("instance", server_id, "destroy")

    def delete_stack(self, name, stack_id):
        self._take("stack", stack_id, "destroy")

    def name(self, stack_id):
        if ("stack", stack_id) not in self._cloud.things:
            raise NotFound("not there")
        return self._cloud.things["stack", stack_id]["details"]["name"]

    def create(self, name, *, type, public_key):
        self._take("key_pair", name, "create")
        return self.one(name)

    def one(self, name):
        return Keypair(name, "ssh", "finger", "ssh-rsa AAAA")

    def delete(self, name):
        self._take("key_pair", name, "delete")


def possible(cloud, heard, operation):
    """Return the states in which an operation may have ended.

    It is not *failed* if the cloud did it, nor *done* if it is not so; it is
    *unsure* only if nothing could tell. But an agent that looks each minute
    may miss what the cloud did, or failed to do, and others undid in between.
    ``heard``: what callers got, when.
    """
    deed = cloud.deeds.get(operation.request_id)
    until = operation.finished_at
    is_done = _is_before(deed and deed.done_at, until)
    states = set()
    if is_done or _is_so(cloud, operation):
        states.add("done")
    if not is_done or cloud.is_undone(deed, until):
        states.add("failed")
    if not _is_evident(cloud, heard, operation, deed):
        states.add("unsure")
    return states


def _is_before(at, until):
    return at is not None and at <= until


def thing_of(operation):
    return operation.kind, operation.resource_id or operation.name


def _is_so(cloud, operation):
    """Whether a thing was as it was to be, by whomever.

    A reboot that failed, and that somebody mended, looks like one.
    """
    thing, action = thing_of(operation), operation.action
    since, until = operation.asked_at, operation.finished_at
    if action not in TRACELESS:
        end = ACTIONS[operation.kind, action].end
        return cloud.was(thing, (end,), since, until)
    return any(
        deed.end is not None
        and since <= deed.end <= until
        and (deed.done_at or cloud.is_undone(deed, until))
        for deed in cloud.deeds.values()
        if (deed.thing, deed.action) == (thing, action)
    )


def _is_evident(cloud, heard, operation, deed):
    """Whether somebody could tell what came of an operation."""
    until = operation.finished_at
    at, error = heard.get(operation.request_id, (until, Unavailable))
    # An agent did not wait for it: it has looked, or it was there before.
    if at > until or (at == until and operation.looks):
        error = Unavailable
    if error not in (None, Unavailable):
        return True
    if operation.kind == "key_pair":
        return error is None
    end = deed and deed.end
    if not _is_before(end, until) or cloud.changed(deed.thing, end, until):
        return False
    if deed.done_at:
        return error is None or deed.action not in TRACELESS
    if (deed.thing[0], deed.action) == ("instance", "destroy"):
        return False  # it may have been in error before
    return error is None and not any(d in operation.error for d in DOUBTS)

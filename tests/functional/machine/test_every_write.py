"""Six stories, in which each write is the one at which something happens.

Whatever it is, the end is that of the undisturbed story: of what the front
end shows there is no difference, and the ledger keeps its law.

CONCERTIM_TEST_EVERY=1 tries each write; ``tox -e faults`` does. Otherwise
each fifth is tried, in each story others.
"""

from __future__ import annotations

import contextlib
import functools
import os
import typing

import pytest

from concertim_api.domain.errors import Conflict
from concertim_api.frontend import simulator
from tests.fakes.front_end import in_process
from tests.functional.machine.site import LARGE, Died, Fate


def founded(site):
    """A cluster is made."""
    site.server_is("s1", state="building")
    site.server_is("s2", state="building")
    site.stack_is("c1", "instance/s1", "instance/s2")
    yield
    site.server_is("s1")
    site.server_is("s2")
    yield


def resized(site):
    """A server becomes another size, and stops."""
    yield from founded(site)
    site.server_is("s1", state="stopped", flavor=LARGE)
    yield
    site.server_is("s1", flavor=LARGE)
    yield


def shrunk(site):
    """A server goes, another one comes in its place."""
    yield from founded(site)
    site.cloud.loses("instance", "s1")
    site.server_is("s3")
    site.stack_is("c1", "instance/s2", "instance/s3")
    yield


def deleted(site):
    """The cluster goes, with all that is in it."""
    yield from founded(site)
    for name in ("s1", "s2"):
        site.cloud.loses("instance", name)
    site.cloud.loses("stack", "c1")
    yield


def renamed(site):
    """A second cluster takes the first one's server, and its name."""
    yield from founded(site)
    site.cloud.loses("stack", "c1")
    site.stack_is("c2", "instance/s1")
    site.cloud.things["stack", "c2"]["details"]["name"] = "c1"
    yield


def acted(site):
    """Callers stop a server, suspend the cluster, and delete the other
    server. Who is told to ask again, does."""
    yield from founded(site)
    for thing, action in (
        (("instance", "s1"), "stop"),
        (("stack", "c1"), "suspend"),
        (("instance", "s2"), "destroy"),
    ):
        yield functools.partial(_insist, site, thing, action)


def _insist(site, thing, action):
    site.ask(thing, action)
    if (site.clock.now(), Conflict) in site.heard.values():
        site.later(minutes=5).ask(thing, action)


EVERY = int(os.environ.get("CONCERTIM_TEST_EVERY", "5"))


class Counts(typing.NamedTuple):
    """How often a story can be disturbed."""

    writes: int
    reads: int
    messages: int


STORIES = [founded, resized, shrunk, deleted, renamed, acted]


def told(story, site, lost=None):
    """Let a story happen, and all processes follow it.

    A process that dies is started again and does what it has to do. Each
    chapter's messages arrive but for the one with the number ``lost``.
    """
    number = 0
    for request in story(site):
        if request:
            _alive(site, request)
        while site.mail:
            if number == lost:
                site.mail.pop(0)
                number += 1
                continue
            number += _alive(site, site.deliver)
        for step in (
            site.settle,
            site.refresh,
            site.settle,
            site.push_some,
            site.follow,
            site.announce,
        ):
            _alive(site, step)
    _alive(site, site.sync)
    counts = Counts(site.fate.writes, site.fate.reads, number)
    site.comes_to_rest()
    return site.shows(), counts


def _alive(site, step):
    """Take a step, again if it died of it. Return how often it was done."""
    try:
        step()
    except Died:
        site.restart()
        step()
    return 1


@pytest.fixture(scope="module")
def undisturbed(new_site):
    """Return how a story ends, and how often it can be disturbed."""

    @functools.cache
    def tell(story):
        with new_site() as site:
            return told(story, site)

    return tell


def is_lawful(site):
    return not site.unlawful() and site.is_fair()


stories = pytest.mark.parametrize(
    "story", STORIES, ids=lambda story: story.__name__
)


@stories
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_write(new_site, undisturbed, story, when):
    end, counts = undisturbed(story)
    first = 1 + STORIES.index(story) % EVERY
    for number in range(first, counts.writes + 1, EVERY):
        with new_site(Fate(number, when)) as site:
            assert told(story, site)[0] == end, number
            assert is_lawful(site), number


@stories
def test_every_listing_of_the_front_end_is_stale(new_site, undisturbed, story):
    end, counts = undisturbed(story)
    for number in range(1, counts.reads + 1):
        with new_site(Fate(stale_at=number)) as site:
            assert told(story, site)[0] == end, number


@stories
def test_every_message_is_lost(new_site, undisturbed, story):
    end, counts = undisturbed(story)
    for number in range(counts.messages):
        with new_site() as site:
            assert told(story, site, lost=number)[0] == end, number
            assert is_lawful(site), number


@contextlib.contextmanager
def over_http(app):
    with simulator.serve(app) as server:
        app.url = server.url
        yield app


def test_a_front_end_without_a_socket_is_the_same(new_site):
    """Whatever is lost on the way to it."""
    logs = []
    for front_end in (over_http, in_process):
        with new_site(front_end=front_end) as site:
            site.app.faults.add("^POST /api", "drop_after", after=1, times=1)
            site.app.faults.add("^PATCH", "drop_before", times=1)
            site.app.faults.add("^GET", "status_after", 502, after=9, times=1)
            end, _ = told(renamed, site)
            log = [(entry.method, entry.status) for entry in site.app.requests]
            logs.append((end, log))
    assert logs[0] == logs[1]
    assert ("POST", None) in logs[0][1]

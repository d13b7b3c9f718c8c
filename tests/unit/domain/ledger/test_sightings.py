"""What of a listing is news."""

from __future__ import annotations

import dataclasses as dc
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.domain.ledger import history
from concertim_api.domain.ledger.observations import Life, Ref
from concertim_api.domain.ledger.sightings import (
    LAG,
    Sighting,
    absence,
    key_of,
    news,
)
from tests.unit.domain.ledger.histories import observation, second


def life(*observations):
    return history.fold(observations).life


def sighting(at=20, says="alive", changed=None, **facts):
    changed_at = None if changed is None else second(changed)
    return Sighting(observation(at, says, **facts), changed_at)


RUNS = life(observation(1, flavor="s"))
GONE = life(observation(1, flavor="s"), observation(5, "gone"))
ABSENT = life(observation(1, flavor="s"), observation(5, "absent"))


@pytest.mark.parametrize(
    ("life", "sighting"),
    [
        pytest.param(RUNS, sighting(flavor="s"), id="as it was"),
        pytest.param(RUNS, sighting(), id="nothing told of it"),
        pytest.param(Life(), sighting(says="absent"), id="never there"),
        pytest.param(GONE, sighting(says="absent"), id="known to be gone"),
        pytest.param(ABSENT, sighting(says="absent"), id="absent still"),
        pytest.param(GONE, sighting(5, "gone"), id="gone, as we heard"),
        pytest.param(
            Life(),
            sighting(5, "gone"),
            id="gone, and nothing ever known of it",
        ),
        pytest.param(GONE, sighting(6, flavor="s"), id="the listing lags"),
    ],
)
def test_no_news(life, sighting):
    assert news(life, sighting) is None


@pytest.mark.parametrize(
    ("life", "sighting"),
    [
        pytest.param(Life(), sighting(flavor="s"), id="new"),
        pytest.param(RUNS, sighting(flavor="m"), id="changed"),
        pytest.param(RUNS, sighting(project_id="p"), id="of another project"),
        pytest.param(RUNS, sighting(says="absent"), id="absent"),
        pytest.param(ABSENT, sighting(flavor="s"), id="there again"),
        pytest.param(RUNS, sighting(5, "gone"), id="gone"),
        pytest.param(ABSENT, sighting(5, "gone"), id="not only absent: gone"),
        pytest.param(
            Life(), sighting(5, "gone", since=2), id="a whole life unheard of"
        ),
    ],
)
def test_news(life, sighting):
    assert news(life, sighting) is sighting.observation


def test_details_that_changed_are_news():
    fact = observation(20, flavor="s")
    fact = dc.replace(fact, details={"name": "web"})
    assert news(RUNS, Sighting(fact)) is fact


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        pytest.param(7, 7, id="between what we heard and now: then"),
        pytest.param(1, 20, id="when we heard of it last: something else did"),
        pytest.param(0, 20, id="before that"),
        pytest.param(20, 20, id="in the moment of the sighting"),
        pytest.param(21, 20, id="in the future: a clock is wrong"),
        pytest.param(None, 20, id="nobody knows"),
    ],
)
def test_a_change_is_dated_when_the_cloud_made_it(changed, at):
    fact = news(RUNS, sighting(flavor="m", changed=changed))
    assert fact.at == second(at)


def test_what_is_shown_long_after_its_end_is_there_again():
    lag = int(LAG / timedelta(seconds=1))
    assert news(GONE, sighting(5 + lag, flavor="s")) is None
    fact = news(GONE, sighting(6 + lag, flavor="s", since=1))
    assert (fact.says, fact.since) == ("restored", None)


def test_what_was_gone_before_it_ran_lags_too():
    unborn = life(observation(5, "gone"))
    assert news(unborn, sighting(6, flavor="s")) is None
    assert news(unborn, sighting(500, flavor="s")).says == "restored"


def test_what_is_absent_has_a_key_for_each_moment():
    at = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
    ref = Ref("north", "volume", "v-1")
    first = absence(ref, at, "look").observation
    assert (first.ref, first.says, first.source) == (ref, "absent", "look")
    assert (first.at, first.reported_at) == (at.replace(microsecond=0), at)
    assert first.key == key_of("look", ref, at)
    later = absence(ref, at + timedelta(microseconds=1), "look").observation
    other_source = absence(ref, at, "listing", "absent").observation
    assert other_source.key == key_of("absent", ref, at)
    assert other_source.source == "listing"
    assert len({first.key, later.key, other_source.key}) == 3

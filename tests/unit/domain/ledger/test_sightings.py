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
    absent,
    key_of,
    news,
)
from tests.unit.domain.ledger.histories import observation, second


def life(*observations):
    return history.fold(observations).life


def seen(at=20, says="alive", changed=None, **facts):
    changed_at = None if changed is None else second(changed)
    return Sighting(observation(at, says, **facts), changed_at)


RUNS = life(observation(1, flavor="s"))
GONE = life(observation(1, flavor="s"), observation(5, "gone"))
ABSENT = life(observation(1, flavor="s"), observation(5, "absent"))


@pytest.mark.parametrize(
    ("known", "sighting"),
    [
        pytest.param(RUNS, seen(flavor="s"), id="as it was"),
        pytest.param(RUNS, seen(), id="nothing told of it"),
        pytest.param(Life(), seen(says="absent"), id="never there"),
        pytest.param(GONE, seen(says="absent"), id="known to be gone"),
        pytest.param(ABSENT, seen(says="absent"), id="absent still"),
        pytest.param(GONE, seen(5, "gone"), id="gone, as we heard"),
        pytest.param(
            Life(), seen(5, "gone"), id="gone, and nothing ever known of it"
        ),
        pytest.param(GONE, seen(6, flavor="s"), id="the listing lags"),
    ],
)
def test_no_news(known, sighting):
    assert news(known, sighting) is None


@pytest.mark.parametrize(
    ("known", "sighting"),
    [
        pytest.param(Life(), seen(flavor="s"), id="new"),
        pytest.param(RUNS, seen(flavor="m"), id="changed"),
        pytest.param(RUNS, seen(project_id="p"), id="of another project"),
        pytest.param(RUNS, seen(says="absent"), id="absent"),
        pytest.param(ABSENT, seen(flavor="s"), id="there again"),
        pytest.param(RUNS, seen(5, "gone"), id="gone"),
        pytest.param(ABSENT, seen(5, "gone"), id="not only absent: gone"),
        pytest.param(
            Life(), seen(5, "gone", since=2), id="a whole life unheard of"
        ),
    ],
)
def test_news(known, sighting):
    assert news(known, sighting) is sighting.observation


def test_details_that_changed_are_news():
    told = observation(20, flavor="s")
    told = dc.replace(told, details={"name": "web"})
    assert news(RUNS, Sighting(told)) is told


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
    found = news(RUNS, seen(flavor="m", changed=changed))
    assert found.at == second(at)


def test_what_is_shown_long_after_its_end_is_there_again():
    lag = int(LAG / timedelta(seconds=1))
    assert news(GONE, seen(5 + lag, flavor="s")) is None
    found = news(GONE, seen(6 + lag, flavor="s", since=1))
    assert (found.says, found.since) == ("restored", None)


def test_what_was_gone_before_it_ran_lags_too():
    unborn = life(observation(5, "gone"))
    assert news(unborn, seen(6, flavor="s")) is None
    assert news(unborn, seen(500, flavor="s")).says == "restored"


def test_what_is_absent_has_a_key_for_each_moment():
    at = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
    ref = Ref("north", "volume", "v-1")
    seen = absent(ref, at, "look").observation
    assert (seen.ref, seen.says, seen.source) == (ref, "absent", "look")
    assert (seen.at, seen.reported_at) == (at.replace(microsecond=0), at)
    assert seen.key == key_of("look", ref, at)
    later = absent(ref, at + timedelta(microseconds=1), "look").observation
    listed = absent(ref, at, "listing", "absent").observation
    assert listed.key == key_of("absent", ref, at)
    assert listed.source == "listing"
    assert len({seen.key, later.key, listed.key}) == 3

"""What becomes of our place in Keystone, without a Keystone."""

from __future__ import annotations

import dataclasses as dc
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Conflict
from concertim_api.keystone.commands import command
from concertim_api.keystone.plan import (
    Account,
    Endpoint,
    Found,
    Outcome,
    Service,
    User,
    Wanted,
    plan,
)

CREATED, CHANGED, KEPT = Outcome.CREATED, Outcome.CHANGED, Outcome.KEPT
PUBLIC = "https://cloud.example.org/usage"


def wanted(*roles, **urls):
    return Wanted(
        Account(roles=roles or ("service",)),
        "concertim",
        "RegionOne",
        urls or {"public": PUBLIC},
    )


def after(steps, found):
    """Return what there is when the steps are taken."""
    ids = (f"new-{number}" for number in itertools.count())
    for step in steps:
        if step.outcome is not KEPT:
            found = _TAKE[step.noun](found, step, next(ids))
    return found


def _take_user(found, step, new):
    if step.outcome is CREATED:
        return dc.replace(found, user=User(new))
    fits = True if "password" in step.values else found.user.fits
    user = dc.replace(found.user, enabled=True, fits=fits)
    return dc.replace(found, user=user)


def _take_service(found, step, new):
    if step.outcome is CREATED:
        return dc.replace(found, services=[Service(new, step.name)])
    (service,) = found.services
    assert service.id == step.id
    return dc.replace(found, services=[dc.replace(service, **step.values)])


def _take_endpoint(found, step, new):
    if step.outcome is CREATED:
        interface, url = step.values["interface"], step.values["url"]
        there = [*found.endpoints, Endpoint(new, interface, url)]
    else:
        assert step.id in {one.id for one in found.endpoints}
        there = [
            dc.replace(one, **step.values) if one.id == step.id else one
            for one in found.endpoints
        ]
    return dc.replace(found, endpoints=there)


def _take_grant(found, step, new):
    role = found.roles[step.name]  # it was made before
    assert found.user is not None
    assert found.project is not None
    return dc.replace(found, granted={*found.granted, role})


_TAKE = {
    "project": lambda found, step, new: dc.replace(found, project=new),
    "role": lambda found, step, new: dc.replace(
        found, roles={**found.roles, step.name: new}
    ),
    "user": _take_user,
    "grant": _take_grant,
    "service": _take_service,
    "endpoint": _take_endpoint,
}

interfaces = st.sampled_from(["public", "internal", "admin"])
urls = st.sampled_from([PUBLIC, "http://a:8990", "http://b"])
ids = st.uuids().map(str)
several_roles = st.lists(
    st.sampled_from(["service", "admin", "reader"]), unique=True, min_size=1
)


@st.composite
def states(draw):
    """Whatever somebody may have left there, without doubles."""
    roles = {name: f"id-of-{name}" for name in draw(several_roles)}
    user = draw(
        st.none()
        | st.builds(User, ids, st.booleans(), st.none() | st.booleans())
    )
    project = draw(st.none() | ids)
    granted = draw(st.sets(st.sampled_from([*roles.values()])))
    services = draw(
        st.lists(st.builds(Service, ids, st.text(), st.booleans()), max_size=1)
    )
    endpoints = draw(
        st.lists(
            st.builds(Endpoint, ids, interfaces, urls, st.booleans()),
            unique_by=lambda one: one.interface,
        )
    )
    return Found(
        user=user,
        project=project,
        roles=roles,
        granted=granted if user and project else (),
        services=services,
        endpoints=endpoints if services else (),
    )


@given(states(), several_roles, st.dictionaries(interfaces, urls, min_size=1))
def test_the_second_time_nothing_is_done(found, roles, wanted_urls):
    what = wanted(*roles, **wanted_urls)
    done = after(plan(what, found), found)
    assert {step.outcome for step in plan(what, done)} == {KEPT}
    assert {
        one.interface: one.url
        for one in done.endpoints
        if one.interface in wanted_urls
    } == wanted_urls
    assert all(one.enabled for one in [done.user, *done.services])
    assert {done.roles[name] for name in roles} <= {*done.granted}


@given(states(), st.dictionaries(interfaces, urls, min_size=1))
def test_what_is_not_ours_stays(found, wanted_urls):
    done = after(plan(wanted(**wanted_urls), found), found)
    others = [e for e in found.endpoints if e.interface not in wanted_urls]
    assert [e for e in done.endpoints if e in others] == others
    assert {*found.granted} <= {*done.granted}
    assert found.roles.items() <= done.roles.items()


@given(states(), several_roles, st.dictionaries(interfaces, urls, min_size=1))
def test_every_step_has_a_command_that_tells_no_secret(found, roles, new):
    what = wanted(*roles, **new)
    for step in plan(what, found):
        if step.outcome is not KEPT:
            line = command(step, what.account)
            assert line.startswith("openstack ")
            assert "--password " not in f"{line} "


def outcomes(found, what=None):
    steps = plan(what or wanted(), found)
    return {step.noun: step for step in steps}


WHOLE = Found(
    user=User("u", fits=True),
    project="p",
    roles={"service": "r"},
    granted={"r"},
    services=[Service("s", "concertim")],
    endpoints=[Endpoint("e", "public", PUBLIC)],
)


def test_an_empty_keystone_gets_all_of_it_in_order():
    steps = plan(wanted(public=PUBLIC, internal="http://a"), Found())
    assert [(step.outcome, step.noun, step.name) for step in steps] == [
        (CREATED, "project", "service"),
        (CREATED, "role", "service"),
        (CREATED, "user", "concertim"),
        (CREATED, "grant", "service"),
        (CREATED, "service", "concertim"),
        (CREATED, "endpoint", "public of RegionOne"),
        (CREATED, "endpoint", "internal of RegionOne"),
    ]


@pytest.mark.parametrize(
    ("change", "noun", "why", "line"),
    [
        (
            {"endpoints": [Endpoint("e", "public", "http://old")]},
            "endpoint",
            f"http://old -> {PUBLIC}",
            f"openstack endpoint set --url {PUBLIC} e",
        ),
        (
            {"endpoints": [Endpoint("e", "public", PUBLIC, enabled=False)]},
            "endpoint",
            f"{PUBLIC}, was disabled",
            "openstack endpoint set --enable e",
        ),
        (
            {"services": [Service("s", "named otherwise", enabled=False)]},
            "service",
            "was disabled",
            "openstack service set --enable s",
        ),
        (
            {"user": User("u", enabled=False, fits=None)},
            "user",
            "was disabled",
            "openstack user set --enable u",
        ),
        (
            {"user": User("u", fits=False)},
            "user",
            "another password",
            "openstack user set --password-prompt u",
        ),
    ],
)
def test_what_differs_is_changed_and_nothing_else(change, noun, why, line):
    steps = outcomes(dc.replace(WHOLE, **change))
    step = steps.pop(noun)
    assert (step.outcome, step.why) == (CHANGED, why)
    assert command(step, Account()) == line
    assert {step.outcome for step in steps.values()} == {KEPT}


def test_a_user_whose_password_is_not_given_is_kept():
    found = dc.replace(WHOLE, user=User("u", fits=None))
    assert outcomes(found)["user"].outcome is KEPT


@pytest.mark.parametrize(
    "change",
    [
        {"services": [Service("s1", "concertim"), Service("s2", "other")]},
        {
            "endpoints": [
                Endpoint("s1", "public", PUBLIC),
                Endpoint("s2", "public", "http://old"),
            ]
        },
    ],
)
def test_of_two_none_is_preferred(change):
    with pytest.raises(Conflict, match="s1, s2"):
        plan(wanted(), dc.replace(WHOLE, **change))

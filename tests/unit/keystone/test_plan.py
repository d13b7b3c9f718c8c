"""What becomes of our place in Keystone, without a Keystone."""

from __future__ import annotations

import dataclasses as dc
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Conflict, Invalid
from concertim_api.keystone.commands import command
from concertim_api.keystone.plan import (
    Account,
    ActualState,
    DesiredState,
    Endpoint,
    Outcome,
    Service,
    User,
    plan,
)

CREATED, CHANGED, KEPT = Outcome.CREATED, Outcome.CHANGED, Outcome.KEPT
PUBLIC = "https://cloud.example.org/usage"


def desired(*roles, **urls):
    return DesiredState(
        Account(roles=roles or ("service",)),
        "concertim",
        "RegionOne",
        urls or {"public": PUBLIC},
    )


def after(steps, actual):
    """Return what there is when the steps are taken."""
    ids = (f"new-{number}" for number in itertools.count())
    for step in steps:
        if step.outcome is not KEPT:
            actual = _TAKE[step.noun](actual, step, next(ids))
    return actual


def _take_user(actual, step, new):
    if step.outcome is CREATED:
        return dc.replace(actual, user=User(new))
    fits = True if "password" in step.values else actual.user.fits
    user = dc.replace(actual.user, enabled=True, fits=fits)
    return dc.replace(actual, user=user)


def _take_service(actual, step, new):
    if step.outcome is CREATED:
        return dc.replace(actual, services=[Service(new, step.name)])
    (service,) = actual.services
    assert service.id == step.id
    return dc.replace(actual, services=[dc.replace(service, **step.values)])


def _take_endpoint(actual, step, new):
    if step.outcome is CREATED:
        interface, url = step.values["interface"], step.values["url"]
        endpoints = [*actual.endpoints, Endpoint(new, interface, url)]
    else:
        assert step.id in {endpoint.id for endpoint in actual.endpoints}
        endpoints = [
            dc.replace(e, **step.values) if e.id == step.id else e
            for e in actual.endpoints
        ]
    return dc.replace(actual, endpoints=endpoints)


def _take_grant(actual, step, new):
    role = actual.roles[step.name]  # it was made before
    assert actual.user is not None
    assert actual.project is not None
    return dc.replace(actual, granted={*actual.granted, role})


_TAKE = {
    "project": lambda actual, step, new: dc.replace(actual, project=new),
    "role": lambda actual, step, new: dc.replace(
        actual, roles={**actual.roles, step.name: new}
    ),
    "user": _take_user,
    "grant": _take_grant,
    "service": _take_service,
    "endpoint": _take_endpoint,
}

interfaces = st.sampled_from(["public", "internal", "admin"])
urls = st.sampled_from([PUBLIC, "http://a:8990", "http://b"])
named_urls = st.fixed_dictionaries(
    {"public": urls}, optional={"internal": urls, "admin": urls}
)
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
            unique_by=lambda endpoint: endpoint.interface,
        )
    )
    return ActualState(
        user=user,
        project=project,
        roles=roles,
        granted=granted if user and project else (),
        services=services,
        endpoints=endpoints if services else (),
    )


@given(states(), several_roles, named_urls)
def test_the_second_time_nothing_is_done(actual, roles, desired_urls):
    what = desired(*roles, **desired_urls)
    done = after(plan(what, actual), actual)
    assert {step.outcome for step in plan(what, done)} == {KEPT}
    assert {
        endpoint.interface: endpoint.url
        for endpoint in done.endpoints
        if endpoint.interface in desired_urls
    } == desired_urls
    assert all(endpoint.enabled for endpoint in [done.user, *done.services])
    assert {done.roles[name] for name in roles} <= {*done.granted}


@given(states(), named_urls)
def test_what_is_not_ours_stays(actual, desired_urls):
    done = after(plan(desired(**desired_urls), actual), actual)
    others = [e for e in actual.endpoints if e.interface not in desired_urls]
    assert [e for e in done.endpoints if e in others] == others
    assert {*actual.granted} <= {*done.granted}
    assert actual.roles.items() <= done.roles.items()


@given(states(), several_roles, named_urls)
def test_every_step_has_a_command_that_tells_no_secret(actual, roles, new):
    what = desired(*roles, **new)
    for step in plan(what, actual):
        if step.outcome is not KEPT:
            line = command(step, what.account)
            assert line.startswith("openstack ")
            assert "--password " not in f"{line} "


def outcomes(actual, what=None):
    steps = plan(what or desired(), actual)
    return {step.noun: step for step in steps}


WHOLE = ActualState(
    user=User("u", fits=True),
    project="p",
    roles={"service": "r"},
    granted={"r"},
    services=[Service("s", "concertim")],
    endpoints=[Endpoint("e", "public", PUBLIC)],
)


def test_an_empty_keystone_gets_all_of_it_in_order():
    steps = plan(desired(public=PUBLIC, internal="http://a"), ActualState())
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


def test_a_url_that_is_not_named_stays():
    what = dc.replace(desired("service", "admin"), urls={})
    actual = dc.replace(WHOLE, roles={"service": "r", "admin": "a"})
    steps = plan(what, actual)
    assert [step.name for step in steps if step.outcome is CREATED] == [
        "admin"
    ]
    assert "endpoint" not in {step.noun for step in steps}


@pytest.mark.parametrize("urls", [{}, {"internal": "http://a"}])
def test_without_any_public_url_nothing_is_done(urls):
    what = dc.replace(desired(), urls=urls)
    with pytest.raises(Invalid, match="no public endpoint of ours in Region"):
        plan(what, dc.replace(WHOLE, endpoints=[]))


def test_a_user_whose_password_is_not_given_is_kept():
    actual = dc.replace(WHOLE, user=User("u", fits=None))
    assert outcomes(actual)["user"].outcome is KEPT


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
        plan(desired(), dc.replace(WHOLE, **change))

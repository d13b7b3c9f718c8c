"""What is said of a cloud that is not well: to callers no address of it,
to operators all but passwords."""

import re

import pytest

from concertim_api.domain.errors import ConcertimError, in_full

PASSWORD = "s3cret-of-ours"
GONE = "http://127.0.0.1:1/identity/v3"


def dropped(simulator):
    simulator.fault("/compute", drop=True)
    return {}


def a_long_story(simulator):
    """Proxies tell where they lead to."""
    text = "no route to http://node-7.internal:8774/v2.1/servers"
    body = {"error": {"message": text}}
    simulator.fault("/compute", status=409, body=body)
    return {}


def keystone_away(simulator):
    return {"auth_url": GONE}


def keystone_broken(simulator):
    simulator.fault("auth/tokens", status=503)
    return {}


def keystone_unwilling(simulator):
    return {"password": PASSWORD}


def no_tls(simulator):
    url = simulator.url.replace("http:", "https:")
    return {"auth_url": f"{url}/identity/v3"}


def no_keystone(simulator):
    simulator.fault("/identity", status=404)
    return {}


FAULTS = [dropped, a_long_story, no_tls]
FAULTS += [keystone_away, keystone_broken, keystone_unwilling, no_keystone]

ASKS = {
    "list": lambda cloud: list(cloud.listing("instance", {})),
    "look": lambda cloud: cloud.look("instance", "s1"),
    "act": lambda cloud: cloud.actions().compute.act("s1", "stop"),
    "delete": lambda cloud: cloud.actions().compute.delete_server("s1"),
    "limits": lambda cloud: cloud.actions().quotas.limits(),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("ask", ASKS)
def test_no_address_is_for_everybody(simulator, connect, at_once, fault, ask):
    simulator.site.add_server(simulator.site.admin, "web", id="s1")
    cloud = connect(timeout=2, retries=0, **fault(simulator))
    with pytest.raises(ConcertimError) as caught:
        ASKS[ask](cloud)
    error = caught.value
    assert not re.search(r"127\.0\.0\.1|://|:\d{2,}|node-7", str(error))
    assert PASSWORD not in in_full(error)
    if "away" in fault.__name__:
        assert "127.0.0.1" in in_full(error)

"""What orders to a service come to, if it does not answer as it should."""

import pytest

from concertim_api.bootstrap import SystemClock
from concertim_api.clouds.openstack import clouds
from concertim_api.clouds.simulator import Simulator
from concertim_api.domain.errors import (
    Unanswered,
    Unauthenticated,
    Unavailable,
)
from concertim_api.http.session import Patience

ACT = "POST /compute/.*/action"


@pytest.fixture
def simulator():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def server(simulator):
    site = simulator.site
    return site.add_server(site.add_project("CM_astro"), "login")


@pytest.fixture
def compute(simulator):
    patience = Patience(retries=0)
    (cloud,) = clouds(simulator.conf(), SystemClock(), patience)
    return cloud.actions().compute


def test_who_gets_no_answer_does_not_know_what_was_done(
    simulator, compute, server
):
    simulator.fault(ACT, drop=True, times=1)
    with pytest.raises(Unanswered) as caught:
        compute.act(server["id"], "stop")
    assert simulator.count("POST /compute") == 1
    assert "http" not in str(caught.value)
    assert "http" in caught.value.detail


@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_error_of_the_service_says_nothing_of_what_was_done(
    simulator, compute, server, status
):
    simulator.fault(ACT, status=status, times=1)
    with pytest.raises(Unanswered, match=str(status)):
        compute.act(server["id"], "stop")
    assert simulator.count("POST /compute") == 1


@pytest.mark.parametrize("status", [429, 503])
def test_not_now_means_that_nothing_was_done(
    simulator, compute, server, status
):
    simulator.fault(ACT, status=status, times=1)
    with pytest.raises(Unavailable, match=str(status)) as caught:
        compute.act(server["id"], "stop")
    assert not isinstance(caught.value, Unanswered)


def test_a_deletion_is_sent_again_once(simulator, compute, server):
    simulator.fault("DELETE /compute", drop=True, before=True, times=1)
    compute.delete_server(server["id"])
    assert simulator.count("DELETE /compute") == 2
    simulator.fault("DELETE /compute", drop=True, times=9)
    with pytest.raises(Unanswered):
        compute.delete_server(server["id"])
    assert simulator.count("DELETE /compute") == 4


def test_a_service_that_is_not_there_was_not_asked(simulator, server):
    del simulator.services["compute"]
    (cloud,) = clouds(simulator.conf(), SystemClock(), Patience(retries=0))
    with pytest.raises(Unavailable, match="no service of type") as caught:
        cloud.actions().compute.delete_server(server["id"])
    assert not isinstance(caught.value, Unanswered)


def test_a_question_without_answer_is_no_order(simulator):
    simulator.fault("GET /compute/v2.1/limits", drop=True, times=9)
    (cloud,) = clouds(simulator.conf(), SystemClock(), Patience(retries=0))
    with pytest.raises(Unavailable) as caught:
        cloud.actions().quotas.limits()
    assert not isinstance(caught.value, Unanswered)
    assert simulator.count("GET /compute/v2.1/limits") == 2


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413])
@pytest.mark.parametrize("body", [b"<html>Sorry</html>", b"", b"[]"])
def test_a_page_for_people_is_no_word_of_the_service(
    simulator, compute, server, status, body
):
    simulator.fault(ACT, status=status, body=body)
    with pytest.raises(Unavailable, match=str(status)):
        compute.act(server["id"], "stop")


def test_who_is_not_let_in_is_told_so_in_plain_text(
    simulator, compute, server
):
    text = b"Authentication required"
    simulator.fault(ACT, status=401, body=text)
    with pytest.raises(Unauthenticated):
        compute.act(server["id"], "stop")

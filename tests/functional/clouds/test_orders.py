"""What orders to a service come to, if it does not answer as it should."""

import itertools

import pytest

from concertim_api.domain.errors import (
    Unanswered,
    Unauthenticated,
    Unavailable,
)

ACT = "POST /compute/.*/action"
PAGES = [b"<html>Sorry</html>", b"", b"[]"]


@pytest.fixture
def server(simulator):
    site = simulator.site
    return site.add_server(site.add_project("CM_astro"), "login")


@pytest.fixture
def actions(connect, at_once):
    return connect(retries=0).actions()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        # Nobody knows what was done.
        ({"drop": True}, Unanswered),
        *(({"status": code}, Unanswered) for code in (500, 502, 504)),
        # Nothing was done.
        *(({"status": code}, Unavailable) for code in (429, 503)),
        # A page for people is no word of the service.
        *(
            ({"status": code, "body": page}, Unavailable)
            for code, page in itertools.product(
                (400, 403, 404, 409, 413), PAGES
            )
        ),
    ],
)
def test_an_order_is_sent_once_whatever_comes_of_it(
    simulator, actions, server, fault, error
):
    simulator.fault(ACT, **fault)
    reason = str(fault.get("status", "connection failed"))
    with pytest.raises(error, match=reason) as caught:
        actions.compute.act(server["id"], "stop")
    assert type(caught.value) is error
    assert simulator.count("POST /compute") == 1
    assert "http" not in str(caught.value)
    assert ("http" in caught.value.detail) is ("drop" in fault)


def test_who_is_not_let_in_is_told_so_in_plain_text(
    simulator, actions, server
):
    simulator.fault(ACT, status=401, body=b"Authentication required")
    with pytest.raises(Unauthenticated):
        actions.compute.act(server["id"], "stop")


def test_a_deletion_is_sent_again_once(simulator, actions, server):
    simulator.fault("DELETE /compute", drop=True, before=True, times=1)
    actions.compute.delete_server(server["id"])
    assert simulator.count("DELETE /compute") == 2
    simulator.fault("DELETE /compute", drop=True, times=9)
    with pytest.raises(Unanswered):
        actions.compute.delete_server(server["id"])
    assert simulator.count("DELETE /compute") == 4


def test_a_service_that_is_not_there_was_not_asked(simulator, actions, server):
    del simulator.services["compute"]
    with pytest.raises(Unavailable, match="no service of type") as caught:
        actions.compute.delete_server(server["id"])
    assert type(caught.value) is Unavailable


def test_a_question_without_answer_is_no_order(simulator, actions):
    simulator.fault("GET /compute/v2.1/limits", drop=True, times=9)
    with pytest.raises(Unavailable) as caught:
        actions.quotas.limits()
    assert type(caught.value) is Unavailable
    assert simulator.count("GET /compute/v2.1/limits") == 2

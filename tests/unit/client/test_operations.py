"""The requests for operations, racks and devices."""

import pytest

from concertim_api.client import errors

API = "http://concertim.test/usage/v1"
OPERATION = {
    "id": "o1",
    "noun": "instance",
    "action": "stop",
    "state": "accepted",
    "error": None,
}


def test_operations(concertim, requests_mock):
    requests_mock.get(f"{API}/operations", json={"operations": [OPERATION]})
    operations = concertim.operations.list(
        state=["failed", "unsure"], noun="rack", sort="asked_at:asc", limit=5
    )
    assert list(operations) == [OPERATION]
    assert requests_mock.last_request.qs == {
        "state": ["in:failed,unsure"],
        "noun": ["rack"],
        "sort": ["asked_at:asc"],
        "limit": ["5"],
    }
    requests_mock.get(f"{API}/operations/o1", json=OPERATION)
    assert concertim.operations.get("o1") == OPERATION


@pytest.mark.parametrize(
    ("noun", "more"),
    [
        ("racks", {}),
        ("racks", {"region": "one"}),
        ("devices", {"hard": True}),
        ("devices", {"server_id": "s1", "region": "one"}),
        ("devices", {"size_gb": 20}),
        ("devices", {"force": False}),
    ],
)
def test_what_is_to_be_done(concertim, requests_mock, noun, more):
    requests_mock.post(f"{API}/{noun}/a%2Fb/action", json=OPERATION)
    assert getattr(concertim, noun).act("a/b", "stop", **more) == OPERATION
    assert requests_mock.last_request.json() == {"action": "stop", **more}


@pytest.mark.parametrize("noun", ["racks", "devices"])
def test_what_the_cloud_does_not_allow(concertim, requests_mock, noun):
    document = {"errors": [{"detail": "Cannot 'start' instance"}]}
    requests_mock.post(
        f"{API}/{noun}/r1/action", status_code=409, json=document
    )
    with pytest.raises(errors.Conflict, match="Cannot 'start' instance"):
        getattr(concertim, noun).act("r1", "start")


def wait(concertim, **more):
    """Wait for an operation with a clock that only sleep moves."""
    naps, states = [], []
    operation = concertim.operations.wait(
        OPERATION,
        progress=lambda operation: states.append(operation["state"]),
        sleep=naps.append,
        clock=lambda: sum(naps),
        **more,
    )
    return operation, states, naps


@pytest.mark.parametrize("state", ["done", "failed", "unsure"])
def test_it_is_waited_for(concertim, requests_mock, state):
    requests_mock.get(
        f"{API}/operations/o1",
        [{"json": OPERATION}, {"json": {**OPERATION, "state": state}}],
    )
    operation, states, naps = wait(concertim, timeout=9, interval=2.0)
    assert operation["state"] == state
    assert states == ["accepted", "accepted", state]
    assert naps == [2.0, 2.0]


def test_what_is_finished_is_not_asked_for(concertim, requests_mock):
    operation = {**OPERATION, "state": "done"}
    assert concertim.operations.wait(operation) == operation
    assert requests_mock.call_count == 0


def test_the_wait_ends(concertim, requests_mock):
    requests_mock.get(f"{API}/operations/o1", json=OPERATION)
    with pytest.raises(errors.ClientError, match="within 3 s: it is accepted"):
        wait(concertim, timeout=3)

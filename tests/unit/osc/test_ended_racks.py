"""Racks that are gone: what they were is in the ledger."""

import pytest

from concertim_api.client import errors
from concertim_api.osc import rack

from .conftest import API
from .view import RACK

STACK = {
    "id": "k0",
    "name": "lab1",
    "region": "one",
    "project_id": "p1",
    "state": "DELETE_COMPLETE",
    "start": "2026-11-20T00:00:00Z",
    "end": "2026-11-20T17:22:44Z",
    "details": {"parent": ""},
}
NESTED = STACK | {"id": "k9", "details": {"parent": "k0"}}


@pytest.fixture
def ledger(api):
    """The API, with a rack that is gone, and a part of it."""
    api.get(f"{API}/racks/lab1", status_code=404)
    api.get(f"{API}/racks/lab1/history", status_code=404)
    api.get(f"{API}/racks", json={"racks": []})
    api.get(f"{API}/resources?kind=stack", json={"resources": [STACK, NESTED]})
    history = {"rack": RACK | {"id": "k0", "name": "lab1"}, "events": []}
    api.get(f"{API}/racks/k0/history", json=history)
    return api


def test_ended_racks(app, ledger):
    (row,) = app.json(rack.ListRack, "--ended", "--region", "one")
    assert (row["id"], row["project"], row["end"]) == (
        *("k0", "physics", STACK["end"]),
    )
    request = next(r for r in ledger.request_history if "running" in r.qs)
    assert request.qs["running"] == ["false"]
    assert request.qs["sort"] == ["updated_at:desc"]
    assert request.qs["region"] == ["one"]


def test_conditions_of_what_is_there(app, ledger):
    with pytest.raises(ValueError, match="--status: what has ended has none"):
        app.run(rack.ListRack, "--ended", "--status", "ACTIVE")


def test_a_rack_that_has_ended(app, ledger):
    message = "^lab1 ended at 2026-11-20 17:22:44: .* rack history k0,"
    with pytest.raises(ValueError, match=message):
        app.run(rack.ShowRack, "lab1")
    assert ledger.last_request.qs["name"] == ["eq:lab1"]
    assert ledger.call_count == 3


def test_the_history_of_its_name(app, ledger):
    heading = app.run(rack.ShowRackHistory, "lab1")[2]
    assert heading == "rack lab1, k0, region one:\nNo events.\n"


@pytest.mark.parametrize("command", [rack.ShowRack, rack.ShowRackHistory])
def test_a_rack_that_never_was(app, ledger, command):
    ledger.get(f"{API}/resources?kind=stack", json={"resources": []})
    with pytest.raises(errors.NotFound):
        app.run(command, "lab1")

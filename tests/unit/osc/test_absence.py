"""A list without rows says what it leaves out."""

import pytest

from concertim_api.client import Client
from concertim_api.osc import change, device, period, rack, region, team

from .conftest import API
from .test_freshness import GONE, HEALTH, health

STACK = {"id": "s1", "project_id": "p1", "details": {}}
OTHERS = [
    STACK,
    {**STACK, "id": "s2", "project_id": "p2", "details": None},
    {**STACK, "id": "s3", "project_id": "p3", "details": {"parent": "s2"}},
]


@pytest.fixture
def empty(api):
    """An API with neither racks nor devices, and with an agent."""
    for nouns in ("racks", "devices", "teams", "periods"):
        api.get(f"{API}/{nouns}", json={nouns: []})
    api.get(f"{API}/resources?kind=stack", json={"resources": []})
    health(api)
    return api


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (rack.ListRack, "No racks.\n"),
        (device.ListDevice, "No devices.\n"),
        (team.ListTeam, "No teams.\n"),
        (period.ListPeriod, "No periods.\n"),
    ],
)
def test_nothing_is_there(app, empty, command, text):
    assert app.run(command, "--region", "one")[::2] == (0, text)


@pytest.mark.parametrize("command", [rack.ListRack, device.ListDevice])
def test_stacks_that_are_left_out(app, empty, command):
    empty.get(f"{API}/resources?kind=stack", json={"resources": OTHERS})
    _, _, aside = app.run(command, "--all-projects", "--region", "one")
    assert aside.partition(". ")[2] == (
        "2 stacks run in projects that [view] projects leaves out: "
        "p2, physics.\n"
    )
    request = next(
        request
        for request in empty.request_history
        if request.qs.get("kind") == ["stack"]
    )
    assert request.qs["running"] == ["true"]
    assert request.qs["region"] == ["one"]


@pytest.mark.parametrize(
    ("command", "noun"),
    [(region.ListRegion, "regions"), (change.ListChange, "changes")],
)
def test_a_list_without_pages(app, empty, command, noun):
    empty.get(f"{API}/{noun}", json={noun: [], "cursor": 0, "links": []})
    assert app.run(command)[::2] == (0, f"No {noun}.\n")


def test_a_program_reads_no_sentence(app, empty):
    empty.get(f"{API}/regions", json={"regions": []})
    assert app.run(region.ListRegion, "-f", "json")[1:] == ("[]\n", "")


def test_one_stack_that_is_left_out(app, empty):
    empty.get(f"{API}/resources?kind=stack", json={"resources": [STACK]})
    _, _, aside = app.run(rack.ListRack, "--draw")
    assert "1 stack runs in projects" in aside


def test_no_agent_runs(app, empty):
    health(empty, "2026-11-30T17:18:48Z")
    assert app.run(rack.ListRack)[2] == f"No racks. {GONE}\n"


@pytest.mark.parametrize("words", [("--ended",), ("--at", "2026-11-20")])
def test_of_the_past_the_present_says_nothing(app, empty, words):
    empty.get(f"{API}/resources", json={"resources": []})
    app.run(rack.ListRack, *words)
    assert HEALTH not in [r.url for r in empty.request_history]


def test_of_one_project(app, empty, monkeypatch):
    monkeypatch.setattr(Client, "project_id", "p1")
    _, _, aside = app.run(period.ListPeriod)
    assert aside == (
        "No periods in the project physics. --all-projects lists those of "
        "all projects that you may see.\n"
    )


@pytest.mark.parametrize("form", ["json", "csv", "value"])
def test_programs_get_no_sentences(app, empty, form):
    assert app.run(rack.ListRack, "-f", form)[2] == ""

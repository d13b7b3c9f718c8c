"""What each command asks for, and what it shows."""

import json

import pytest

from concertim_api.client import errors
from concertim_api.osc import (
    change,
    correction,
    dead_letter,
    period,
    region,
    resource,
    usage,
)

from .conftest import API, WEB

PERIOD = {
    "id": 1,
    "region": "one",
    "kind": "instance",
    "resource_id": "r1",
    "name": "web",
    "project_id": "p1",
    "start": "2026-11-20T00:00:00Z",
    "end": "2026-11-20T04:12:00Z",
    "state": "active",
    "type": "m1.small",
    "vcpus": 1,
    "ram_mb": 512,
    "disk_gb": 1,
    "shape": {},
}


def link(marker):
    return [{"rel": "next", "href": f"x?marker={marker}"}]


def test_periods_for_people(app, api):
    api.get(f"{API}/periods", json={"periods": [PERIOD]})
    _, told, aside = app.run(period.ListPeriod)
    cells = [cell.strip() for cell in told.splitlines()[3].split("|")]
    assert cells[1:-1] == [
        "2026-11-20 00:00:00",
        "2026-11-20 04:12:00",
        "4h 12m",
        "physics",
        "instance",
        "web",
        "m1.small",
        "active",
        "r1",
    ]
    assert aside == ""


def test_periods_for_programs(app, api):
    api.get(f"{API}/periods", json={"periods": [PERIOD]})
    (found,) = app.json(period.ListPeriod)
    assert found == {
        **{name: value for name, value in PERIOD.items() if name != "shape"},
        "duration": 15120,
        "project": "physics",
    }


def test_what_is_asked_of_periods(app, api):
    api.get(f"{API}/periods", json={"periods": []})
    app.run(
        period.ListPeriod,
        *("--project", "physics", "--during", "2026-11", "--clip"),
        *("--kind", "instance,volume", "--state", "neq:stopped", "--ended"),
        *("--resource", "r1", "--limit", "5", "--sort", "end:desc"),
        *("--marker", "m0"),
    )
    assert api.last_request.qs == {
        "project_id": ["p1"],
        "start": ["2026-11-01t00:00:00z"],
        "end": ["2026-12-01t00:00:00z"],
        "clip": ["true"],
        "kind": ["in:instance,volume"],
        "state": ["neq:stopped"],
        "running": ["false"],
        "resource_id": ["r1"],
        "limit": ["5"],
        "sort": ["end:desc"],
        "marker": ["m0"],
    }


def test_a_list_that_was_cut_says_so(app, api):
    api.get(f"{API}/periods", json={"periods": [PERIOD], "links": link("m1")})
    _, _, aside = app.run(period.ListPeriod, "--limit", "1")
    assert aside == "There is more: --marker m1\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--during", "7d", "--start", "today"),
        ("--during", "now"),
    ],
)
def test_windows_that_make_no_sense(app, api, arguments):
    with pytest.raises(ValueError, match="--during"):
        app.run(period.ListPeriod, *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--limit", "0"),
        ("--limit", "many"),
        ("--start", "soon"),
        ("--project", "p1", "--all-projects"),
    ],
)
def test_options_that_make_no_sense(app, api, arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        app.run(period.ListPeriod, *arguments)
    assert caught.value.code == 2
    assert arguments[0] in capsys.readouterr().err


ROW = {
    "project_id": "p1",
    "type": "m1.small",
    "resources": 2,
    "seconds": "45000",
    "hours": "12.500000",
    "vcpu_hours": "1250.000001",
    "ram_gib_hours": "6.250000",
    "disk_gb_hours": "12.500000",
}


def answer(*rows):
    return {"usage": list(rows), "start": "2026-11-01T00:00:00Z", "end": "e"}


def test_usage_for_people(app, api):
    api.get(f"{API}/usage", json=answer(ROW))
    _, told, aside = app.run(usage.ShowUsage, "--by", "project,type")
    cells = [cell.strip() for cell in told.splitlines()[3].split("|")]
    assert cells[1:-1] == [
        *("physics", "m1.small", "2", "12.50", "1,250.00", "6.25", "12.50")
    ]
    assert aside == "From 2026-11-01T00:00:00Z to e:\n"


def test_usage_for_programs(app, api):
    api.get(f"{API}/usage", json=answer(ROW))
    (found,) = app.json(usage.ShowUsage, "--by", "project,type")
    assert found == {**ROW, "project": "physics", "seconds": 45000}
    assert app.stderr.getvalue() == ""


def test_what_is_asked_of_usage(app, api):
    api.get(f"{API}/usage", json=answer())
    app.run(usage.ShowUsage, "--end", "2026-11-21", "--by", "day,project")
    assert api.last_request.qs == {
        "start": ["2026-11-01t00:00:00z"],
        "end": ["2026-11-21t00:00:00z"],
        "group_by": ["day,project_id"],
    }


def test_usage_by_something_else(app, capsys):
    with pytest.raises(SystemExit):
        app.run(usage.ShowUsage, "--by", "project,colour")
    assert "'colour' is not one of" in capsys.readouterr().err


def test_resources(app, api):
    (found,) = app.json(resource.ListResource, "--running", "--at", "7d")
    assert found["name"] == "web"
    assert found["project"] == "physics"
    asked = api.request_history[0].qs
    assert asked["running"] == ["true"]
    assert "at" in asked


def test_only_what_is_needed_is_asked(app, api):
    app.run(resource.ListResource, "-f", "value", "-c", "id")
    assert app.stdout.getvalue() == "r1\n"
    assert api.call_count == 1


def test_one_resource(app, api):
    found = app.json(resource.ShowResource, "r1")
    assert found == {**WEB, "project": "physics"}


def test_one_resource_by_name_as_it_was(app, api):
    api.get(f"{API}/resources/web", status_code=404)
    app.json(resource.ShowResource, "web", "--at", "2026-11-21")
    asked = next(r for r in api.request_history if "at" in r.qs)
    assert asked.path == "/v1/resources/r1"
    assert asked.qs == {
        "kind": ["instance"],
        "region": ["one"],
        "at": ["2026-11-21t00:00:00z"],
    }


def test_history(app, api):
    later = {**PERIOD, "start": PERIOD["end"], "type": "m1.large"}
    history = {"resource": WEB, "periods": [PERIOD, {**later, "end": None}]}
    api.get(f"{API}/resources/r1/history", json=history)
    _, told, aside = app.run(resource.ShowHistory, "r1", "--draw")
    assert aside == "instance web, r1, region one:\n"
    assert "4h 12m" in told
    assert "begins" in told
    assert "type m1.small -> m1.large" in told
    assert "=> |" in told


def test_observations(app, api):
    said = {"at": "2026-11-20T00:00:00Z", "says": "alive", "source": "nova"}
    api.get(
        f"{API}/resources/r1/observations",
        json={"observations": [{**said, "shape": {"state": "active"}}]},
    )
    (found,) = app.json(resource.ListObservation, "r1")
    assert found["says"] == "alive"
    assert found["shape"] == {"state": "active"}


def test_changes(app, api):
    row = {"cursor": 8, "kind": "instance", "project_id": "p1"}
    api.get(f"{API}/changes", json={"changes": [row], "cursor": 9})
    (found,) = app.json(change.ListChange, "--since", "7", "--limit", "3")
    assert found["cursor"] == 8
    assert api.request_history[0].qs == {"since": ["7"], "limit": ["3"]}


def test_regions(app, api):
    one = {"name": "one", "resources": 3, "newest_observation": None}
    api.get(f"{API}/regions", json={"regions": [one]})
    assert app.json(region.ListRegion) == [one]


CORRECTION = ("--start", "2026-11-20", "--reason", "it was off")


def test_correct_what_is_known(app, api):
    api.post(f"{API}/corrections", json={"id": "c1", "project_id": "p1"})
    found = app.json(
        correction.CreateCorrection,
        *("r1", "--action", "rewrite", *CORRECTION, "--end", "2026-11-21"),
        *("--project", "physics", "--shape", "state=stopped"),
        *("--shape", "flavor.vcpus=3", "--shape", "flavor.name=m 1"),
    )
    assert found["id"] == "c1"
    sent = next(r for r in api.request_history if r.method == "POST")
    assert sent.json() == {
        "action": "rewrite",
        "resource_id": "r1",
        "kind": "instance",
        "region": "one",
        "start": "2026-11-20T00:00:00Z",
        "end": "2026-11-21T00:00:00Z",
        "project_id": "p1",
        "reason": "it was off",
        "shape": {
            "state": "stopped",
            "flavor": {"vcpus": 3, "name": "m 1"},
        },
    }


def unknown(api):
    api.get(f"{API}/resources/r9", status_code=404)
    api.get(f"{API}/resources", json={"resources": []})


def test_add_what_is_not_known(app, api):
    unknown(api)
    api.post(f"{API}/corrections", json={"id": "c1"})
    arguments = ("r9", "--action", "add", "--kind", "volume", *CORRECTION)
    app.json(correction.CreateCorrection, *arguments)
    sent = next(r for r in api.request_history if r.method == "POST")
    assert sent.json()["resource_id"] == "r9"
    assert sent.json()["kind"] == "volume"


@pytest.mark.parametrize(
    "arguments", [("add",), ("close", "--kind", "volume")]
)
def test_correct_what_is_not_known(app, api, arguments):
    unknown(api)
    with pytest.raises(errors.NotFound):
        app.run(
            correction.CreateCorrection,
            *("r9", "--action", *arguments, *CORRECTION),
        )


@pytest.mark.parametrize("text", ["state", "=3", ""])
def test_attributes_that_are_none(app, text, capsys):
    arguments = ("r1", "--action", "add", *CORRECTION, "--shape", text)
    with pytest.raises(SystemExit):
        app.run(correction.CreateCorrection, *arguments)
    assert "<name>=<value>" in capsys.readouterr().err


def test_attributes_that_contradict():
    with pytest.raises(ValueError, match="flavor is a value already"):
        correction.shape([("flavor", "x"), ("flavor.name", "y")])


def test_list_and_show_corrections(app, api):
    one = {"id": "c1", "author": "u1"}
    api.get(f"{API}/corrections", json={"corrections": [one]})
    api.get(f"{API}/corrections/c1", json=one)
    (found,) = app.json(
        correction.ListCorrection,
        *("--author", "u1", "--project", "physics", "-c", "id"),
    )
    assert found == {"id": "c1"}
    assert api.last_request.qs["author"] == ["u1"]
    assert api.last_request.qs["project_id"] == ["p1"]


def test_show_a_correction(app, api):
    api.get(f"{API}/corrections/c1", json={"id": "c1", "author": "u1"})
    assert app.json(correction.ShowCorrection, "c1")["author"] == "u1"


LETTERS = f"{API}/dead-letters"


@pytest.fixture
def letters(api):
    listed = [{"id": 7, "error": "no id"}, {"id": 8, "error": "no time"}]
    api.get(LETTERS, json={"dead_letters": listed})
    api.get(f"{LETTERS}/7", json={"id": 7, "message": {"payload": {}}})
    api.post(f"{LETTERS}/7/replay", json={"outcome": "recorded"})
    refused = [{"code": "concertim.conflict", "detail": "still no time"}]
    api.post(f"{LETTERS}/8/replay", status_code=409, json={"errors": refused})
    api.delete(f"{LETTERS}/7", status_code=204)
    api.delete(LETTERS, json={"purged": 2})
    return api


def test_list_dead_letters(app, letters):
    found = app.json(dead_letter.ListDeadLetter, "--event-type", "x.y")
    assert [letter["id"] for letter in found] == [7, 8]
    assert letters.last_request.qs["event_type"] == ["x.y"]


def test_show_a_dead_letter(app, letters):
    found = app.json(dead_letter.ShowDeadLetter, "7")
    assert found["message"] == {"payload": {}}


def test_replay_a_dead_letter(app, letters):
    (found,) = app.json(dead_letter.ReplayDeadLetter, "7")
    assert found == {"id": "7", "outcome": "recorded", "reason": None}


def test_replay_all_dead_letters(app, letters):
    status, told, _ = app.run(
        dead_letter.ReplayDeadLetter, "--all", "-f", "json"
    )
    assert status == 1
    assert json.loads(told)[1] == {
        "id": "8",
        "outcome": "dead",
        "reason": "still no time (HTTP 409)",
    }


def test_purge_one(app, letters):
    _, told, _ = app.run(dead_letter.PurgeDeadLetter, "7", "--yes")
    assert told == "1 purged\n"
    assert letters.last_request.method == "DELETE"


def test_purge_those_that_match(app, letters):
    arguments = ("--before", "2026-11-21", "--region", "one", "--yes")
    _, told, _ = app.run(dead_letter.PurgeDeadLetter, *arguments)
    assert told == "2 purged\n"
    assert letters.last_request.qs == {
        "before": ["2026-11-21t00:00:00z"],
        "region": ["one"],
    }


def test_purge_asks(app, letters):
    app.answers("y\n")
    _, told, aside = app.run(dead_letter.PurgeDeadLetter, "--all")
    assert "There is no way back" in aside
    assert told == "2 purged\n"
    assert letters.last_request.qs == {"all": ["true"]}


def test_purge_takes_no_for_an_answer(app, letters):
    app.answers("\n")
    with pytest.raises(ValueError, match="nothing was purged"):
        app.run(dead_letter.PurgeDeadLetter, "--all")
    assert letters.call_count == 0


def test_purge_needs_somebody_to_ask(app, letters):
    with pytest.raises(ValueError, match="--yes"):
        app.run(dead_letter.PurgeDeadLetter, "--all")
    assert letters.call_count == 0


@pytest.mark.parametrize("arguments", [(), ("7", "--all")])
@pytest.mark.parametrize(
    "command", [dead_letter.ReplayDeadLetter, dead_letter.PurgeDeadLetter]
)
def test_it_must_be_said_which(app, letters, command, arguments):
    with pytest.raises(ValueError, match=r"say which|not both"):
        app.run(command, *arguments)

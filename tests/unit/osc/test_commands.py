"""Commands in what the real API does not show: what they ask, and whom."""

import json

import pytest

from concertim_api.client import errors
from concertim_api.client.periods import Period
from concertim_api.osc import (
    correction,
    dead_letter,
    period,
    resource,
    usage,
)

from .conftest import API, WEB

PERIOD = dict.fromkeys(Period.__annotations__, "x") | {
    "project_id": "p1",
    "start": "2026-11-20T00:00:00Z",
    "end": "2026-11-20T04:12:00Z",
}


def test_periods_for_people(app, api):
    api.get(f"{API}/periods", json={"periods": [PERIOD]})
    _, output, aside = app.run(period.ListPeriod)
    head, row = (
        [cell.strip() for cell in output.splitlines()[n].split("|")[1:-1]]
        for n in (1, 3)
    )
    assert head[4:] == ["kind", "name", "type", "state", "resource_id"]
    assert row == [
        "2026-11-20 00:00:00",
        "2026-11-20 04:12:00",
        "4h 12m",
        "physics",
        *"xxxxx",
    ]
    assert aside == ""


def test_usage_since_the_first_of_the_month(app, api):
    totals = {"usage": [], "start": "2026-11-01T00:00:00Z", "end": "e"}
    api.get(f"{API}/usage", json=totals)
    words = ("--end", "2026-11-21", "--by", "day,project")
    assert app.json(usage.ShowUsage, *words) == []
    assert app.stderr.getvalue() == ""
    assert api.last_request.qs == {
        "start": ["2026-11-01t00:00:00z"],
        "end": ["2026-11-21t00:00:00z"],
        "group_by": ["day,project_id"],
    }


def test_only_what_is_needed_is_asked(app, api):
    app.run(resource.ListResource, "-f", "value", "-c", "id")
    assert app.stdout.getvalue() == "r1\n"
    assert api.call_count == 1


CORRECTION = ("--start", "2026-11-20", "--reason", "it was off")


def unknown(api):
    api.get(f"{API}/resources/r9", status_code=404)
    api.get(f"{API}/resources", json={"resources": []})


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


def test_attributes():
    words = ("state=stopped", "flavor.vcpus=3", "flavor.name=m 1", "a=b=c")
    assert correction.shape([*map(correction.attribute, words)]) == {
        "state": "stopped",
        "flavor": {"vcpus": 3, "name": "m 1"},
        "a": "b=c",
    }


def test_attributes_that_contradict():
    with pytest.raises(ValueError, match="flavor is a value already"):
        correction.shape([("flavor", "x"), ("flavor.name", "y")])


LETTERS = f"{API}/dead-letters"


@pytest.fixture
def letters(api):
    rows = [{"id": 7, "error": "no id"}, {"id": 8, "error": "no time"}]
    api.get(LETTERS, json={"dead_letters": rows})
    api.get(f"{LETTERS}/7", json={"id": 7, "message": {"payload": {}}})
    api.post(f"{LETTERS}/7/replay", json={"outcome": "recorded"})
    error_documents = [
        {"code": "concertim.conflict", "detail": "still no time"}
    ]
    api.post(
        f"{LETTERS}/8/replay",
        status_code=409,
        json={"errors": error_documents},
    )
    api.delete(f"{LETTERS}/7", status_code=204)
    api.delete(LETTERS, json={"purged": 2})
    return api


def test_replay_all_dead_letters(app, letters):
    status, out, _ = app.run(
        dead_letter.ReplayDeadLetter, "--all", "-f", "json"
    )
    assert status == 1
    reason = "still no time (HTTP 409)"
    assert json.loads(out) == [
        {"id": "7", "outcome": "recorded", "reason": None},
        {"id": "8", "outcome": "dead", "reason": reason},
    ]


def test_purge_one(app, letters):
    _, output, _ = app.run(dead_letter.PurgeDeadLetter, "7", "--yes")
    assert output == "1 purged\n"
    assert letters.last_request.method == "DELETE"


def test_purge_asks(app, letters):
    app.answers("y\n")
    _, output, aside = app.run(dead_letter.PurgeDeadLetter, "--all")
    assert "There is no way back" in aside
    assert output == "2 purged\n"
    assert letters.last_request.qs == {"all": ["true"]}


def test_purge_takes_no_for_an_answer(app, letters):
    app.answers("\n")
    with pytest.raises(ValueError, match="nothing was done"):
        app.run(dead_letter.PurgeDeadLetter, "--all")
    assert letters.call_count == 0


HOSTILE = "\x1b]0;title\x07\nred"


def test_a_heading_does_not_control_the_terminal(app, api):
    web = WEB | {"name": HOSTILE}
    api.get(
        f"{API}/resources/r1/history", json={"resource": web, "periods": []}
    )
    heading = app.run(resource.ShowHistory, "r1")[2]
    assert heading.startswith("instance \\x1b]0;title\\x07\\nred, r1")
    assert heading.splitlines()[1:] == ["No periods."]


def test_an_error_does_not_control_the_terminal(app, api):
    document = {"errors": [{"detail": f"name: {HOSTILE} is taken"}]}
    api.get(f"{API}/resources", json=document, status_code=409)
    with pytest.raises(errors.Conflict) as caught:
        app.run(resource.ListResource)
    assert "\x1b" not in str(caught.value)
    assert "is taken" in str(caught.value)

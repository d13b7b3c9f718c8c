"""What of a table is shown where there is little room."""

import io
import os
from decimal import Decimal

import pytest

from concertim_api.client.usage import AMOUNTS
from concertim_api.osc import cells, rack, resource, tables, usage
from concertim_api.osc.drawing.paper import Paper

from .conftest import API, WEB
from .view import RACK

UUID = "3f0c1d2e-0000-4000-8000-000000000001"

ERROR = "its front end lacks the team of the project: create it there first"


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(cells, "today", lambda: "2026-11-21")


def fitted(width, encoding="utf-8", **columns):
    """Return the heads and the first row of a table in a width."""
    paper = Paper(width, 0, encoding)
    order = {name: columns.pop(name, ()) for name in ("important", "minor")}
    heads, rows = tables.fit([*columns], [[*columns.values()]], paper, **order)
    texts = [getattr(c, "human_readable", lambda c=c: c)() for c in rows[0]]
    return dict(zip(heads, texts, strict=True))


ROW = {
    "id": cells.Text(UUID),
    "name": cells.Text("weather-cluster-2"),
    "at": cells.Moment("2026-11-21T04:12:08Z"),
    "error": cells.Sentence(ERROR),
    "devices": 12,
    "cost": cells.Text(None),
}


def test_all_of_it_has_room():
    assert fitted(180, **ROW) == {
        "name": "weather-cluster-2",
        "at": "2026-11-21 04:12:08",
        "error": ERROR,
        "devices": 12,
        "id": UUID,
    }


def test_less_room():
    assert fitted(80, **ROW) == {
        "name": "weather-cluster-2",
        "at": "04:12:08",
        "error": "its front end lacks the…",
        "devices": 12,
        "id": "3f0c1d2e",
    }


def test_little_room():
    assert fitted(60, "ascii", **ROW) == {
        "name": "weather-~uster-2",
        "at": "04:12:08",
        "error": "its front end l~",
        "devices": 12,
    }


def test_what_is_left_out_first_and_last():
    order = {"minor": ["error", "name"], "important": ["id"]}
    assert [*fitted(42, **ROW, **order)] == ["at", "devices", "id"]
    assert [*fitted(10, **ROW, **order)] == ["id"]


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2026-11-21T04:12:08.123Z", "04:12:08"),
        ("2026-11-20T04:12:08Z", "11-20 04:12"),
        ("2025-11-21T04:12:08Z", "2025-11-21"),
        (None, ""),
    ],
)
def test_times_without_what_is_known(time, text):
    assert cells.Moment(time).short() == text
    assert cells.End(time).short() == (text or "runs")


def test_numbers_stand_below_each_other():
    rows = [[cells.Hours(Decimal(hours))] for hours in ("1234.5", "2")]
    _, rows = tables.fit(["hours"], rows, Paper(80, 0))
    assert [row[0].human_readable() for row in rows] == [
        "    1,234.50",
        "        2.00",
    ]


def test_in_a_pipe_nothing_is_cut(app, api):
    web = WEB | {"id": UUID, "name": "n" * 100}
    api.get(f"{API}/resources", json={"resources": [web]})
    output = app.run(resource.ListResource)[1]
    assert UUID in output
    assert web["name"] in output
    assert "2026-11-20 00:00:00" in output


def width_of(output):
    return max(map(len, output.splitlines()))


def test_ways_to_say_a_width(app, api, monkeypatch):
    web = WEB | {"id": UUID, "name": "n" * 100}
    api.get(f"{API}/resources", json={"resources": [web]})
    words = ("--max-width", "70")
    assert width_of(app.run(resource.ListResource, *words)[1]) <= 70
    app.stdout = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(
            "os.get_terminal_size", lambda *_: os.terminal_size((50, 9))
        )
        output = app.run(resource.ListResource, "--fit-width")[1]
    assert width_of(output) <= 50
    monkeypatch.setenv("COLUMNS", "60")
    app.stdout = io.StringIO()
    assert width_of(app.run(resource.ListResource)[1]) <= 60
    for option in ("--long", "-c=name"):
        app.stdout = io.StringIO()
        assert web["name"] in app.run(resource.ListResource, option)[1]


def test_sorted_by_what_has_no_room(app, api, monkeypatch):
    """A column by which a table is sorted is in it, and whole values count."""
    monkeypatch.setenv("COLUMNS", "40")
    totals = dict.fromkeys((*AMOUNTS, "resources", "seconds"), "1")
    rows = [
        totals | {"kind": kind, "disk_gb_hours": hours}
        for kind, hours in (("a", "10"), ("b", "9"))
    ]
    answer = {"usage": rows, "start": "s", "end": "e"}
    api.get(f"{API}/usage", json=answer)
    words = ("--by", "kind", "--sort-column", "disk_gb_hours")
    output = app.run(usage.ShowUsage, *words)[1]
    assert output.index("9.00") < output.index("10.00")


def test_a_sentence_of_one_row_is_whole(app, api):
    api.get(f"{API}/racks/k1", json=RACK | {"status_reason": ERROR * 4})
    output = app.run(rack.ShowRack, "k1")[1]
    assert width_of(output) <= 80
    values = (line.split("|")[2].strip() for line in output.splitlines()[3:-1])
    assert ERROR * 4 in " ".join(values)

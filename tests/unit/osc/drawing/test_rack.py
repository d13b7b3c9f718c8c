"""Racks, drawn in a terminal."""

import io
import pathlib
from datetime import UTC, datetime

import pytest
from rich import cells, console

from concertim_api.osc.drawing import rack as drawing
from concertim_api.osc.drawing.paper import Paper
from tests.unit.osc.view import GATEWAY, LAN, RACK, SCRATCH, WHOLE, device

DRAWINGS = pathlib.Path(__file__).with_name("drawings")

NAMED = {**WHOLE, "project": "physics"}


def lines(rack=NAMED, width=100, height=24, encoding="utf-8", at=None):
    paper = Paper(width, height, encoding)
    return [line.plain for line in drawing.draw(rack, paper, at)]


def holding(*devices, **more):
    return {**NAMED, "outputs": {}, "devices": list(devices), **more}


@pytest.mark.parametrize(
    ("name", "encoding"), [("fine", "utf-8"), ("plain", "ascii")]
)
def test_drawings(name, encoding):
    drawn = "\n".join(lines(height=20, encoding=encoding)) + "\n"
    assert drawn == (DRAWINGS / f"{name}.txt").read_text()


def test_a_drawing_with_costs():
    costs = {"id-of-gateway": "1,200.01", "id-of-scratch": "    4.50"}
    devices = [{**d, "cost": costs.get(d["id"])} for d in NAMED["devices"]]
    rack = {**NAMED, "devices": devices, "cost": "1,204.51 EUR since 2026-11"}
    drawn = "\n".join(lines(rack, height=20)) + "\n"
    assert drawn == (DRAWINGS / "costs.txt").read_text()


@pytest.mark.parametrize(("columns", "count"), [("80", 2), ("120", 3)])
def test_side_by_side(monkeypatch, columns, count):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", "24")
    stream = io.StringIO()
    racks = [{**NAMED, "name": name} for name in "abcd"]
    drawing.show_all(racks, stream)
    drawn = stream.getvalue().splitlines()
    tops = [line.count("┏") for line in drawn if "┏" in line]
    assert tops == [count, 4 - count]
    assert max(map(cells.cell_len, drawn)) <= int(columns)
    names = [word for line in drawn for word in line.split() if word in "abcd"]
    assert names == [*"abcd"]


def test_no_rack_beside_another(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    stream = io.StringIO()
    drawing.show_all([NAMED, NAMED], stream)
    assert max(map(cells.cell_len, stream.getvalue().splitlines())) <= 26
    drawing.show_all([], stream)


def units(drawn):
    """Return the first words of the lines of the rack itself."""
    edges = [n for n, line in enumerate(drawn) if line[6:7] in "┏┗" and line]
    first, last = edges
    return [line[:6].strip() for line in drawn[first + 1 : last]]


def test_every_unit_where_there_is_room_for_it():
    assert units(lines(height=60)) == [str(u) for u in range(42, 0, -1)]


def test_free_units_in_one_line_where_there_is_not():
    rack = holding(device("a", 1), device("b", 4), device("c", 10))
    assert units(lines(rack, height=20)) == [
        *("11-42", "10", "5-9", "4", "3", "2", "1")
    ]


def test_an_empty_rack():
    drawn = lines(holding(used_u=0, device_count=0))
    assert units(drawn) == ["1-42"]
    assert "0 of 42 U used · 0 devices" in " ".join(drawn)


def test_one_device():
    drawn = lines(holding(LAN, used_u=1, device_count=1))
    assert drawn[1] == "1 of 42 U used · 1 device"


def test_as_it_was():
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert lines(at=at)[1] == "as it was at 2026-11-20 12:00:00 UTC"


def test_what_the_rack_has_to_say():
    full = "no slot for 1 device: the rack is full at 5 U"
    late = device("late", None, None, status="IN_PROGRESS")
    rack = holding(GATEWAY, SCRATCH, late, height_u=5, messages=[full])
    drawn = lines(rack)
    assert f"▲ {full}" in drawn
    assert drawn[-2] == "Without a slot"
    assert drawn[-1].startswith("       [◐ late     Instance  IN_PROGRESS")


def test_two_devices_in_one_slot_are_both_shown():
    drawn = lines(holding(GATEWAY, device("double", 2)))
    assert drawn[-2] == "Without a slot"
    assert "double" in drawn[-1]


def test_a_device_above_the_rack_is_shown():
    assert units(lines(holding(device("high", 44))))[0] == "44"


@pytest.mark.parametrize("width", range(20, 130, 7))
def test_no_line_is_too_long(width):
    wide = device("名前" * 40, 6, 4, private_ips=["fd00::1"] * 30)
    rack = {**NAMED, "devices": [*NAMED["devices"], wide]}
    room = max(width, 26)  # for the units, the edges and 12 of a name
    for line in lines(rack, width)[4:]:
        assert cells.cell_len(line) <= room
    edges = [line for line in lines(rack, width) if line[6:7] == "┃"]
    assert len({cells.cell_len(line) for line in edges}) == 1


def test_what_is_left_out_where_there_is_no_room():
    def shown(width):
        drawn = " ".join(x for x in lines(NAMED, width) if "┃" in x)
        words = ("gateway", "ACTIVE", "Instance", "m1.large", "10.0.0.4")
        return [word for word in words if word in drawn]

    assert len(shown(80)) == 5
    assert shown(56) == ["gateway", "ACTIVE", "Instance", "m1.large"]
    assert shown(46) == ["gateway", "ACTIVE", "Instance"]
    assert shown(36) == ["gateway", "ACTIVE"]
    assert shown(26) == ["gateway"]


def test_addresses_go_on_below():
    many = [f"10.0.{n}.4" for n in range(6)]
    rack = holding(device("node", 1, 3, private_ips=many))
    first, second = lines(rack, width=64)[-4:-2]
    assert "10.0.0.4 10.0.1.4 " in first
    assert "10.0.2.4 10.0.3.4 " in second
    short = lines(holding(device("node", 1, private_ips=many)), width=64)
    assert "10.0.0.4 10.0.1.…" in short[-2]


def test_long_names():
    name = "weather-cluster-1-compute-4"
    drawn = lines(holding(device(name, 1), device(name, 2, 2)), width=60)
    assert "┌● weather-cluster-1-   Instance" in drawn[-4]
    assert "└  compute-4            " in drawn[-3]
    assert "[● weather-c…compute-4  Instance" in drawn[-2]


EVIL = "web\x1b[2J\n\x07\x9b\u202e\u2028\ud800"


def test_no_name_steers_the_terminal():
    rack = {
        **NAMED,
        **dict.fromkeys(("name", "project", "stack_name", "owner"), EVIL),
        "status": EVIL,
        "status_reason": EVIL,
        "region": EVIL,
        "outputs": {EVIL: [EVIL], "x": {EVIL: EVIL}},
        "messages": [EVIL],
        "devices": [
            device(EVIL, 1, 2, status=EVIL, type=EVIL, template=EVIL),
            device("a", 3, public_ips=[EVIL], private_ips=[EVIL]),
        ],
    }
    for encoding in ("utf-8", "ascii", "latin-1"):
        for line in lines(rack, 200, encoding=encoding):
            assert line.isprintable()
            line.encode(encoding)


def test_names_that_can_not_be_written_here():
    drawn = lines(holding(device("Größe-名", 1)), encoding="latin-1")
    assert "Größe-\\u540d" in drawn[-2]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_where_they_are_wanted(monkeypatch, environ, colours):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    stream = Terminal()
    drawing.show(NAMED, stream)
    assert ("\x1b[32m" in stream.getvalue()) == colours


def test_each_status_has_a_colour_and_two_signs():
    statuses = set(drawing.COLOURS)
    for encoding in ("utf-8", "ascii"):
        signs = Paper(80, 24, encoding).signs.statuses
        assert set(signs) == statuses
        assert len(set(signs.values())) == len(statuses)
        assert all(cells.cell_len(sign) == 1 for sign in signs.values())
    rich = console.Console(file=io.StringIO())
    assert all(rich.get_style(colour) for colour in drawing.COLOURS.values())


def test_a_status_of_another_time():
    drawn = lines(holding(device("odd", 1, status="MELTED")))
    assert "[? odd  Instance  MELTED" in drawn[-2]


def test_encodings_that_nobody_knows():
    assert Paper(80, 24, "utf-99").signs.side.first == "|"


def test_a_terminal_without_any_room(monkeypatch):
    monkeypatch.setenv("COLUMNS", "1")
    stream = io.StringIO()
    drawing.show(holding(device("名前" * 9, 1)), stream)
    assert "名前" in stream.getvalue()


def test_the_rack_itself_is_all_that_is_needed():
    bare = {name: None for name in RACK} | {
        "name": "bare",
        "status": "ACTIVE",
        "height_u": 3,
        "used_u": 0,
        "device_count": 0,
        "devices": [],
    }
    assert lines(bare) == [
        "bare  ● ACTIVE",
        "0 of 3 U used · 0 devices",
        "",
        "      ┏" + "━" * 32 + "┓",
        *(f"    {unit} ┃" + " " * 32 + "┃" for unit in (3, 2, 1)),
        "      ┗" + "━" * 32 + "┛",
    ]

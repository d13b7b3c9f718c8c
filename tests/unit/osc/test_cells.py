"""How values look."""

from decimal import Decimal

import pytest

from concertim_api.client.racks import Rack
from concertim_api.osc import cells, quota


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59, "59s"),
        (60, "1m"),
        (725, "12m 5s"),
        (3600, "1h"),
        (15130, "4h 12m"),
        (86399, "23h 59m"),
        (86400, "1d"),
        (277200, "3d 5h"),
        (86460, "1d"),
    ],
)
def test_durations(seconds, text):
    assert cells.Duration(seconds).human_readable() == text


@pytest.mark.parametrize(
    ("cell", "value", "human"),
    [
        (cells.Text, "web", "web"),
        (cells.Text, None, ""),
        (cells.Moment, "2026-11-21T02:17:19Z", "2026-11-21 02:17:19"),
        (cells.Moment, "2026-11-21T02:17:19.123Z", "2026-11-21 02:17:19"),
        (cells.Moment, None, ""),
        (cells.End, None, "runs"),
        (cells.Duration, None, ""),
        (cells.ShortDuration, None, ""),
        (cells.ShortDuration, 0.2, "0.2s"),
        (cells.ShortDuration, 9.94, "9.9s"),
        (cells.ShortDuration, 12.5, "12s"),
        (cells.ShortDuration, 185.5, "3m 5s"),
        (cells.Hours, None, ""),
        (cells.Hours, Decimal("1234.567890"), "    1,234.57"),
        (cells.Attributes, None, ""),
        (cells.Attributes, {"a": 1, "b": {"c": 2}}, "a: 1\nb.c: 2"),
        (cells.Attributes, {"a": [1, "x"]}, "a: 1, x"),
        (cells.Attributes, {"a": [{"b": 1}]}, "a: [{'b': 1}]"),
        (cells.CommaList, None, ""),
        (cells.CommaList, ["10.0.0.4", 5], "10.0.0.4, 5"),
        (cells.Lines, ["full", "slow"], "full\nslow"),
        (quota.Limit, None, "unlimited"),
        (quota.Limit, 20, "20"),
        (cells.Message, {"a": [1]}, '{\n  "a": [\n    1\n  ]\n}'),
    ],
)
def test_tables_are_for_people(cell, value, human):
    rendered = cells.Column("x", cell).cell_of({"x": value}, "table")
    assert rendered.human_readable() == human


@pytest.mark.parametrize("formatter", ["table", "json", "csv"])
def test_counts_are_numbers(formatter):
    assert cells.Column("x").cell_of({"x": 3}, formatter) == 3


def machine(column, value, formatter):
    rendered = column.cell_of({"x": value}, formatter)
    return (
        rendered and getattr(rendered, "machine_readable", lambda: rendered)()
    )


@pytest.mark.parametrize("formatter", ["json", "yaml", "csv", "value"])
def test_programs_get_all_digits(formatter):
    hours = cells.Column("x", cells.Hours)
    assert machine(hours, Decimal("0.000001"), formatter) == "0.000001"
    assert machine(hours, None, formatter) is None
    moment = cells.Column("x", cells.Moment)
    assert machine(moment, "2026-11-21T02:17:19Z", formatter)[-1] == "Z"


def test_structures_are_json_in_flat_formats():
    shape = cells.Column("x", cells.Attributes)
    assert machine(shape, {"a": 1}, "csv") == '{"a": 1}'
    assert machine(shape, {"a": 1}, "value") == '{"a": 1}'
    assert machine(shape, {"a": 1}, "json") == {"a": 1}


def test_sorting_is_by_value():
    texts = [cells.Text(value) for value in ("b", None, "a")]
    assert [cell.human_readable() for cell in sorted(texts)] == ["a", "b", ""]
    assert cells.Hours(Decimal("9.5")) < cells.Hours(Decimal("10"))
    assert not cells.Text("a") < 3


EVIL = "web\x1b[2J\x07\x9b\u202e\ud800"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (cells.Text, EVIL),
        (cells.Moment, EVIL),
        (cells.Attributes, {EVIL: EVIL, "b": [EVIL]}),
        (cells.CommaList, [EVIL]),
        (cells.Lines, [EVIL]),
        (cells.Message, {EVIL: [EVIL]}),
    ],
)
def test_no_name_steers_the_terminal(cell, value):
    text = cell(value).human_readable()
    assert text.replace("\n", "").isprintable()
    assert "\\x9b" in text


def test_programs_get_names_as_they_are():
    assert machine(cells.Column("x"), EVIL, "json") == EVIL


def test_what_is_printable():
    assert cells.escape("Größe 名前 \U0001f600") == "Größe 名前 \U0001f600"
    assert cells.escape("a\nb\tc") == "a\nb\\tc"
    assert cells.escape("a\nb", exempt="") == "a\\nb"


def test_the_name_of_a_column_chooses_its_cell():
    assert cells.named("id end", long="due_at", id=cells.Hours) == (
        cells.Column("id", cells.Hours),
        cells.Column("end", cells.End),
        cells.Column("due_at", cells.Moment, long=True),
    )


def test_all_fields_of_a_noun():
    columns = [*cells.every(Rack)]
    names = [column.name for column in columns]
    assert names[3:6] == ["project", "project_id", "team"]
    assert "devices" not in names
    assert cells.Column("outputs", cells.Attributes) in columns


def test_what_a_kind_does_not_have_is_blank_for_people():
    assert cells.Hours(Decimal(0)).human_readable() == ""
    assert cells.Hours(Decimal("0.001")).human_readable().strip() == "0.00"
    assert cells.Hours(Decimal(0)).machine_readable() == "0"

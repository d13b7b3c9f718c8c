"""A rack as a picture: well-formed, complete, and harmless."""

from __future__ import annotations

import dataclasses as dc
import pathlib
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.view.drawing import colours, svg, units
from concertim_api.domain.view.drawing.rack import Caption, RackCosts, rack_svg
from concertim_api.domain.view.model import Fact, RackContext, Rules
from concertim_api.domain.view.slots import Slot
from tests.properties import examples
from tests.unit.domain.view.test_project import (
    STACK,
    floating_ip,
    network,
    port,
    rack_view,
    server,
    volume,
)

SVG = "{http://www.w3.org/2000/svg}"
#: The picture with each part, as it was last looked at.
WHOLE = pathlib.Path(__file__).with_name("rack.svg")
PRICED = WHOLE.with_name("rack-with-costs.svg")
ELEMENTS = {"svg", "g", "rect", "path", "circle", "ellipse", "text", "style"}
NOW = datetime(2026, 11, 30, 11, 5, tzinfo=UTC)
CAPTION = Caption("CM_p", NOW)
COSTS = RackCosts(
    datetime(2026, 11, 1, tzinfo=UTC),
    "EUR",
    Decimal("1234.5678"),
    Decimal("7.5"),
    {"i-1": Decimal("1200.0051"), "i-2": Decimal(0), "gone": Decimal(30)},
)


def picture(view, caption=CAPTION):
    """Return the picture, checked: nothing in it that does anything."""
    text = rack_svg(view, caption)
    root = ElementTree.fromstring(text)
    for element in root.iter():
        name = element.tag.removeprefix(SVG)
        assert name in ELEMENTS | {"title", "desc"}
        assert not any(
            a.startswith("on") or "href" in a for a in element.attrib
        )
    return root


def texts(root):
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def stack_named(name):
    return dc.replace(STACK, details={**STACK.details, "name": name})


def test_a_rack_with_everything():
    view = rack_view(
        server("i-1", 1, 8, name="big", addresses=["10.0.0.5"]),
        server("i-2", 2, 1, name="small", state="paused"),
        volume("v-1", 3, ["i-1", "i-9"], name="data", state="error_deleting"),
        network("n-1", 4, name="lan", state="ACTIVE", mtu=1450),
        around=RackContext(
            ports=[port("p-1", "i-1", "10.0.0.5")],
            floating_ips=[floating_ip("a", "192.0.2.1", "p-1")],
            networks={"n-1": "lan"},
        ),
    )
    lines = texts(picture(view))
    for text in (
        "hpc",
        "Team CM_p · owner bob · region north",
        "8 of 42 U used · 4 devices · drawn 2026-11-30 11:05:00 UTC",
        "Stack CREATE completed successfully",
        "big",
        "m1.small · 8 VCPU",
        "192.0.2.1 · 10.0.0.5",
        "lan",
        "small",
        "SUSPENDED",
        "data",
        "20 GB · t-1 · on big · on i-9",
        "error_deleting",
        "shared · MTU 1450",
        "34 U free",
    ):
        assert text in lines, text
    units = [line for line in lines if re.fullmatch(r"[\d-]+", line)]
    assert units == ["42", "8-41", *map(str, range(7, 0, -1))]


def whole_picture(caption=CAPTION):
    """Draw a picture with each part, one element a line."""
    view = rack_view(
        server("i-1", 1, 6, name="big", addresses=["10.0.0.5", "10.0.0.6"]),
        server("i-2", 2, 1, name="small", state="paused"),
        volume("v-1", 3, ["i-1"], name="data", state="error_deleting"),
        network("n-1", 4, name="lan", state="ACTIVE", mtu=1450),
        *(server(f"i-{n}", n, name=f"web-{n}") for n in range(5, 20)),
        rules=Rules(rack_height_u=9, rack_max_height_u=9),
    )
    messages = (*view.rack.messages, "A long message. " * 9)
    rack = dc.replace(view.rack, messages=messages)
    text = rack_svg(dc.replace(view, rack=rack), caption)
    return text.replace("><", ">\n<") + "\n"


def test_each_line_and_box_is_at_its_place():
    """After a change that looks well: WHOLE.write_text(whole_picture())."""
    assert whole_picture() == WHOLE.read_text()


def test_each_line_is_at_its_place_with_costs():
    """PRICED.write_text(whole_picture(dc.replace(CAPTION, costs=COSTS)))."""
    drawn = whole_picture(dc.replace(CAPTION, costs=COSTS))
    assert drawn == PRICED.read_text()


def test_what_a_rack_and_its_devices_cost():
    view = rack_view(
        server("i-1", 1, 8, name="big"),
        server("i-2", 2, 1, name="small"),
        volume("v-1", 3, name="data"),
        rules=Rules(rack_height_u=20),
    )
    root = picture(view, dc.replace(CAPTION, costs=COSTS))
    lines = texts(root)
    for line in (
        "1,234.57 EUR since 2026-11-01 · 7.50 hours have no price",
        "1,200.01 EUR · m1.small · 8 VCPU",
        "0.00 EUR · m1.small · 1 VCPU",
        "20 GB · t-1",
    ):
        assert line in lines, line
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert "1,200.01 EUR · m1.small · 8 VCPU" in titles[1].splitlines()
    whole = dc.replace(COSTS, unpriced_hours=Decimal(0))
    priced = texts(picture(view, dc.replace(CAPTION, costs=whole)))
    assert "1,234.57 EUR since 2026-11-01" in priced


def test_who_points_at_a_device_is_told_all_of_it():
    view = rack_view(server("i-1", name="web", addresses=["10.0.0.5"]))
    titles = [t.text for t in picture(view).iter(f"{SVG}title")]
    assert titles == [
        "Rack hpc",
        "Instance web\nACTIVE (active)\nU 1-2\nm1.small · 2 VCPU\n"
        "10.0.0.5\ni-1",
    ]


@pytest.mark.parametrize(
    ("ram_mb", "text"),
    [(512, "0.5 GB"), (2048, "2 GB"), (1536, "1.5 GB"), (2**21, "2048 GB")],
)
def test_memory_is_told_in_gigabytes(ram_mb, text):
    flavor = {"name": "f", "ram_mb": ram_mb}
    assert f"f · {text}" in texts(
        picture(rack_view(server("i-1", flavor=flavor)))
    )


def test_a_volume_tells_what_is_known_of_it():
    bootable = volume("v-1", 1, name="a", bootable=True)
    shapeless = volume("v-2", 2, name="b")
    shapeless = dc.replace(shapeless, shape={})
    lines = texts(picture(rack_view(bootable, shapeless)))
    assert "20 GB · t-1 · bootable" in lines


def test_a_device_of_which_nothing_is_known_is_drawn_by_its_name():
    bare = dc.replace(server("0c6f7b3e-1"), shape={})
    view = rack_view(bare, network("n-1", name="lan"))
    assert "device-0c6f7b3e" in texts(picture(view))


def test_an_empty_rack():
    view = rack_view(stack=Fact(ref=STACK.ref), rules=Rules(rack_height_u=1))
    lines = texts(picture(view, Caption(None, NOW)))
    assert "No team · region north" in lines
    assert "0 of 1 U used · 0 devices · drawn 2026-11-30 11:05:00 UTC" in lines
    assert "1 U free" in lines


def test_a_rack_of_the_past_says_of_when_it_is():
    at = datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    caption = Caption("CM_p", at, is_past=True)
    lines = texts(picture(rack_view(server("i-1")), caption))
    assert (
        "2 of 42 U used · 1 device · as it was at 2026-03-01 12:00:00 UTC"
    ) in lines


def test_every_status_and_every_type_has_its_own_form():
    forms = {
        re.sub("#[0-9a-f]+", "", svg.sign(status, 0, 0, 16, colour))
        for status, (colour, _) in colours.STATUS_COLOURS.items()
    }
    assert len(forms) == len(colours.STATUS_COLOURS) == 6
    icons = {
        svg.icon(type_, 0, 0, 16, "#000") for type_ in colours.TYPE_COLOURS
    }
    assert len(icons) == 3


def test_what_has_failed_is_red_and_has_its_name():
    view = rack_view(
        server("i-1", 1, name="web", state="error"),
        server("i-2", 2, name="db"),
    )
    rack = dc.replace(view.rack, status="FAILED")
    view = dc.replace(view, rack=rack)
    red = [
        "".join(text.itertext())
        for text in picture(view).iter(f"{SVG}text")
        if text.get("fill") == colours.STATUS_COLOURS["FAILED"][0]
    ]
    assert view.rack.status_reason in red
    assert "Failed: web" in red


def test_the_legend_has_what_is_in_the_picture():
    lines = texts(picture(rack_view(server("i-1"))))
    assert {"Instance"} == {"Instance", "Volume", "Network"} & {*lines}
    assert not {"SUSPENDED", "STOPPED", "AVAILABLE"} & {*lines}


@given(
    st.lists(st.integers(1, 4), max_size=12),
    st.lists(st.integers(0, 9), min_size=13, max_size=13),
)
@examples(200)
def test_each_unit_is_in_one_row(heights, gaps):
    slots, next_u = [], 1 + gaps[0]
    for height_u, gap in zip(heights, gaps[1:], strict=False):
        slots.append(Slot(next_u, height_u))
        next_u += height_u + gap
    rows = units.rows(max(next_u - 1, 1), slots)
    tops = {row.end_u: row.y for row in rows}
    spans = [range(row.start_u, row.end_u + 1) for row in reversed(rows)]
    assert [u for span in spans for u in span] == [*range(1, max(next_u, 2))]
    used = {u for s in slots for u in range(s.start_u, s.end_u + 1)}
    assert used == {row.end_u for row in rows if not row.is_free}
    for slot in slots:  # a card is as high as its units
        bottom = tops[slot.start_u] + units.U
        assert bottom - tops[slot.end_u] == slot.height_u * units.U


def luminance(colour):
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    shares = (int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4))
    linear = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in shares
    )
    return sum(
        f * c for f, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


@pytest.mark.parametrize("mode", [{}, colours.DARK], ids=["light", "dark"])
def test_texts_can_be_read(mode):
    """WCAG 2.2, 1.4.3: a contrast of 4.5 to 1 at least."""
    pairs = [
        *((c, ground) for c, ground in colours.STATUS_COLOURS.values()),
        *((colours.INK, g) for _, g in colours.STATUS_COLOURS.values()),
        *((colours.FAINT, g) for _, g in colours.STATUS_COLOURS.values()),
        *((c, colours.PAPER) for c, _ in colours.STATUS_COLOURS.values()),
        *((colours.WHITE, c) for c in colours.TYPE_COLOURS.values()),
        (colours.INK, colours.PAPER),
        (colours.INK, colours.WARNING),
        (colours.WARNING_INK, colours.WARNING),
        (colours.FAINT, colours.PAPER),
        (colours.FAINT, colours.HOLLOW),
        (colours.WHITE, colours.STEEL),
        (colours.PALE, colours.STEEL),
    ]
    for pair in pairs:
        dim, bright = sorted(luminance(mode.get(c, c)) for c in pair)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5, pair


def test_a_full_rack_names_those_without_a_slot():
    rules = Rules(rack_height_u=2, rack_max_height_u=2)
    members = [server(f"i-{n}", n, name=f"web-{n:02}") for n in range(40)]
    lines = texts(picture(rack_view(*members, rules=rules)))
    assert "Without a slot: 39" in lines
    everything = " ".join(lines)
    assert "web-24 (ACTIVE), and 15 more" in everything
    assert "39 devices have no slot" in everything
    few = texts(picture(rack_view(*members[:3], rules=rules)))
    assert "web-01 (ACTIVE), web-02 (ACTIVE)" in few


def test_devices_are_called_as_in_the_cloud_if_that_tells_them_apart():
    view = rack_view(
        server("0c6f7b3e-1", 1, name="web"),
        server("9d0c8a1f-1", 2, name="web"),
        server("i-3", 3, name="Größe"),
        server("0c6f7b3e-4", 4, name=" "),
    )
    lines = texts(picture(view))
    for name in ("web", "web-9d0c8a1f", "Größe", "device-0c6f7b3e"):
        assert name in lines


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "\"/><image href='x' onerror='y'/>",
        "]]>&amp;<!--",
        "a\x00\x1b[31m\n\u202eb\ud800\ufffe",
        "日本語" * 90,
        "w" * 300,
        "W" * 300,
        "e\u0301" * 300,
        "word " * 300,
        "\U0001f600" * 90,
    ],
    ids=lambda name: ascii(name)[:12],
)
def test_hostile_names_are_only_texts(name):
    view = rack_view(
        server("i-1", 1, 8, name=name, addresses=[name]),
        server("i-2", 2, 1, name=name, addresses=[name] * 9),
        volume("v-1", 3, name="x" + name, state=name),
        network("n-1", 4, name=name),
        stack=dc.replace(
            stack_named(name),
            project_id=name,
            details={**stack_named(name).details, "state_reason": name},
        ),
        rules=Rules(rack_height_u=5, rack_max_height_u=5),
    )
    view = dc.replace(
        view, rack=dc.replace(view.rack, messages=(name, "fine"))
    )
    root = picture(view)
    for text in root.iter(f"{SVG}text"):
        at, size = float(text.get("x")), float(text.get("font-size"))
        if text.get("text-anchor") != "middle":
            line = "".join(text.itertext())
            assert at + svg.text_width(line, size) < 760, line


@pytest.mark.parametrize("height_u", [1, 2, 42, 72])
def test_every_height(height_u):
    rules = Rules(rack_height_u=height_u, rack_max_height_u=height_u)
    members = [server(f"i-{n}", n, 1, name=f"n{n}") for n in range(height_u)]
    root = picture(rack_view(*members, rules=rules))
    assert len([t for t in texts(root) if re.fullmatch(r"n\d+", t)]) == (
        height_u
    )
    assert float(root.get("height")) > height_u * 22


@given(st.text(max_size=80), st.integers(5, 400), st.integers(6, 24))
@examples(200)
def test_fitted_texts_fit(text, room, size):
    line = svg.fit(text, room, size)
    assert svg.text_width(line, size) <= room
    assert line == text or line == "" or line.endswith("…")


def test_of_a_text_that_is_cut_as_much_as_fits_is_left():
    room = svg.text_width("word…", 12) + 0.1
    assert svg.fit("wordy text", room, 12) == "word…"


@given(st.text(max_size=80), st.integers(50, 400), st.integers(1, 4))
@examples(200)
def test_lines_fit(text, room, most):
    lines = svg.fold(text, room, 12, most)
    assert 1 <= len(lines) <= most
    assert all(svg.text_width(line, 12) <= room for line in lines)
    letters = "".join(svg.fold(text, room, 12, most=99)).split()
    assert "".join(letters) == "".join(text.split())


def test_a_word_too_long_for_a_line_is_broken_where_it_must():
    assert svg.fold("so WWWWWWWWW", 54, 12, most=9) == [
        "so",
        "WWWW",
        "WWWW",
        "W",
    ]


@given(st.lists(st.text(max_size=40)), st.integers(-20, 400))
@examples(200)
def test_joined_facts_fit(facts, room):
    line = svg.join(facts, room, 12)
    assert line == "" or svg.text_width(line, 12) <= room


@given(st.text())
@examples(200)
def test_any_text_is_well_formed(text):
    element = ElementTree.fromstring(svg.tag("a", svg.escape(text), b=text))
    assert len(element.text or "") == len(text)
    assert len(element.get("b")) == len(text)

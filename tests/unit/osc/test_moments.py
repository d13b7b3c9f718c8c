"""Times as people write them."""

import argparse
from datetime import UTC, datetime, timedelta

import pytest

from concertim_api.osc import moments

NOW = datetime(2026, 11, 21, 10, 30, 5, tzinfo=UTC)


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("now", NOW, NOW),
        ("today", at(2026, 11, 21), at(2026, 11, 22)),
        ("yesterday", at(2026, 11, 20), at(2026, 11, 21)),
        ("7d", at(2026, 11, 14, 10, 30, 5), NOW),
        ("2w", at(2026, 11, 7, 10, 30, 5), NOW),
        ("12h", at(2026, 11, 20, 22, 30, 5), NOW),
        ("90m", at(2026, 11, 21, 9, 0, 5), NOW),
        ("2026-11", at(2026, 11, 1), at(2026, 12, 1)),
        ("2026-12", at(2026, 12, 1), at(2027, 1, 1)),
        ("2028-02", at(2028, 2, 1), at(2028, 3, 1)),
        ("2028-02-28", at(2028, 2, 28), at(2028, 2, 29)),
        ("2026-11-21T02:17", at(2026, 11, 21, 2, 17), None),
        ("2026-11-21T02:17:19Z", at(2026, 11, 21, 2, 17, 19), None),
        ("02:17", at(2026, 11, 21, 2, 17), None),
        ("12:20:00", at(2026, 11, 21, 12, 20), None),
        ("2026-11-21 02:17:19+01:00", at(2026, 11, 21, 1, 17, 19), None),
    ],
)
def test_spans(text, start, end):
    assert moments.span(text, NOW) == (start, end or start)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13",
        "2026-02-30",
        "7",
        "d",
        "-7d",
        "9999-12",
        "7:15",
        "24:10",
        "9999999w",
    ],
)
def test_what_is_not_a_time(text):
    with pytest.raises(argparse.ArgumentTypeError, match="is not a time"):
        moments.parse_span(text)


def test_an_option_is_about_now():
    moment = moments.parse_moment("now")
    assert abs(moment - datetime.now(UTC)) < timedelta(seconds=5)
    assert moment.microsecond == 0


def test_the_first_of_the_month():
    assert moments.month_start(NOW) == at(2026, 11, 1)

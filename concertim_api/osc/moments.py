"""Times of the command line, all in UTC."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta

FORMS = (
    "2026-11-21T02:17, 2026-11-21, 2026-11, 02:17 of today, now, today, "
    "yesterday, or 7d for seven days ago (also w, h, m)"
)

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Span = tuple[datetime, datetime]


def span(text: str, now: datetime) -> Span:
    """Return the time [start, end) that a text names.

    A month or a day is all of it; "7d" is the last seven days. An exact
    moment has its end at its start; without a day it is of today. Raises
    ValueError for other texts.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day = timedelta(days=1)
    if text == "now":
        return now, now
    if text == "today":
        return today, today + day
    if text == "yesterday":
        return today - day, today
    if ago := re.fullmatch(r"(\d{1,5})([mhdw])", text):
        past = timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return now - past, now
    if re.fullmatch(r"\d{4}-\d\d", text):
        start = _utc(datetime.fromisoformat(text + "-01"))
        return start, (start + 31 * day).replace(day=1)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        start = _utc(datetime.fromisoformat(text))
        return start, start + day
    if re.match(r"\d\d:", text):
        text = f"{now:%Y-%m-%d}T{text}"
    moment = _utc(datetime.fromisoformat(text))
    return moment, moment


def parse_moment(text: str) -> datetime:
    """Return the start of the time that an option names."""
    return parse_span(text)[0]


def parse_span(text: str) -> Span:
    """Return the time that an option names."""
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        return span(text, now)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time; write {FORMS}"
        ) from None


def parse(text: str) -> datetime:
    """Return a time of the API."""
    return _utc(datetime.fromisoformat(text))


def month_start(now: datetime) -> datetime:
    """Return the start of the month."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)

"""What a column of Rails makes of a value, and how JSON then shows it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, Decimal

_WHOLE = re.compile(r"\s*([+-]?\d+(?:_\d+)*)")
_DECIMAL = re.compile(r"\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)")
#: "False" is the front end's own addition: its feeder sends reprs.
_FALSE = {"0", "f", "F", "false", "FALSE", "off", "OFF", "False"}
_CENT = Decimal("0.01")


def text(value):
    """Return what a string column keeps."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    return inspect(value)


def stripped(value):
    """Return what a string column keeps without the blanks around it."""
    value = text(value)
    return value and value.strip()


def inspect(value):
    """Write a value as Ruby does: lists and maps land in text so."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(inspect, value)) + "]"
    if isinstance(value, dict):
        pairs = (f"{inspect(k)}=>{inspect(v)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    return str(value)


def integer(value):
    """Return what an integer column keeps: 0 for a word."""
    if isinstance(value, str):
        return _read(_WHOLE, value, int)
    if isinstance(value, int | float):
        return int(value)
    return None


def decimal(value):
    """Return what a decimal column keeps: 0 for a word."""
    if isinstance(value, str):
        return _read(_DECIMAL, value, Decimal)
    if isinstance(value, bool):
        return Decimal(int(value))
    if isinstance(value, int | float):
        return Decimal(str(value))
    return None


def _read(pattern, value, kind):
    if not value.strip():
        return None
    found = pattern.match(value)
    return kind(found[1].replace("_", "")) if found else kind(0)


def boolean(value):
    """Return what a boolean column keeps: any other word is true."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value not in _FALSE
    return value is not False and value != 0


def anything(value):
    """Return what a JSON column keeps."""
    return value


def moment(value):
    """Return what a time column keeps: nothing of what is no time."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(value):
    """Return what a date column keeps: nothing of what is no date."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def show_decimal(value):
    """Show a decimal as the JSON of teams does: "0.0", "12.5"."""
    if not isinstance(value, Decimal):
        return value
    whole, _, rest = format(value, "f").partition(".")
    return f"{whole}.{rest.rstrip('0') or '0'}"


def show_cost(value):
    """Show a cost as the JSON of racks and devices does: "0.00".

    The rest is cut.
    """
    if not isinstance(value, Decimal):
        return value
    return format(value.quantize(_CENT, ROUND_DOWN), "f")


def show_moment(value):
    """Show a time as Rails does: in UTC, with milliseconds."""
    if not isinstance(value, datetime):
        return value
    shown = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "Z")

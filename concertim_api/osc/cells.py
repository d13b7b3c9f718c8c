"""Cells: a value is readable in a table, and exact everywhere else."""

from __future__ import annotations

import dataclasses as dc
import json
import typing
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from cliff.columns import FormattableColumn

#: Formats in which a structure is one field.
_FLAT = frozenset({"csv", "value", "shell"})


def today() -> str:
    """Return the day as it begins a time: 2026-11-21."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


class Text(FormattableColumn[Any]):
    """A value as it is; an empty text for None.

    Where a table has no room, ``short`` is the text, and it is cut to
    ``least`` columns at worst; None: never.
    """

    least: ClassVar[int | None] = 12

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Text):
            return False
        return self._order() < other._order()

    def _order(self) -> tuple[bool, Any]:
        return self._value is None, self._value

    def human_readable(self) -> str:
        return "" if self._value is None else escape(str(self._value))

    def short(self) -> str:
        return self.human_readable()


class Moment(Text):
    """A time, in seconds and without the letters of ISO 8601.

    Where it is short: 04:12:08 of today, 11-20 04:12 of this year, and
    2025-11-20 of another one.
    """

    least = None

    def human_readable(self) -> str:
        seconds, _, _ = super().human_readable().partition(".")
        return seconds.replace("T", " ").rstrip("Z")

    def short(self) -> str:
        text, day = self.human_readable(), today()
        if text.startswith(day):
            return text[len("2026-11-21 ") :]
        if text.startswith(day[: len("2026-")]):
            return text[len("2026-") : len("2026-11-21 04:12")]
        return text[: len("2026-11-21")]


class End(Moment):
    """The end of a period, or that it runs."""

    def human_readable(self) -> str:
        return super().human_readable() or "runs"


class Duration(Text):
    """Seconds, in the two largest units."""

    least = None

    def human_readable(self) -> str:
        return "" if self._value is None else duration_text(self._value)


class ShortDuration(Duration):
    """Seconds; with one more digit if they are few."""

    def human_readable(self) -> str:
        return "" if self._value is None else short_duration(self._value)


class Hours(Text):
    """A Decimal: with two digits in a table, with all elsewhere.

    None and 0 are blank: a stack has no disk.
    """

    least = None

    def human_readable(self) -> str:
        return f"{self._value:12,.2f}" if self._value else ""

    def short(self) -> str:
        return self.human_readable().strip()

    def machine_readable(self) -> Any:
        return None if self._value is None else format(self._value, "f")


class Money(Hours):
    """A Decimal: with two digits in a table, with all elsewhere."""

    def human_readable(self) -> str:
        return "" if self._value is None else f"{self._value:12,.2f}"


class Exact(Text):
    """The digits of a number: in a table, without the zeros at the end."""

    least = None

    def human_readable(self) -> str:
        text = super().human_readable()
        return text.rstrip("0").rstrip(".") if "." in text else text


class Sentence(Text):
    """A text of several words."""

    least = 16


class Attributes(Sentence):
    """A structure: one line for each attribute."""

    def human_readable(self) -> str:
        return "\n".join(map(escape, lines(self._value or {})))


class CommaList(Text):
    """Some values, with commas."""

    def human_readable(self) -> str:
        return ", ".join(escape(str(value)) for value in self._value or ())


class Lines(Sentence):
    """Some sentences, each on its line."""

    def human_readable(self) -> str:
        return "\n".join(escape(str(value)) for value in self._value or ())


class Message(Text):
    """A structure as indented JSON."""

    def human_readable(self) -> str:
        return escape(json.dumps(self._value, indent=2, ensure_ascii=False))


@dc.dataclass(frozen=True, slots=True)
class Column:
    """A column of a list; a ``long`` one is in a table only with --long."""

    name: str
    cell: type[Text] = Text
    long: bool = False

    def cell_of(self, row: Mapping[str, Any], formatter: str) -> Any:
        """Return the cell of a row; ``formatter`` is the output format."""
        value = row.get(self.name)
        if self.cell is Text and type(value) is int:
            return value  # a table aligns a number to the right
        if formatter == "table":
            return self.cell(value)
        if value is None:
            return None
        if formatter in _FLAT and isinstance(value, (Mapping, list)):
            return json.dumps(value, ensure_ascii=False)
        return self.cell(value)


#: The cell of a column, by its name; a name in ``_at`` means a Moment.
_CELLS: Mapping[str, type[Text]] = {
    "start": Moment,
    "end": End,
    "for": Attributes,
    "duration": Duration,
    "age": ShortDuration,
    "interval": ShortDuration,
    "message": Message,
    "messages": Lines,
    "roles": CommaList,
    **dict.fromkeys(("change", "description", "error", "reason"), Sentence),
    "hindrance": Sentence,
    "status_reason": Sentence,
    **dict.fromkeys(("networks", "private_ips", "public_ips"), CommaList),
    **dict.fromkeys(("arguments", "details", "origin", "outputs"), Attributes),
    **dict.fromkeys(("amounts", "shape", "summary", "tags"), Attributes),
    **dict.fromkeys(("quantity", "price", "discount_percent"), Exact),
    "amount": Exact,
}


def named(
    names: str, long: str = "", **cells: type[Text]
) -> tuple[Column, ...]:
    """Return columns by their names, with spaces between; the long ones last.

    ``cells`` are those that differ from the usual ones of their names.
    """
    return tuple(
        Column(name, cells.get(name) or _cell(name), is_long)
        for texts, is_long in ((names, False), (long, True))
        for name in texts.split()
    )


def every(noun: type, **cells: type[Text]) -> tuple[Column, ...]:
    """Return columns of all fields of a noun of the client, in its order.

    The project is there by its name, too.
    """
    hints = typing.get_type_hints(noun, include_extras=True)
    names = " ".join(
        "project project_id" if name == "project_id" else name
        for name, hint in hints.items()
        if typing.get_origin(hint) is not typing.NotRequired
    )
    return named(names, "", **cells)


def _cell(name: str) -> type[Text]:
    return Moment if name.endswith("_at") else _CELLS.get(name, Text)


def escape(text: str, exempt: str = "\n") -> str:
    """Return a text that can't control a terminal.

    Anybody may choose a name. A character that can't be printed, and is not
    in ``exempt``, becomes its code.
    """
    if text.isprintable():
        return text
    return "".join(
        letter
        if letter.isprintable() or letter in exempt
        else letter.encode("unicode_escape").decode()
        for letter in text
    )


def duration_text(seconds: int) -> str:
    """Return a duration in two units: 3d 4h, 4h 12m, 12m 5s."""
    days, rest = divmod(int(seconds), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (rest, "s")]
    while len(parts) > 1 and not parts[0][0]:
        del parts[0]
    return " ".join(f"{n}{unit}" for n, unit in parts[:2] if n) or "0s"


def short_duration(seconds: float) -> str:
    """Return a duration; below 10 s with a digit more: 0.2s, 12s, 3m 5s."""
    return f"{seconds:.1f}s" if seconds < 10 else duration_text(int(seconds))


def lines(attributes: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each attribute: its name and its value."""
    for name, value in flatten(attributes):
        if isinstance(value, list) and not any(
            isinstance(part, (Mapping, list)) for part in value
        ):
            value = ", ".join(map(str, value))
        yield f"{name}: {value}"


def flatten(
    attributes: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield names and values; the name of a nested attribute has dots."""
    for name, value in attributes.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value

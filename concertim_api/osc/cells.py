"""How values look: readable in tables, exact everywhere else."""

from __future__ import annotations

import dataclasses as dc
import json
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from cliff.columns import FormattableColumn

#: Formats in which a structure must be put into one field.
_FLAT = frozenset({"csv", "value", "shell"})


class Text(FormattableColumn[Any]):
    """A value as it is; nothing where there is none."""

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Text):
            return False
        return self._order() < other._order()

    def _order(self) -> tuple[bool, Any]:
        return self._value is None, self._value

    def human_readable(self) -> str:
        return "" if self._value is None else printable(str(self._value))


class Moment(Text):
    """A time, to the second and without the letters."""

    def human_readable(self) -> str:
        seconds, _, _ = super().human_readable().partition(".")
        return seconds.replace("T", " ").rstrip("Z")


class End(Moment):
    """The end of a period, if it has ended."""

    def human_readable(self) -> str:
        return super().human_readable() or "runs"


class Duration(Text):
    """Seconds, in the two largest units that tell something."""

    def human_readable(self) -> str:
        return "" if self._value is None else lasting(self._value)


class Elapsed(Duration):
    """Seconds that may be few: then with a digit more."""

    def human_readable(self) -> str:
        return "" if self._value is None else elapsed(self._value)


class Hours(Text):
    """A Decimal with two digits, all digits outside of tables."""

    def human_readable(self) -> str:
        return "" if self._value is None else f"{self._value:12,.2f}"

    def machine_readable(self) -> Any:
        return None if self._value is None else format(self._value, "f")


class Attributes(Text):
    """A structure: one line for each thing that it says."""

    def human_readable(self) -> str:
        return "\n".join(map(printable, lines(self._value or {})))


class Several(Text):
    """Some values, one after the other."""

    def human_readable(self) -> str:
        return ", ".join(printable(str(one)) for one in self._value or ())


class Lines(Text):
    """Some sentences, each on a line of its own."""

    def human_readable(self) -> str:
        return "\n".join(printable(str(one)) for one in self._value or ())


class Message(Text):
    """A structure as a person reads JSON."""

    def human_readable(self) -> str:
        return printable(json.dumps(self._value, indent=2, ensure_ascii=False))


@dc.dataclass(frozen=True, slots=True)
class Column:
    """A column; a ``long`` one is left out of tables that need not be."""

    name: str
    cell: type[Text] = Text
    long: bool = False

    def of(self, item: Mapping[str, Any], formatter: str) -> Any:
        """Return what this column shows of a thing."""
        value = item.get(self.name)
        if self.cell is Text and type(value) is int:
            return value  # that tables align as the number it is
        if formatter == "table":
            return self.cell(value)
        if value is None:
            return None
        if formatter in _FLAT and isinstance(value, (Mapping, list)):
            return json.dumps(value, ensure_ascii=False)
        return self.cell(value)


def plain(*names: str, long: bool = False) -> tuple[Column, ...]:
    """Return columns of values as they are."""
    return tuple(Column(name, long=long) for name in names)


def every(noun: type, **cells: type[Text]) -> tuple[Column, ...]:
    """Return columns of all fields of a noun of the client, in its order.

    How one looks, its type says, if ``cells`` does not. The project is there
    by its name, too.
    """
    hints = typing.get_type_hints(noun, include_extras=True)
    if "project_id" in hints:
        place = list(hints).index("project_id")
        items = list(hints.items())
        hints = dict([*items[:place], ("project", str), *items[place:]])
    return tuple(
        Column(name, cells.get(name) or _cell(name, hint))
        for name, hint in hints.items()
        if typing.get_origin(hint) is not typing.NotRequired
    )


def _cell(name: str, hint: Any) -> type[Text]:
    if name.endswith("_at"):
        return Moment
    return _CELLS.get(typing.get_origin(hint), Text)


_CELLS: Mapping[Any, type[Text]] = {dict: Attributes, list: Several}


def printable(text: str, kept: str = "\n") -> str:
    """Return a text that can't steer a terminal.

    Names are other people's words: what is not a letter, a digit, a sign or
    a space is shown as its code, but for the characters in ``kept``.
    """
    if text.isprintable():
        return text
    return "".join(
        one
        if one.isprintable() or one in kept
        else one.encode("unicode_escape").decode()
        for one in text
    )


def lasting(seconds: int) -> str:
    """Return a duration as people say it: 3d 4h, 4h 12m, 12m 5s."""
    days, rest = divmod(int(seconds), 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (rest, "s")]
    while len(parts) > 1 and not parts[0][0]:
        del parts[0]
    return " ".join(f"{n}{unit}" for n, unit in parts[:2] if n) or "0s"


def elapsed(seconds: float) -> str:
    """Return a duration that may be a short one: 0.2s, 4.2s, 12s, 3m 5s."""
    return f"{seconds:.1f}s" if seconds < 10 else lasting(int(seconds))


def lines(attributes: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each attribute: its name, and what it is."""
    for name, value in flat(attributes):
        if isinstance(value, list) and not any(
            isinstance(one, (Mapping, list)) for one in value
        ):
            value = ", ".join(str(one) for one in value)
        yield f"{name}: {value}"


def flat(
    attributes: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield the attributes with dots in the names of nested ones."""
    for name, value in attributes.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value

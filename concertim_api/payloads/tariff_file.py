"""A tariff's file: its texts, and the line of each.

All scalars stay as they are written: 0.10 is no float, and no is no boolean.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import yaml

from concertim_api.domain.billing.tariff import Tariff
from concertim_api.domain.billing.tariff_document import (
    Fault,
    FaultyTariff,
    Path,
    read,
)

#: Bytes of a file that is read.
LARGEST = 2**20

#: Levels of lists and mappings; a tariff has six.
_DEEPEST = 20


class TariffText(NamedTuple):
    """What a file says: mappings, lists and texts; the line of each, by its
    path; and faults of its spelling, such as a field that is there twice."""

    document: Any
    lines: Mapping[Path, int]
    spelling: Sequence[Fault]

    def tariff(self, kinds: Collection[str]) -> Tariff:
        """Return the tariff that it is, for resources of these kinds.

        Raises FaultyTariff, which names all faults by line and field.
        """
        return read(self.document, kinds, self.lines, self.spelling)


def load(content: bytes) -> TariffText:
    """Return what is in a file of YAML.

    Raises FaultyTariff where it is no YAML, too long or nested too deep, or
    has an alias: a few of these can stand for more than fits in memory.
    """
    lines: dict[Path, int] = {(): 1}
    spelling: list[Fault] = []
    node = _node(content)
    document = node and _value(node, (), lines, spelling)
    return TariffText(document, lines, spelling)


def dump(document: Any) -> str:
    """Return the YAML of a document, which ``load`` reads as the same."""
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True
    )
    return text


class _Loader(yaml.BaseLoader):
    """Composes the nodes of a document without aliases."""

    _depth = 0

    def compose_node(self: Any, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise _unfit(event, "it has an alias")
        if self._depth == _DEEPEST:
            raise _unfit(event, "it is nested too deep")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Dumper(yaml.SafeDumper):
    """Writes each text as it is: 0.10 without quotes."""

    yaml_implicit_resolvers: dict[Any, Any] = {}


def _node(content: bytes) -> Any:
    """Return the node of the document; None: it has none."""
    if len(content) > LARGEST:
        line = 1 + content.count(b"\n", 0, LARGEST)
        raise _refused(line, f"is longer than {LARGEST} bytes")
    try:
        return yaml.compose(content.decode(), _Loader)
    except UnicodeDecodeError as exc:
        line = 1 + content.count(b"\n", 0, exc.start)
        raise _refused(line, "is not UTF-8") from None
    except yaml.reader.ReaderError as exc:
        line = 1 + content.decode().count("\n", 0, exc.position)
        raise _refused(line, f"is no YAML: {exc.reason}") from None
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        words = ", ".join(filter(None, (exc.context, exc.problem)))
        raise _refused(line, f"is no YAML of a tariff: {words}") from None


def _value(
    node: Any, path: Path, lines: dict[Path, int], spelling: list[Fault]
) -> Any:
    """Return the value of a node; note where its parts stand."""
    if isinstance(node, yaml.ScalarNode):
        if not node.value.isprintable():
            message = "has a character that can't be printed"
            spelling.append(Fault.of(lines[path], path, message))
        return node.value
    if isinstance(node, yaml.SequenceNode):
        items = []
        for place, item in enumerate(node.value):
            lines[*path, place] = item.start_mark.line + 1
            items.append(_value(item, (*path, place), lines, spelling))
        return items
    return _fields(node, path, lines, spelling)


def _fields(
    node: Any, path: Path, lines: dict[Path, int], spelling: list[Fault]
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            spelling.append(Fault.of(line, path, "has a field without name"))
            continue
        part = *path, key.value
        if not key.value.isprintable():
            message = "has a field whose name can't be printed"
            spelling.append(Fault.of(line, path, message))
        elif key.value in fields:
            spelling.append(Fault.of(line, part, "is there twice"))
        else:
            lines[part] = line
            fields[key.value] = _value(value, part, lines, spelling)
    return fields


def _unfit(event: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, problem, event.start_mark)


def _refused(line: int, message: str) -> FaultyTariff:
    return FaultyTariff([Fault.of(line, (), message)])

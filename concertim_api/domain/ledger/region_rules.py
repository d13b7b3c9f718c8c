"""Region rules: which region a notification is of.

A rule is a line of text: what it looks at, and how the text there becomes a
region. ``[listener] region_rules`` explains it to operators.
"""

from __future__ import annotations

import dataclasses as dc
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from concertim_api.domain.paths import pick

Message = Mapping[str, Any]

#: Characters of a region, of a rule, and of a text that a rule looks at.
_LONGEST_REGION, _LONGEST_RULE, _LONGEST_TEXT = 64, 255, 255

#: TOPIC.PRIORITY.VHOST, as notifiers of oslo.messaging name topics of Kafka.
_PRIORITIES = "audit|critical|debug|error|info|sample|warn"
_VHOST = re.compile(rf".+?\.(?:{_PRIORITIES})\.(.+)")

#: SERVICE.HOST, or SERVICE:HOST; Cinder adds @BACKEND.
_HOST = re.compile(r"[^.:]+[.:]([^@]+)")


class Origin(NamedTuple):
    """How a message came to us.

    ``transport``: the name of the message bus. ``vhost``: that of its URL.
    Only messages of Kafka have ``topic`` and ``headers``.
    """

    transport: str
    vhost: str = ""
    topic: str = ""
    headers: Mapping[str, str] = {}


@dc.dataclass(frozen=True, slots=True)
class RegionRule:
    """One line of the rules.

    ``region`` returns the region of a message, "" to refuse it, or None: the
    rule does not match. ``is_end``: it always matches.
    """

    line: str
    region: Callable[[Origin, Message], str | None]
    is_end: bool = False


class RegionRules:
    """The rules of an operator, in their order.

    Raises ValueError, which names the line.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._rules = [_parsed(line.strip()) for line in lines]
        *others, last = [rule.is_end for rule in self._rules] or [False]
        if any(others) or not last:
            raise ValueError("the last rule, no other, is default or refuse")

    def decide(self, origin: Origin, message: Message) -> tuple[str, str]:
        """Return the region of a message, and the line of the rule that
        decided. The region is "" if the message is refused.

        Never raises.
        """
        return next(
            (region, rule.line)
            for rule in self._rules
            if (region := rule.region(origin, message)) is not None
        )


def _parsed(line: str) -> RegionRule:
    subject, *rest = line.split(maxsplit=1) or [""]
    try:
        if len(line) > _LONGEST_RULE:
            raise ValueError(f"longer than {_LONGEST_RULE} characters")
        if line == "refuse":
            return RegionRule(line, lambda origin, message: "", is_end=True)
        if subject == "default":
            return _default(line, "".join(rest))
        if subject not in _LOOKS:
            raise ValueError(
                f"is not refuse, and begins with none of {', '.join(_LOOKS)}, "
                "default"
            )
        return _rule(line, subject, "".join(rest))
    except (ValueError, OverflowError, re.error) as exc:
        raise ValueError(f"{line[:_LONGEST_RULE]!r}: {exc}") from None


def _default(line: str, region: str) -> RegionRule:
    if not _is_region(region):
        raise ValueError("a region must follow default")
    return RegionRule(line, lambda origin, message: region, is_end=True)


def _rule(line: str, subject: str, pattern: str) -> RegionRule:
    name = ""
    if subject in _NAMED:
        name, *rest = pattern.split(maxsplit=1) or [""]
        pattern = "".join(rest)
        if not name:
            raise ValueError(f"a name must follow {subject}")
    look, region_of = _LOOKS[subject], _region_of(pattern)

    def decide(origin: Origin, message: Message) -> str | None:
        text = look(origin, message, name)
        if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
            return None
        region = region_of(text)
        return region if region is not None and _is_region(region) else None

    return RegionRule(line, decide)


def _region_of(pattern: str) -> Callable[[str], str | None]:
    """Return how a text becomes a region: it is the region itself; or by
    ``TEXT -> REGION``; or by a regular expression."""
    if not pattern:
        return lambda text: text
    exact, arrow, region = pattern.rpartition("->")
    if arrow:
        exact, region = exact.strip(), region.strip()
        if not exact or not _is_region(region):
            raise ValueError("is not TEXT -> REGION")
        return lambda text: region if text == exact else None
    expression = re.compile(pattern)
    if "region" not in expression.groupindex:
        raise ValueError("needs (?P<region>...), or TEXT -> REGION")

    def matched(text: str) -> str | None:
        match = expression.fullmatch(text)
        return match["region"] if match else None

    return matched


def _is_region(text: str) -> bool:
    return (
        0 < len(text) <= _LONGEST_REGION
        and text.isprintable()
        and text == text.strip()
    )


def _vhost(origin: Origin, message: Message, name: str) -> str:
    match = _VHOST.fullmatch(origin.topic)
    return match[1] if match else origin.vhost


def _host(origin: Origin, message: Message, name: str) -> str | None:
    publisher_id = message.get("publisher_id")
    match = isinstance(publisher_id, str) and _HOST.match(publisher_id)
    return match[1] if match else None


#: What a rule begins with -> the text that it looks at, by a name if it has
#: one.
_LOOKS: Mapping[str, Callable[[Origin, Message, str], object]] = {
    "transport": lambda origin, message, name: origin.transport,
    "topic": lambda origin, message, name: origin.topic,
    "vhost": _vhost,
    "header": lambda origin, message, name: origin.headers.get(name),
    "publisher": _host,
    "field": lambda origin, message, path: pick(message.get("payload"), path),
}

#: Those with a name.
_NAMED = frozenset(("header", "field"))

"""Names that the front end accepts, made of names that the cloud has.

An acceptable name that nobody else has stays as it is. Any other is spelled
with the letters that are accepted, and ends in the beginning of the id. Of
two with one name, the older keeps it: a newcomer never renames anybody.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import string
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from concertim_api.domain.ledger.observations import Ref

_ALNUM = frozenset(string.ascii_letters + string.digits)

#: How much of an id tells it from others.
_ENDING = 8

#: A name that was given once is known by its likeness to the first few that
#: would be given now.
_LIKELY = 8


class Style(NamedTuple):
    """How a noun may be named.

    ``letters`` None: any that can be printed. ``fallback`` names what has
    no acceptable letter in its name.
    """

    letters: frozenset[str] | None
    longest: int
    fallback: str

    def allows(self, letter: str) -> bool:
        if self.letters is None:
            return letter.isprintable()
        return letter in self.letters

    def accepts(self, name: str) -> bool:
        """Whether the front end takes a name as it is."""
        return (
            0 < len(name) <= self.longest
            and name == name.strip()
            and all(map(self.allows, name))
        )


DEVICE = Style(_ALNUM | set("-."), 150, "device")
RACK = Style(_ALNUM | set("-_"), 255, "rack")
TEAM = Style(_ALNUM | set("-_ "), 56, "team")
LOGIN = Style(_ALNUM | set("-_."), 80, "user")
TEMPLATE = Style(None, 255, "template")


def acceptable(label: str, id_: str, style: Style) -> str:
    """Return a name for what the cloud calls ``label``."""
    return next(_candidates(label, id_, style))


def free(
    label: str,
    id_: str,
    style: Style,
    taken: Collection[str],
    previous: str | None = None,
) -> str:
    """Return an acceptable name that is not taken.

    The previous one, as long as it is free and still suits the label.
    """
    likely = itertools.islice(_candidates(label, id_, style), _LIKELY)
    if previous is not None and previous not in taken and previous in likely:
        return previous
    return next(
        name for name in _candidates(label, id_, style) if name not in taken
    )


def distinct(
    labels: Iterable[tuple[Ref, str]],
    style: Style,
    taken_names: Collection[str] = (),
) -> dict[Ref, str]:
    """Return an acceptable name for each, no two the same. Oldest first."""
    given: dict[Ref, str] = {}
    taken = set(taken_names)
    for ref, label in labels:
        given[ref] = free(label, ref.id, style, taken)
        taken.add(given[ref])
    return given


def _candidates(label: str, id_: str, style: Style) -> Iterator[str]:
    """Yield acceptable names, without end, the best one first."""
    if style.accepts(label):
        yield label
    spelled = _spelled(label, style) or style.fallback
    yield from map(
        lambda ending: (
            f"{spelled[: style.longest - len(ending) - 1]}-{ending}"
        ),
        _endings(id_),
    )


def _spelled(label: str, style: Style) -> str:
    """Return a label in acceptable letters: Ü is a U, others are a dash."""
    letters = (
        letter if style.allows(letter) else "\0"
        for letter in unicodedata.normalize("NFKD", label)
        if style.allows(letter) or not unicodedata.combining(letter)
    )
    return re.sub("\0+", "-", "".join(letters)).strip("- ")


def _endings(id_: str) -> Iterator[str]:
    """Yield what tells an id from others, without end."""
    if _ALNUM.issuperset(id_[:_ENDING]) and len(id_) >= _ENDING:
        yield id_[:_ENDING]
    n = 0
    while True:
        named = f"{n}\n{id_}".encode("utf-8", "surrogatepass")
        yield hashlib.blake2b(named, digest_size=_ENDING // 2).hexdigest()
        n += 1

"""Names that the front end accepts, made of the names in the cloud.

A name that is acceptable and free stays as it is. Any other one is written
with the letters that are accepted, and ends in the first letters of the id.
If two have one name, the older one keeps it: a new name changes no other.
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

#: Letters of an id at the end of a name.
_ENDING = 8

#: A previous name suits a label if it is one of its first candidates.
_FIRST = 8


class Style(NamedTuple):
    """The rules for the names of a noun.

    ``letters`` None: any that can be printed. ``fallback``: the name where
    no letter is acceptable.
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
    """Return an acceptable name for ``label``, the name in the cloud."""
    return next(_candidates(label, id_, style))


def free(
    label: str,
    id_: str,
    style: Style,
    others: Collection[str],
    previous: str | None = None,
) -> str:
    """Return an acceptable name that is not among ``others``.

    It is the previous one, if that is free and still suits the label.
    """
    first = itertools.islice(_candidates(label, id_, style), _FIRST)
    if previous is not None and previous not in others and previous in first:
        return previous
    return next(
        name for name in _candidates(label, id_, style) if name not in others
    )


def distinct(
    labels: Iterable[tuple[Ref, str]],
    style: Style,
    other_names: Collection[str] = (),
) -> dict[Ref, str]:
    """Return an acceptable name for each label; no two are the same.

    The oldest come first.
    """
    names: dict[Ref, str] = {}
    others = set(other_names)
    for ref, label in labels:
        names[ref] = free(label, ref.id, style, others)
        others.add(names[ref])
    return names


def _candidates(label: str, id_: str, style: Style) -> Iterator[str]:
    """Yield acceptable names without end, the best one first."""
    if style.accepts(label):
        yield label
    stem = _spelling(label, style) or style.fallback
    yield from map(
        lambda ending: f"{stem[: style.longest - len(ending) - 1]}-{ending}",
        _endings(id_),
    )


def _spelling(label: str, style: Style) -> str:
    """Return a label in acceptable letters: Ü becomes U, others a dash."""
    letters = (
        letter if style.allows(letter) else "\0"
        for letter in unicodedata.normalize("NFKD", label)
        if style.allows(letter) or not unicodedata.combining(letter)
    )
    return re.sub("\0+", "-", "".join(letters)).strip("- ")


def _endings(id_: str) -> Iterator[str]:
    """Yield endings of names for an id, without end."""
    if _ALNUM.issuperset(id_[:_ENDING]) and len(id_) >= _ENDING:
        yield id_[:_ENDING]
    n = 0
    while True:
        data = f"{n}\n{id_}".encode("utf-8", "surrogatepass")
        yield hashlib.blake2b(data, digest_size=_ENDING // 2).hexdigest()
        n += 1

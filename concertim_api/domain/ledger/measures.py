"""Measures: what an extra spec of a flavor counts."""

from __future__ import annotations

import dataclasses as dc
import re
from fractions import Fraction

from concertim_api.domain.ledger.observations import Attributes

#: What declares a measure. The keys are those that Nova takes.
PATTERN = (
    r"([a-z][a-z0-9_]{0,31})=extra_spec:"
    r"([A-Za-z0-9_.: -]{1,255})(?:=([^=:,]{1,255}))?"
)
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


@dc.dataclass(frozen=True, slots=True)
class Measure:
    """A count that flavors have in the extra spec ``key``.

    ``part``: only what has this name counts, of a value with names.
    """

    name: str
    key: str
    part: str | None = None

    @property
    def field(self) -> str:
        """The field of a total: the count, times hours."""
        return f"{self.name}_hours"

    def count(self, specs: Attributes) -> Fraction:
        """Return what a flavor's extra specs count: the sum of their words.

        Words have commas between. A number counts what it is, with a name or
        without: ``a1:2,b:1`` counts 3, and of the part ``a1`` 2. The word
        ``required``, and the part alone, count 1. Other words count 0.
        """
        words = str(specs.get(self.key, "")).split(",")
        return sum(map(self._count_of, words), Fraction(0))

    def _count_of(self, word: str) -> Fraction:
        name, _, number = map(str.strip, word.rpartition(":"))
        if self.part not in (None, name):
            return Fraction(word.strip() == self.part)
        if _NUMBER.fullmatch(number):
            return Fraction(number)
        return Fraction(word.strip() == "required")


def parse(word: str) -> Measure:
    """Return the measure that a word declares, or raise ValueError."""
    match = re.fullmatch(PATTERN, word)
    if match is None:
        raise ValueError(
            "not like NAME=extra_spec:KEY or NAME=extra_spec:KEY=PART"
        )
    return Measure(*match.groups())

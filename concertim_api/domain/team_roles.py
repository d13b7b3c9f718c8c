"""Roles in a team, their names in Keystone, and the grants of each team."""

from __future__ import annotations

import dataclasses as dc
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from concertim_api.domain.errors import Conflict, Invalid


class Grant(NamedTuple):
    """A user's name, and a role of Keystone."""

    user: str
    role: str


@dc.dataclass(frozen=True, slots=True)
class TeamRoles:
    """A map: role in a team -> names in Keystone. The first name that
    Keystone has counts."""

    names: Mapping[str, Sequence[str]]

    def check(self, role: str, field: str = "role") -> None:
        """Raise Invalid, naming the field and our roles, for any other."""
        if role not in self.names:
            raise Invalid(field, f"not one of {', '.join(self.names)}")

    def in_keystone(
        self, role: str, keystone: Collection[str], field: str = "role"
    ) -> str:
        """Return the name of a role in Keystone, which has these names.

        Raises Invalid, naming the field and our roles, or Conflict: Keystone
        has none of its names.
        """
        self.check(role, field)
        for name in self.names[role]:
            if name in keystone:
                return name
        raise Conflict(
            f"Keystone has no role {' or '.join(self.names[role])}: see "
            "[operations] team_roles."
        )

    def mapped(self, keystone: Iterable[str]) -> set[str]:
        """Return those of some roles of Keystone that the map has."""
        every_name = itertools.chain.from_iterable(self.names.values())
        return {*every_name}.intersection(keystone)

    def role_of(self, keystone: Collection[str]) -> str | None:
        """Return the role in a team of a user with these of Keystone.

        First names go before others: *member* alone is a member, although
        where Keystone has no manager an admin has that name, too.
        """
        for role, names in self.names.items():
            if names[0] in keystone:
                return role
        for role, names in self.names.items():
            if any(name in keystone for name in names):
                return role
        return None


def parse_roles(texts: Mapping[str, str]) -> TeamRoles:
    """Return the map of an option. Raises ValueError."""
    if not texts:
        raise ValueError("there must be a role")
    return TeamRoles(
        {_word(role): _names(role, text) for role, text in texts.items()}
    )


def parse_grants(texts: Iterable[str]) -> tuple[Grant, ...]:
    """Return the grants of an option: "user:role". Raises ValueError."""
    grants = []
    for text in texts:
        user, colon, role = text.rpartition(":")
        if not colon or not user.strip() or not role.strip():
            raise ValueError(f"{text!r} is not of the form user:role")
        grants.append(Grant(user.strip(), role.strip()))
    return tuple(grants)


def _word(role: str) -> str:
    if not role.strip():
        raise ValueError("a role has no name")
    return role.strip()


def _names(role: str, text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split("/"))
    if not all(names):
        raise ValueError(f"{role!r}: {text!r} lacks the name of a role")
    return names

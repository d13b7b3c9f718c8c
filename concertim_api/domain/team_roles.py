"""What a role in a team is in Keystone, and who gets which in each team."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from concertim_api.domain.errors import Conflict, Invalid


class Grant(NamedTuple):
    """Somebody, by name, and a role of Keystone."""

    user: str
    role: str


@dc.dataclass(frozen=True, slots=True)
class TeamRoles:
    """Role in a team -> names in Keystone: the first of them that Keystone
    has is it."""

    names: Mapping[str, Sequence[str]]

    def check(self, role: str, field: str = "role") -> None:
        """Raise Invalid, naming the field and our roles, for any other."""
        if role not in self.names:
            raise Invalid(field, f"not one of {', '.join(self.names)}")

    def in_keystone(
        self, role: str, known: Collection[str], field: str = "role"
    ) -> str:
        """Return the name of a role in Keystone, which has those ``known``.

        Raises Invalid, naming the field and our roles, or Conflict: Keystone
        has none of its names.
        """
        self.check(role, field)
        for name in self.names[role]:
            if name in known:
                return name
        raise Conflict(
            f"Keystone has no role {' or '.join(self.names[role])}: see "
            "[operations] team_roles."
        )

    def ours(self, held: Iterable[str]) -> list[str]:
        """Return those roles of Keystone that this map speaks of."""
        spoken_of = {
            name for several in self.names.values() for name in several
        }
        return sorted(spoken_of.intersection(held))

    def shown(self, held: Collection[str]) -> str | None:
        """Return the role in a team of who holds these of Keystone.

        A first name decides: *member* alone is a member, though an admin
        would be one too where Keystone has no manager.
        """
        for role, names in self.names.items():
            if names[0] in held:
                return role
        for role, names in self.names.items():
            if any(name in held for name in names):
                return role
        return None


def parse_roles(texts: Mapping[str, str]) -> TeamRoles:
    """Return the map that an operator wrote. Raises ValueError."""
    if not texts:
        raise ValueError("there must be a role")
    return TeamRoles(
        {_word(role): _names(role, text) for role, text in texts.items()}
    )


def parse_grants(texts: Iterable[str]) -> tuple[Grant, ...]:
    """Return who gets which role, written "user:role". Raises ValueError."""
    found = []
    for text in texts:
        user, colon, role = text.rpartition(":")
        if not colon or not user.strip() or not role.strip():
            raise ValueError(f"{text!r} is not of the form user:role")
        found.append(Grant(user.strip(), role.strip()))
    return tuple(found)


def _word(role: str) -> str:
    if not role.strip():
        raise ValueError("a role has no name")
    return role.strip()


def _names(role: str, text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split("/"))
    if not all(names):
        raise ValueError(f"{role!r}: {text!r} lacks the name of a role")
    return names

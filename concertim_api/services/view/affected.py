"""Which racks a changed resource affects: those that it is part of, was part
of, or leads to."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Mapping, Sequence

from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.view.ports import Resource, ViewWork

#: kind -> the kind of its owner, on the way to a rack.
_OWNER = {
    "floating_ip": "port",
    "port": "instance",
    "volume": "instance",
    "stack": "stack",
}

_PARTS = frozenset((*_OWNER, "instance", "network"))

#: Heat nests stacks five deep by default.
_DEEPEST = 10

Owners = Mapping[Ref, str | None]


def affected_racks(
    work: ViewWork, stale: Iterable[Resource]
) -> dict[Ref, set[Ref]]:
    """Return the racks that each of these resources affects.

    A stack that is a root, or may be one, affects itself. 1 statement. 1
    more if floating IPs are among them, and 1 for each level of nested
    stacks above the first.
    """
    parts = [part for part in stale if part.fact.ref.kind in _PARTS]
    owners = _owners(work, parts)
    paths = {part.fact.ref: _path(part.fact.ref, owners) for part in parts}
    steps = {step for path in paths.values() for step in path}
    racks: dict[Ref, set[Ref]] = collections.defaultdict(set)
    for member, rack in work.racks_of(steps):
        racks[member.ref].add(rack)
    return {
        ref: {*_top(path, owners), *(r for s in path for r in racks[s])}
        for ref, path in paths.items()
    }


def _owners(work: ViewWork, parts: Sequence[Resource]) -> Owners:
    """Return the owners of parts, the owners of those, and so on."""
    owners = {part.fact.ref: part.belongs_to for part in parts}
    level = set(owners)
    for _ in range(_DEEPEST):
        above = {_owner(ref, owners) for ref in level}
        level = {ref for ref in above if ref and ref.kind in _OWNER}
        level -= owners.keys()
        if not level:
            break
        owners.update(work.owners(level))
    return owners


def _owner(ref: Ref, owners: Owners) -> Ref | None:
    kind = _OWNER.get(ref.kind)
    owner_id = kind and owners.get(ref)
    return Ref(ref.region, kind, owner_id) if kind and owner_id else None


def _path(ref: Ref, owners: Owners) -> list[Ref]:
    """Return a resource, its owner, and so on."""
    path = [ref]
    while len(path) < _DEEPEST:
        owner = _owner(path[-1], owners)
        if owner is None:
            break
        path.append(owner)
    return path


def _top(path: Sequence[Ref], owners: Owners) -> Iterator[Ref]:
    """Yield the stack at the top if it is known and has no owner."""
    top = path[-1]
    if top.kind == "stack" and top in owners and not owners[top]:
        yield top

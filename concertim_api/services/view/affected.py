"""Which racks a changed resource touches: those that it is part of, was part
of, or leads to."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Mapping, Sequence

from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.view.ports import Held, ViewWork

#: kind -> the kind of what it belongs to, on the way to a rack.
_OWNER = {
    "floating_ip": "port",
    "port": "instance",
    "volume": "instance",
    "stack": "stack",
}

_PARTS = frozenset((*_OWNER, "instance", "network"))

#: Heat nests stacks five deep unless it is told otherwise.
_DEEPEST = 10

Owners = Mapping[Ref, str | None]


def touched(work: ViewWork, stale: Iterable[Held]) -> dict[Ref, set[Ref]]:
    """Return the racks that each of these resources touches.

    A stack that is a root, or may be one, touches itself. 1 statement; 1
    more if floating IPs are among them, and one for each level of nested
    stacks above one.
    """
    parts = [held for held in stale if held.fact.ref.kind in _PARTS]
    owners = _owners(work, parts)
    paths = {held.fact.ref: _path(held.fact.ref, owners) for held in parts}
    steps = {step for path in paths.values() for step in path}
    racks: dict[Ref, set[Ref]] = collections.defaultdict(set)
    for member, rack in work.racks_of(steps):
        racks[member.ref].add(rack)
    return {
        ref: {*_top(path, owners), *(r for s in path for r in racks[s])}
        for ref, path in paths.items()
    }


def _owners(work: ViewWork, parts: Sequence[Held]) -> Owners:
    """Return what they belong to, what that belongs to, and so on."""
    known = {held.fact.ref: held.belongs_to for held in parts}
    rest = set(known)
    for _ in range(_DEEPEST):
        above = {_owner(ref, known) for ref in rest}
        rest = {ref for ref in above if ref and ref.kind in _OWNER}
        rest -= known.keys()
        if not rest:
            break
        known.update(work.owners(rest))
    return known


def _owner(ref: Ref, owners: Owners) -> Ref | None:
    kind = _OWNER.get(ref.kind)
    name = kind and owners.get(ref)
    return Ref(ref.region, kind, name) if kind and name else None


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
    """Yield the stack at the top, if it is known, and no other is above."""
    top = path[-1]
    if top.kind == "stack" and top in owners and not owners[top]:
        yield top

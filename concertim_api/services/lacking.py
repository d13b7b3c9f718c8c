"""What the view lacks, and the cloud is to be asked for.

Only what a notification left open is: what the cloud did not tell when it
was asked, it is not asked for again until there is news.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from concertim_api.domain import attributes
from concertim_api.domain.devices import TYPES
from concertim_api.domain.usage import Ref
from concertim_api.services.rack_facts import RackFacts, Scene
from concertim_api.services.view_work import Held

#: Of the stacks of a project that are at work, so many are asked whether a
#: device is theirs.
_ASKED = 20

#: What the keys of sightings begin with: the cloud's answers to us.
_SIGHTED = ("listing/", "look/", "absent/")

#: A cloud's clock may be behind ours: what it reported so long before its
#: stack was read, may have come after. Reading it once more does no harm.
_BEHIND = timedelta(seconds=30)

#: Or ahead: what it reports of the future is asked for when that has come,
#: or so much later.
_AHEAD = timedelta(minutes=1)

Touches = Mapping[Ref, Collection[Ref]]


def lacking(
    stale: Iterable[Held], touches: Touches, scene: Scene, now: datetime
) -> dict[Ref, datetime]:
    """Return what to ask the cloud for, each not before a moment.

    - Of a stack that is not known to be a root: what it is.
    - Of a root about which, or about a stack in it, we were notified since
      its resources were read: them, and its outputs.
    - For a device of ours in no rack: the stacks of its project that are at
      work, whether it is theirs.
    - Of a project or user: the name.
    """
    changed = [held for held in stale if held.runs]
    found = dict.fromkeys(_unknown(changed, touches, scene), now)
    found.update(_unread(stale, touches, scene, now))
    return found


def _unknown(
    changed: Iterable[Held], touches: Touches, scene: Scene
) -> Iterator[Ref]:
    for rack in scene.racks:
        fact = rack.stack.fact
        if not rack.stack.runs:
            continue
        project = Ref(fact.ref.region, "project", fact.project_id or "")
        if project.id and project not in scene.projects:
            yield project
        if rack.ours and _is_notified(rack.stack) and not rack.is_root:
            yield fact.ref
    for held in changed:
        fact = held.fact
        if fact.ref.kind in ("project", "user"):
            if not fact.label:
                yield fact.ref
        elif not touches.get(fact.ref):
            yield from _around(held, scene)


def _around(held: Held, scene: Scene) -> Iterator[Ref]:
    """Yield what may tell where something belongs that is in no rack."""
    fact = held.fact
    region, kind, _ = fact.ref
    is_part = kind in TYPES or kind == "stack"
    if not is_part or not scene.is_ours(region, fact.project_id):
        return
    if kind == "stack":
        if _is_notified(held):
            yield fact.ref
        return
    at_work = (
        sibling.ref
        for sibling in scene.siblings
        if (sibling.ref.region, sibling.project_id)
        == (region, fact.project_id)
        and (sibling.state or "").endswith("_IN_PROGRESS")
    )
    yield from itertools.islice(at_work, _ASKED)


def _unread(
    stale: Iterable[Held], touches: Touches, scene: Scene, now: datetime
) -> Iterator[tuple[Ref, datetime]]:
    """Yield roots that may be other than they were read, or were never."""
    racks = {rack.ref: rack for rack in scene.racks if rack.live}
    told = [
        (racks[root], held)
        for held in stale
        if held.fact.ref.kind == "stack"
        for root in touches.get(held.fact.ref, ())
        if root in racks
    ]
    told += [(rack, rack.stack) for rack in racks.values() if not rack.shown]
    for rack, held in told:
        reported_at = held.reported_at or now
        read_at = _read_at(rack)
        if _is_notified(held) and (
            read_at is None or reported_at > read_at - _BEHIND
        ):
            yield rack.ref, min(max(reported_at, now), now + _AHEAD)


def _read_at(rack: RackFacts) -> datetime | None:
    """Return when the resources of a stack were read, at rest."""
    return attributes.moment(rack.stack.fact.details.get("read_at"))


def _is_notified(held: Held) -> bool:
    """Whether the newest word is none of the cloud's answers to us."""
    return not (held.key or "").startswith(_SIGHTED)

"""What the view lacks, and the cloud is to be asked for.

Only what a notification or a first listing left open is: what the cloud did
not tell when it was asked, it is not asked for again until there is news.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from concertim_api.domain import attributes
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.devices import TYPES
from concertim_api.services.view.parts import RackFacts, Scene, project_of
from concertim_api.services.view.ports import Held

#: Of the stacks of a project that are at work, so many are asked whether a
#: device is theirs.
_ASKED = 20

#: What the keys of sightings begin with: the cloud's answers to us.
_LISTED = "listing/"
_SIGHTED = (_LISTED, "look/", "absent/")

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
    - Of a root that we know from a listing alone: its outputs.
    - Of a volume in a rack: whether it is bootable, and encrypted.
    """
    changed = [held for held in stale if held.runs]
    found = dict.fromkeys(_of_racks(scene), now)
    found.update(dict.fromkeys(_of_others(changed, touches, scene), now))
    found.update(_unread(stale, touches, scene, now))
    return found


def _of_racks(scene: Scene) -> Iterator[Ref]:
    """Yield stacks whose place is not known, and unknown projects."""
    for rack in scene.racks:
        project = project_of(rack.stack.fact)
        if not rack.stack.runs:
            continue
        if project.id and project not in scene.projects:
            yield project
        if rack.ours and _is_notified(rack.stack) and not rack.is_root:
            yield rack.ref
        if rack.live:
            yield from _untold(rack)


def _untold(rack: RackFacts) -> Iterator[Ref]:
    """Yield a stack of which a listing did not tell the outputs, and the
    volumes of which no notification says all that is shown."""
    by_listing = (rack.stack.key or "").startswith(_LISTED)
    if by_listing and "outputs" not in rack.stack.fact.details:
        yield rack.ref
    for held in rack.devices:
        is_told = "encrypted" in held.fact.details or not _is_notified(held)
        if held.fact.ref.kind == "volume" and not is_told:
            yield held.fact.ref


def _of_others(
    changed: Iterable[Held], touches: Touches, scene: Scene
) -> Iterator[Ref]:
    """Yield who has no name, and where to look for what is in no rack."""
    lonely = set()
    for held in changed:
        ref, project = held.fact.ref, project_of(held.fact)
        if ref.kind in ("project", "user"):
            if not held.fact.label:
                yield ref
        elif touches.get(ref) or not scene.ours.get(project):
            continue
        elif ref.kind in TYPES:
            lonely.add(project)
        elif ref.kind == "stack" and _is_notified(held):
            yield ref
    yield from _at_work(lonely, scene)


def _at_work(projects: Collection[Ref], scene: Scene) -> Iterator[Ref]:
    """Yield the stacks at work that devices of projects may belong to."""
    left = dict.fromkeys(projects, _ASKED)
    for sibling in scene.siblings:
        project = Ref(sibling.ref.region, "project", sibling.project_id or "")
        if not (sibling.state or "").endswith("_IN_PROGRESS"):
            continue
        if left.get(project, 0):
            left[project] -= 1
            yield sibling.ref


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
    # What is projected with a rack is looked at no more.
    told += [
        (rack, held)
        for rack in racks.values()
        for held in (rack.stack, *rack.nested)
        if held.stale or not rack.shown
    ]
    for rack, held in told:
        reported_at = held.reported_at or now
        read_at = _read_at(rack)
        if _is_notified(held) and (
            read_at is None or reported_at - read_at > -_BEHIND
        ):
            yield rack.ref, min(max(reported_at, now), now + _AHEAD)


def _read_at(rack: RackFacts) -> datetime | None:
    """Return when the resources of a stack were read, at rest."""
    return attributes.moment(rack.stack.fact.details.get("read_at"))


def _is_notified(held: Held) -> bool:
    """Whether the newest word is none of the cloud's answers to us."""
    return not (held.key or "").startswith(_SIGHTED)

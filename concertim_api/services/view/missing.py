"""What is missing in the view, and the cloud is to be asked for.

A notification or a first listing may leave facts open: those are asked for.
Facts that the cloud itself did not tell are not asked for again until there
is news.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from concertim_api.domain import attributes
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.devices import TYPES
from concertim_api.services.view.parts import RackBatch, RackParts, project_of
from concertim_api.services.view.ports import Resource

#: So many stacks of a project, of those at work, are asked whether a device
#: is theirs.
_STACKS = 20

#: How the keys of sightings begin: the cloud's answers to us.
_LISTED = "listing/"
_SIGHTED = (_LISTED, "look/", "absent/")

#: A cloud's clock may be behind ours: a report so long before the stack was
#: read may have come after. Reading the stack once more does no harm.
_BEHIND = timedelta(seconds=30)

#: Or ahead: a report of the future is followed up when that moment has come,
#: but not later than this.
_AHEAD = timedelta(minutes=1)

Affected = Mapping[Ref, Collection[Ref]]


def missing(
    stale: Iterable[Resource],
    affected: Affected,
    batch: RackBatch,
    now: datetime,
) -> dict[Ref, datetime]:
    """Return the resources to ask the cloud for, each not before a moment.

    - A stack that is not known to be a root: it may be one.
    - A root, if a notification about it or about a stack in it came after
      its resources were read: for the resources and the outputs.
    - For a device of ours in no rack, the stacks of its project that are at
      work: it may be theirs.
    - A project or user without a name.
    - A root that we know from a listing alone: for its outputs.
    - A volume in a rack: whether it is bootable, and encrypted.
    """
    running = [resource for resource in stale if resource.runs]
    moments = dict.fromkeys(_of_racks(batch), now)
    moments.update(dict.fromkeys(_of_others(running, affected, batch), now))
    moments.update(_unread(stale, affected, batch, now))
    return moments


def _of_racks(batch: RackBatch) -> Iterator[Ref]:
    """Yield stacks that may be roots, and unknown projects."""
    for rack in batch.racks:
        project = project_of(rack.stack.fact)
        if not rack.stack.runs:
            continue
        if project.id and project not in batch.projects:
            yield project
        if rack.ours and _is_notified(rack.stack) and not rack.is_root:
            yield rack.ref
        if rack.live:
            yield from _incomplete(rack)


def _incomplete(rack: RackParts) -> Iterator[Ref]:
    """Yield a stack that was listed without its outputs, and the volumes
    whose notifications do not have all that is shown."""
    by_listing = (rack.stack.key or "").startswith(_LISTED)
    if by_listing and "outputs" not in rack.stack.fact.details:
        yield rack.ref
    for device in rack.devices:
        fact = device.fact
        is_whole = "encrypted" in fact.details or not _is_notified(device)
        if fact.ref.kind == "volume" and not is_whole:
            yield fact.ref


def _of_others(
    running: Iterable[Resource], affected: Affected, batch: RackBatch
) -> Iterator[Ref]:
    """Yield projects and users without a name, and the stacks that devices
    without a rack may belong to."""
    projects = set()
    for resource in running:
        ref, project = resource.fact.ref, project_of(resource.fact)
        if ref.kind in ("project", "user"):
            if not resource.fact.label:
                yield ref
        elif affected.get(ref) or not batch.ours.get(project):
            continue
        elif ref.kind in TYPES:
            projects.add(project)
        elif ref.kind == "stack" and _is_notified(resource):
            yield ref
    yield from _at_work(projects, batch)


def _at_work(projects: Collection[Ref], batch: RackBatch) -> Iterator[Ref]:
    """Yield the stacks at work that devices of projects may belong to."""
    counts = dict.fromkeys(projects, _STACKS)
    for sibling in batch.siblings:
        project = Ref(sibling.ref.region, "project", sibling.project_id or "")
        if not (sibling.state or "").endswith("_IN_PROGRESS"):
            continue
        if counts.get(project, 0):
            counts[project] -= 1
            yield sibling.ref


def _unread(
    stale: Iterable[Resource],
    affected: Affected,
    batch: RackBatch,
    now: datetime,
) -> Iterator[tuple[Ref, datetime]]:
    """Yield roots that changed after they were read, or were never read."""
    racks = {rack.ref: rack for rack in batch.racks if rack.live}
    stacks = [
        (racks[root], stack)
        for stack in stale
        if stack.fact.ref.kind == "stack"
        for root in affected.get(stack.fact.ref, ())
        if root in racks
    ]
    # A stack that is projected with a rack is not stale afterwards.
    stacks += [
        (rack, stack)
        for rack in racks.values()
        for stack in (rack.stack, *rack.nested)
        if stack.stale or not rack.rows
    ]
    for rack, stack in stacks:
        reported_at = stack.reported_at or now
        read_at = _read_at(rack)
        if _is_notified(stack) and (
            read_at is None or reported_at - read_at > -_BEHIND
        ):
            yield rack.ref, min(max(reported_at, now), now + _AHEAD)


def _read_at(rack: RackParts) -> datetime | None:
    """Return when the resources of a stack were read, at rest."""
    return attributes.moment(rack.stack.fact.details.get("read_at"))


def _is_notified(resource: Resource) -> bool:
    """Whether the newest observation is a notification, not an answer."""
    return not (resource.key or "").startswith(_SIGHTED)

"""Operations: what somebody had the cloud do, and what came of it.

The cloud takes most of them at once and finishes them later. What it then is
seen to have done confirms an operation or contradicts it: a pure function of
the operation and of what is known of its resource.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from concertim_api.domain.ledger.kinds import state_of
from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.view import statuses

#: *asked*: it is written down; the cloud's answer is not. *accepted*: the
#: cloud has taken it. *done*: it is so. *failed*: the cloud refused it, or
#: something else came of it. *unsure*: the cloud did not answer, or nothing
#: showed in time what came of it; it may be repeated without harm.
State = Literal["asked", "accepted", "done", "failed", "unsure"]
STATES: tuple[State, ...] = ("asked", "accepted", "done", "failed", "unsure")

#: Nothing more becomes of these.
FINAL = frozenset({"done", "failed", "unsure"})


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Who wanted what done to which resource, and how that stands.

    ``noun`` and ``action`` name it: rack, suspend. ``resource_id`` is the
    cloud's; None while it is not known (of what is to be created).
    ``arguments`` hold no secret. ``look_at`` None: it is finished. ``told``
    is the state that was last announced.
    """

    id: str
    noun: str
    action: str
    region: str
    kind: str
    resource_id: str | None = None
    name: str | None = None
    project_id: str | None = None
    user_id: str | None = None
    request_id: str | None = None
    arguments: Mapping[str, Any] = dc.field(default_factory=dict)
    state: State = "asked"
    error: str | None = None
    asked_at: datetime
    answered_at: datetime | None = None
    finished_at: datetime | None = None
    look_at: datetime | None = None
    looks: int = 0
    told: State | None = None

    @property
    def ref(self) -> Ref | None:
        if self.resource_id is None:
            return None
        return Ref(self.region, self.kind, self.resource_id)


@dc.dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a resource: its state, what else is told of it,
    when that was said, and whether it ended.

    ``whole``: the cloud was asked for it, and this is its answer. What
    events tell is put together of several, and may lack the last.
    """

    state: str | None
    details: Mapping[str, Any]
    shape: Mapping[str, Any]
    said_at: datetime | None
    ended: bool
    whole: bool = False

    @property
    def word(self) -> str:
        """Its state, as a word to compare."""
        return (self.state or "").lower()


def seen_in(sightings: Sequence[Sighting], ref: Ref) -> Seen | None:
    """Return what the cloud answered about a resource, all of it."""
    for sighting in sightings:
        told = sighting.observation
        if told.ref == ref:
            return Seen(
                state=state_of(told.shape, told.details),
                details=told.details,
                shape=told.shape,
                said_at=told.reported_at,
                ended=told.says in ("gone", "absent"),
                whole=True,
            )
    return None


@dc.dataclass(frozen=True, slots=True)
class Verdict:
    """What came of an operation."""

    state: Literal["done", "failed"]
    error: str | None = None


DONE = Verdict("done")

Judge = Callable[[Operation, Seen], Verdict | None]


def judge(operation: Operation, seen: Seen | None) -> Verdict | None:
    """Return what came of an operation by what is known; None: not yet.

    Only what was said after the cloud took it counts (where we never got
    its answer: after it was asked), but for an end: what is gone, is gone.
    """
    known = JUDGES.get((operation.noun, operation.action))
    if known is None or seen is None:
        return None
    if seen.ended:
        if operation.action in ("destroy", "purge"):
            return DONE
        return Verdict("failed", "it was deleted meanwhile")
    taken_at = operation.answered_at or operation.asked_at
    if seen.said_at is None or seen.said_at <= taken_at:
        return None
    return known(operation, seen)


def heads_for(
    operation: Operation, seen: Seen | None
) -> Literal["done", "accepted"] | None:
    """Return how an operation stands that the cloud did not take, by what
    it showed when it was asked why; None: it comes to nothing.

    *done*: it is so already, by somebody else or by an earlier try of ours.
    *accepted*: it is on its way.
    """
    known = (operation.noun, operation.action)
    if seen is None or known not in JUDGES:
        return None
    if seen.ended:
        return "done" if operation.action == "destroy" else None
    task = str(seen.details.get("task_state") or "").lower()
    if (task or seen.word) in _UNDER_WAY.get(known, ()):
        return "accepted" if len(_attached(operation, seen)) < 2 else None
    if known in _HAPPENING:
        return None
    return "done" if JUDGES[known](operation, seen) is DONE else None


def _came_to_nothing(operation: Operation, seen: Seen) -> bool:
    """Whether the cloud took an operation, and shows nothing of it.

    Its services note that they are at work before they answer.
    """
    return seen.whole and operation.answered_at is not None


def _server(*wanted: str) -> Judge:
    """It is done when no task runs any more, and the server is so."""

    def judged(operation: Operation, seen: Seen) -> Verdict | None:
        if seen.details.get("task_state"):
            return None
        if seen.word in wanted:
            return DONE
        if seen.word == "error" or _came_to_nothing(operation, seen):
            return Verdict("failed", f"the server is {seen.word}")
        return None

    return judged


def _stack(action: str) -> Judge:
    def judged(operation: Operation, seen: Seen) -> Verdict | None:
        if seen.word == f"{action}_complete":
            return DONE
        if seen.word == f"{action}_failed":
            reason = seen.details.get("state_reason")
            return Verdict("failed", str(reason or "Heat failed"))
        return None

    return judged


def _going(operation: Operation, seen: Seen) -> Verdict | None:
    """It is there still: not done; in error, it will not go."""
    if seen.word in ("delete_failed", "error_deleting"):
        reason = seen.details.get("state_reason")
        return Verdict("failed", str(reason or f"the cloud says {seen.word}"))
    return None


def _attached(operation: Operation, seen: Seen) -> set[str]:
    """Return the servers of which a volume is to be detached, and is not.

    Of several, Cinder detaches one after the other.
    """
    servers = operation.arguments.get("server_ids") or ()
    return set(servers) & set(seen.shape.get("attached_to") or ())


def _detached(operation: Operation, seen: Seen) -> Verdict | None:
    if not _attached(operation, seen):
        return DONE
    if seen.word == "detaching":
        return None
    if statuses.volume_status(seen.state) == statuses.FAILED:
        return Verdict("failed", f"the volume is {seen.word}")
    if _came_to_nothing(operation, seen):
        return Verdict("failed", "the volume is attached still")
    return None


def _extended(operation: Operation, seen: Seen) -> Verdict | None:
    size_gb = seen.shape.get("size_gb")
    if seen.word == "error_extending":
        return Verdict("failed", "the volume is error_extending")
    if seen.word == "extending":
        return None
    if isinstance(size_gb, int) and size_gb >= operation.arguments["size_gb"]:
        return DONE
    if _came_to_nothing(operation, seen):
        return Verdict("failed", f"the volume has {size_gb} GB still")
    return None


#: (noun, action) -> what judges it. What is not here is finished when the
#: cloud has answered.
JUDGES: Mapping[tuple[str, str], Judge] = {
    ("rack", "suspend"): _stack("suspend"),
    ("rack", "resume"): _stack("resume"),
    ("rack", "check"): _stack("check"),
    ("rack", "destroy"): _going,
    ("instance", "start"): _server("active"),
    ("instance", "stop"): _server("stopped"),
    ("instance", "reboot"): _server("active"),
    ("instance", "suspend"): _server("suspended"),
    ("instance", "resume"): _server("active"),
    ("instance", "shelve"): _server("shelved", "shelved_offloaded"),
    ("instance", "unshelve"): _server("active"),
    ("instance", "destroy"): _going,
    ("volume", "detach"): _detached,
    ("volume", "extend"): _extended,
    ("volume", "destroy"): _going,
    ("network", "destroy"): _going,
    ("team", "purge"): _going,
}

#: What an agent carries on itself, step by step: nobody else asks how it
#: stands, or gives it up.
CARRIED = frozenset({("team", "purge")})

#: What happens and leaves no trace: that it is so, says nothing.
_HAPPENING = frozenset({("instance", "reboot"), ("rack", "check")})

#: (noun, action) -> the tasks, or else the states, in which it is on its way.
_UNDER_WAY: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("rack", "suspend"): ("suspend_in_progress",),
    ("rack", "resume"): ("resume_in_progress",),
    ("rack", "check"): ("check_in_progress",),
    ("rack", "destroy"): ("delete_in_progress",),
    ("instance", "start"): ("powering-on",),
    ("instance", "stop"): ("powering-off",),
    ("instance", "reboot"): (
        "rebooting",
        "reboot_pending",
        "reboot_started",
        "rebooting_hard",
        "reboot_pending_hard",
        "reboot_started_hard",
    ),
    ("instance", "suspend"): ("suspending",),
    ("instance", "resume"): ("resuming",),
    ("instance", "shelve"): (
        "shelving",
        "shelving_image_pending_upload",
        "shelving_image_uploading",
        "shelving_offloading",
    ),
    ("instance", "unshelve"): ("unshelving", "spawning"),
    ("instance", "destroy"): ("deleting", "soft-deleting"),
    ("volume", "detach"): ("detaching",),
    ("volume", "extend"): ("extending",),
    ("volume", "destroy"): ("deleting",),
    ("network", "destroy"): ("pending_delete",),
}

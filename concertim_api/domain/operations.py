"""Operations: what somebody had the cloud do, and what came of it.

The cloud accepts most of them at once, and finishes them later. A verdict is
a pure function of the operation and of the evidence on its resource.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from concertim_api.domain.attributes import state_of
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.domain.view import statuses

#: *asked*: it is stored, but the cloud's answer is not. *accepted*: the cloud
#: works on it. *done*: it is so. *failed*: the cloud refused it, or something
#: else came of it. *unsure*: the cloud did not answer, or there was no
#: evidence in time; it may be repeated without harm.
OperationState = Literal["asked", "accepted", "done", "failed", "unsure"]
STATES: tuple[OperationState, ...] = get_args(OperationState)

#: States that never change.
FINAL = frozenset({"done", "failed", "unsure"})


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Who had what done to which resource, and its state.

    ``noun`` and ``action`` name it: rack, suspend. ``resource_id`` is the
    cloud's; None until a creation is answered. ``arguments`` hold no secret.
    ``look_at`` None: it is finished. ``announced_state``: the state that was
    last announced; the column is called ``told``.
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
    state: OperationState = "asked"
    error: str | None = None
    asked_at: datetime
    answered_at: datetime | None = None
    finished_at: datetime | None = None
    look_at: datetime | None = None
    looks: int = 0
    announced_state: OperationState | None = None

    @property
    def ref(self) -> Ref | None:
        if self.resource_id is None:
            return None
        return Ref(self.region, self.kind, self.resource_id)

    @property
    def course(self) -> Course | None:
        """How it goes on when it is accepted; None: it is finished then."""
        return COURSES.get((self.noun, self.action))

    @property
    def subject(self) -> tuple[str, ...] | None:
        """What no other operation may change until the cloud has answered
        this one; None: any may. A role is that of one user in a team."""
        if self.resource_id is None:
            return None
        user_id = self.arguments.get("user_id", "")
        return self.kind, self.resource_id, user_id

    @property
    def since(self) -> datetime:
        """The moment from which on evidence counts."""
        return self.answered_at or self.asked_at

    @property
    def in_words(self) -> str:
        subject = self.name or self.resource_id or "?"
        if self.name and self.resource_id:
            subject += f" ({self.resource_id})"
        return f"{self.noun} {self.action} of {subject}"

    def finished(
        self,
        state: Literal["done", "failed", "unsure"],
        error: str | None,
        now: datetime,
    ) -> Operation:
        """Return the operation at its end."""
        return dc.replace(
            self, state=state, error=error, finished_at=now, look_at=None
        )


@dc.dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a resource, and since when.

    ``is_whole``: it is the answer of the cloud to one request. Else it is
    made of several events, and may lack the last.
    """

    state: str | None
    details: Mapping[str, Any]
    shape: Mapping[str, Any]
    reported_at: datetime | None
    is_ended: bool
    is_whole: bool = False

    @property
    def word(self) -> str:
        """The state, in lower case."""
        return (self.state or "").lower()


def evidence_of(sightings: Sequence[Sighting], ref: Ref) -> Evidence | None:
    """Return the evidence of a look at a resource; None: not shown."""
    for sighting in sightings:
        observation = sighting.observation
        if observation.ref == ref:
            return _evidence(observation, is_whole=True)
    return None


def _evidence(observation: Observation, is_whole: bool = False) -> Evidence:
    return Evidence(
        state=state_of(observation.shape, observation.details),
        details=observation.details,
        shape=observation.shape,
        reported_at=observation.reported_at,
        is_ended=observation.says in ("gone", "absent"),
        is_whole=is_whole,
    )


@dc.dataclass(frozen=True, slots=True)
class Verdict:
    """The end of an operation. *unsure*: nobody can tell, and why."""

    state: Literal["done", "failed", "unsure"]
    error: str | None = None


DONE = Verdict("done")

Judge = Callable[[Operation, Evidence], Verdict | None]


@dc.dataclass(frozen=True, slots=True)
class Course:
    """How an operation goes on after the cloud has accepted it.

    ``under_way``: the tasks, or else the states, of its resource meanwhile.
    ``is_traceless``: that the resource is so, proves nothing; only with the
    cloud's answer it does.
    ``is_stepwise``: an agent does it itself, step by step; no look is taken
    at it, and it is never given up.
    """

    judge: Judge
    under_way: tuple[str, ...] = ()
    is_traceless: bool = False
    is_stepwise: bool = False


def judge(operation: Operation, evidence: Evidence | None) -> Verdict | None:
    """Return the verdict on an operation; None: there is none yet.

    Evidence counts if it is newer than the cloud's answer; without an
    answer, than the request, and none counts of what leaves no trace. The
    end of a resource always counts: what was done to it before, it does not
    say.
    """
    course = operation.course
    if course is None or evidence is None:
        return None
    if evidence.is_ended:
        if operation.action in ("destroy", "purge"):
            return DONE
        return Verdict("unsure", "it was deleted meanwhile")
    if evidence.reported_at is None:
        return None
    if evidence.reported_at <= operation.since:
        return None
    if course.is_traceless and operation.answered_at is None:
        return None
    return course.judge(operation, evidence)


def judge_past(
    operation: Operation, observations: Sequence[Observation]
) -> Verdict | None:
    """Return DONE if one of these observations alone shows that."""
    for fact in observations:
        evidence = _evidence(fact)
        if not evidence.is_ended and judge(operation, evidence) is DONE:
            return DONE
    return None


def doubt(
    operation: Operation, verdict: Verdict, *, in_time: bool, is_alone: bool
) -> Verdict:
    """Return a failure only if nothing else can have come between.

    The cloud must have accepted the operation, evidence must have been
    looked for ``in_time``, and nobody may have asked for another action.
    Else the same evidence shows what others did. But what is there was not
    deleted, and no volume becomes smaller.
    """
    if verdict.state != "failed" or operation.action in ("destroy", "extend"):
        return verdict
    if not in_time:
        why = "nobody looked in time"
    elif operation.answered_at is None:
        why = "the cloud did not answer"
    elif not is_alone:
        why = "something else was asked for"
    else:
        return verdict
    return Verdict("unsure", f"{why}: {verdict.error}")


def state_despite_refusal(
    operation: Operation, evidence: Evidence | None
) -> Literal["done", "accepted"] | None:
    """Return the state of an operation that the cloud refused; None: failed.

    *done*: it is so already, by somebody else or by our earlier request.
    *accepted*: somebody else's request is under way.
    """
    course = operation.course
    if evidence is None or course is None:
        return None
    if evidence.is_ended:
        return "done" if operation.action == "destroy" else None
    task = str(evidence.details.get("task_state") or "").lower()
    if (task or evidence.word) in course.under_way:
        return "accepted" if len(_attached(operation, evidence)) < 2 else None
    if course.is_traceless or _is_smaller(operation, evidence):
        return None
    return "done" if course.judge(operation, evidence) is DONE else None


def _is_smaller(operation: Operation, evidence: Evidence) -> bool:
    """Whether a volume has more than it was to be extended to."""
    size_gb = operation.arguments.get("size_gb")
    return size_gb is not None and evidence.shape.get("size_gb") != size_gb


def _has_no_effect(operation: Operation, evidence: Evidence) -> bool:
    """Whether the cloud accepted an operation, and shows nothing of it.

    Services note that they are at work before they answer.
    """
    return evidence.is_whole and operation.answered_at is not None


def _server(*states: str) -> Judge:
    """Done: no task runs any more, and the server is in one of the states."""

    def judge_server(
        operation: Operation, evidence: Evidence
    ) -> Verdict | None:
        if evidence.details.get("task_state"):
            return None
        if evidence.word in states:
            return DONE
        if evidence.word == "error" or _has_no_effect(operation, evidence):
            return Verdict("failed", f"the server is {evidence.word}")
        return None

    return judge_server


def _stack(action: str) -> Judge:
    def judge_stack(
        operation: Operation, evidence: Evidence
    ) -> Verdict | None:
        if evidence.word == f"{action}_complete":
            return DONE
        if evidence.word == f"{action}_failed":
            reason = evidence.details.get("state_reason")
            return Verdict("failed", str(reason or "Heat failed"))
        return None

    return judge_stack


def _deletion(operation: Operation, evidence: Evidence) -> Verdict | None:
    """The resource is still there: failed in a state that says so, else
    open. A server in the state ``error`` may have had it before."""
    if evidence.details.get("task_state"):
        return None
    if evidence.word in ("delete_failed", "error_deleting"):
        reason = evidence.details.get("state_reason")
        return Verdict(
            "failed", str(reason or f"the cloud says {evidence.word}")
        )
    return None


def _attached(operation: Operation, evidence: Evidence) -> set[str]:
    """Return the servers from which a volume is still to be detached.

    Cinder detaches it from one after the other.
    """
    servers = operation.arguments.get("server_ids") or ()
    return set(servers) & set(evidence.shape.get("attached_to") or ())


def _detachment(operation: Operation, evidence: Evidence) -> Verdict | None:
    if "attached_to" not in evidence.shape:
        return None
    if not _attached(operation, evidence):
        return DONE
    if evidence.word == "detaching":
        return None
    if statuses.volume_status(evidence.state) == statuses.FAILED:
        return Verdict("failed", f"the volume is {evidence.word}")
    if _has_no_effect(operation, evidence):
        return Verdict("failed", "the volume is attached still")
    return None


def _extension(operation: Operation, evidence: Evidence) -> Verdict | None:
    size_gb = evidence.shape.get("size_gb")
    if evidence.word == "error_extending":
        return Verdict("failed", "the volume is error_extending")
    if evidence.word == "extending":
        return None
    if isinstance(size_gb, int) and size_gb >= operation.arguments["size_gb"]:
        return DONE
    if _has_no_effect(operation, evidence):
        return Verdict("failed", f"the volume has {size_gb} GB still")
    return None


#: (noun, action) -> its course. All other operations are finished when the
#: cloud has answered.
COURSES: Mapping[tuple[str, str], Course] = {
    ("rack", "suspend"): Course(_stack("suspend"), ("suspend_in_progress",)),
    ("rack", "resume"): Course(_stack("resume"), ("resume_in_progress",)),
    ("rack", "check"): Course(
        _stack("check"), ("check_in_progress",), is_traceless=True
    ),
    ("rack", "destroy"): Course(_deletion, ("delete_in_progress",)),
    ("instance", "start"): Course(_server("active"), ("powering-on",)),
    ("instance", "stop"): Course(_server("stopped"), ("powering-off",)),
    ("instance", "reboot"): Course(
        _server("active"),
        (
            "rebooting",
            "reboot_pending",
            "reboot_started",
            "rebooting_hard",
            "reboot_pending_hard",
            "reboot_started_hard",
        ),
        is_traceless=True,
    ),
    ("instance", "suspend"): Course(_server("suspended"), ("suspending",)),
    ("instance", "resume"): Course(_server("active"), ("resuming",)),
    ("instance", "shelve"): Course(
        _server("shelved", "shelved_offloaded"),
        (
            "shelving",
            "shelving_image_pending_upload",
            "shelving_image_uploading",
            "shelving_offloading",
        ),
    ),
    ("instance", "unshelve"): Course(
        _server("active"), ("unshelving", "spawning")
    ),
    ("instance", "destroy"): Course(_deletion, ("deleting", "soft-deleting")),
    ("volume", "detach"): Course(_detachment, ("detaching",)),
    ("volume", "extend"): Course(_extension, ("extending",)),
    ("volume", "destroy"): Course(_deletion, ("deleting",)),
    ("network", "destroy"): Course(_deletion, ("pending_delete",)),
    ("team", "purge"): Course(_deletion, is_stepwise=True),
}

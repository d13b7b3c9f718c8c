"""The states of the cloud as statuses of the front end.

IN_PROGRESS is what ends by itself: the front end offers no action then. A
state that lasts is never IN_PROGRESS: the device could not even be destroyed
there. FAILED is only what the cloud itself calls failed.

An unknown state with "error" or "fail" in it is FAILED. Any other unknown
state is IN_PROGRESS, so that nobody acts on it. The API shows the state of
the cloud beside the status.
"""

from __future__ import annotations

IN_PROGRESS = "IN_PROGRESS"
FAILED = "FAILED"
ACTIVE = "ACTIVE"
STOPPED = "STOPPED"
SUSPENDED = "SUSPENDED"
AVAILABLE = "AVAILABLE"

#: Nova's vm_state -> status of a server on which no task runs.
_SERVERS = {
    "active": ACTIVE,
    "building": IN_PROGRESS,
    "paused": SUSPENDED,
    "suspended": SUSPENDED,
    "stopped": STOPPED,
    "rescued": ACTIVE,  # it runs, though from another disk
    "resized": ACTIVE,  # it runs; somebody is to confirm its new size
    "soft-delete": IN_PROGRESS,  # Nova deletes it when its time is up
    "deleted": IN_PROGRESS,
    "error": FAILED,
    "shelved": STOPPED,
    "shelved_offloaded": STOPPED,
}

#: Tasks that do not change the status of a server. During any other task it
#: is IN_PROGRESS.
_BACKGROUND = frozenset(
    {
        "image_snapshot",
        "image_snapshot_pending",
        "image_pending_upload",
        "image_uploading",
        "image_backup",
        "updating_password",
    }
)

#: Tasks that end an error. Any other task may be one that the error stopped.
_REPAIRS = frozenset(
    {
        "rebuilding",
        "rebuild_block_device_mapping",
        "rebuild_spawning",
        "deleting",
        "soft-deleting",
    }
)

_VOLUMES = {
    "creating": IN_PROGRESS,
    "available": AVAILABLE,
    "reserved": IN_PROGRESS,
    "attaching": IN_PROGRESS,
    "in-use": ACTIVE,
    "detaching": IN_PROGRESS,
    "maintenance": IN_PROGRESS,
    "migrating": IN_PROGRESS,
    "awaiting-transfer": AVAILABLE,  # until somebody accepts the offer
    "deleting": IN_PROGRESS,
    "deleted": IN_PROGRESS,
    "managing": IN_PROGRESS,
    "unmanaging": IN_PROGRESS,
    "backing-up": IN_PROGRESS,
    "restoring-backup": IN_PROGRESS,
    "downloading": IN_PROGRESS,
    "uploading": IN_PROGRESS,
    "retyping": IN_PROGRESS,
    "extending": IN_PROGRESS,
    "error": FAILED,
    "error_deleting": FAILED,
    "error_managing": FAILED,
    "error_managing_deleting": FAILED,
    "error_unmanaging": FAILED,
    "error_restoring": FAILED,
    "error_backing-up": FAILED,
    "error_extending": FAILED,
}

_NETWORKS = {
    "active": ACTIVE,
    "build": IN_PROGRESS,
    "created": IN_PROGRESS,
    "pending_create": IN_PROGRESS,
    "pending_update": IN_PROGRESS,
    "pending_delete": IN_PROGRESS,
    "down": STOPPED,
    "inactive": STOPPED,
    "error": FAILED,
}

#: action of Heat -> the status of the stack after it.
_COMPLETE = {
    "init": IN_PROGRESS,  # a record; its creation is to begin
    "create": ACTIVE,
    "update": ACTIVE,
    "rollback": ACTIVE,  # it is as it was before what failed
    "resume": ACTIVE,
    "adopt": ACTIVE,
    "snapshot": ACTIVE,
    "check": ACTIVE,
    "restore": ACTIVE,
    "suspend": STOPPED,
    "delete": IN_PROGRESS,  # Heat stops listing it
}

_STACKS = {
    f"{action}_{status}": meaning
    for action, complete in _COMPLETE.items()
    for status, meaning in (
        ("in_progress", IN_PROGRESS),
        ("complete", complete),
        ("failed", FAILED),
    )
}


def server_status(state: object, task_state: object = None) -> str:
    """Return the status of a server by its vm_state and task_state."""
    status = _look_up(_SERVERS, state)
    task = _word(task_state)
    if not task or task in _BACKGROUND:
        return status
    if status == FAILED and task not in _REPAIRS:
        return FAILED
    return IN_PROGRESS


def volume_status(state: object) -> str:
    """Return the status of a volume."""
    return _look_up(_VOLUMES, state)


def network_status(state: object, admin_state_up: object = None) -> str:
    """Return the status of a network.

    A network that an administrator has switched off is STOPPED. One that is
    down although it is switched on is FAILED.
    """
    status = _look_up(_NETWORKS, state)
    if status == ACTIVE and admin_state_up is False:
        return STOPPED
    if status == STOPPED and admin_state_up is True:
        return FAILED
    return status


def stack_status(state: object) -> str:
    """Return the status of a stack by Heat's ACTION_STATUS."""
    return _look_up(_STACKS, state)


def _look_up(statuses: dict[str, str], state: object) -> str:
    word = _word(state)
    guess = FAILED if "error" in word or "fail" in word else IN_PROGRESS
    return statuses.get(word, guess)


def _word(state: object) -> str:
    return state.strip().lower() if isinstance(state, str) else ""

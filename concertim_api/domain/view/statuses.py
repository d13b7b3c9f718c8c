"""The states of the cloud as statuses of the front end.

IN_PROGRESS is what ends by itself: the front end offers no action then. A
state that lasts is never IN_PROGRESS: the device could not even be destroyed
there. FAILED is only what the cloud itself calls failed.

The tables have the states that last, and say what they are. Of all others,
those with "error" or "fail" in them are FAILED, and the rest is IN_PROGRESS:
what is new in a later release, too, so that nobody acts on it. The API shows
the state of the cloud beside the status.
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
    "paused": SUSPENDED,
    "suspended": SUSPENDED,
    "stopped": STOPPED,
    "rescued": ACTIVE,  # it runs, though from another disk
    "resized": ACTIVE,  # it runs; somebody is to confirm its new size
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
    "available": AVAILABLE,
    "in-use": ACTIVE,
    "awaiting-transfer": AVAILABLE,  # until somebody accepts the offer
}

_NETWORKS = {"active": ACTIVE, "down": STOPPED, "inactive": STOPPED}

#: Heat's ACTION_STATUS, where the action came to its end. Not init: its
#: creation is to begin; nor delete: Heat stops listing it.
_STACKS = {
    "create_complete": ACTIVE,
    "update_complete": ACTIVE,
    "rollback_complete": ACTIVE,  # it is as it was before what failed
    "resume_complete": ACTIVE,
    "adopt_complete": ACTIVE,
    "snapshot_complete": ACTIVE,
    "check_complete": ACTIVE,
    "restore_complete": ACTIVE,
    "suspend_complete": STOPPED,
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

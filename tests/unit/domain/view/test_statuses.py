"""Every state of the current releases, in the front end's words."""

from __future__ import annotations

import pytest

from concertim_api.domain.view import statuses

#: nova 34: nova/objects/fields.py, InstanceState
#: (nova/compute/vm_states.py).
VM_STATES = {
    "active": "ACTIVE",
    "building": "IN_PROGRESS",
    "paused": "SUSPENDED",
    "suspended": "SUSPENDED",
    "stopped": "STOPPED",
    "rescued": "ACTIVE",
    "resized": "ACTIVE",
    "soft-delete": "IN_PROGRESS",
    "deleted": "IN_PROGRESS",
    "error": "FAILED",
    "shelved": "STOPPED",
    "shelved_offloaded": "STOPPED",
}

#: nova 34: nova/objects/fields.py, InstanceTaskState
#: (nova/compute/task_states.py).
UNNOTICED = [
    "image_snapshot",
    "image_snapshot_pending",
    "image_pending_upload",
    "image_uploading",
    "image_backup",
    "updating_password",
]
OUT_OF_ERROR = [
    "rebuilding",
    "rebuild_block_device_mapping",
    "rebuild_spawning",
    "deleting",
    "soft-deleting",
]
OTHER_TASKS = [
    "scheduling",
    "block_device_mapping",
    "networking",
    "spawning",
    "resize_prep",
    "resize_migrating",
    "resize_migrated",
    "resize_finish",
    "resize_reverting",
    "resize_confirming",
    "rebooting",
    "reboot_pending",
    "reboot_started",
    "rebooting_hard",
    "reboot_pending_hard",
    "reboot_started_hard",
    "pausing",
    "unpausing",
    "suspending",
    "resuming",
    "powering-off",
    "powering-on",
    "rescuing",
    "unrescuing",
    "migrating",
    "restoring",
    "shelving",
    "shelving_image_pending_upload",
    "shelving_image_uploading",
    "shelving_offloading",
    "unshelving",
]

#: cinder 29: cinder/objects/fields.py, VolumeStatus; and those that the
#: volume manager and the API write beside it.
VOLUMES = {
    "creating": "IN_PROGRESS",
    "available": "AVAILABLE",
    "deleting": "IN_PROGRESS",
    "error": "FAILED",
    "error_deleting": "FAILED",
    "error_managing": "FAILED",
    "managing": "IN_PROGRESS",
    "attaching": "IN_PROGRESS",
    "in-use": "ACTIVE",
    "detaching": "IN_PROGRESS",
    "maintenance": "IN_PROGRESS",
    "restoring-backup": "IN_PROGRESS",
    "error_restoring": "FAILED",
    "reserved": "IN_PROGRESS",
    "awaiting-transfer": "AVAILABLE",
    "backing-up": "IN_PROGRESS",
    "error_backing-up": "FAILED",
    "error_extending": "FAILED",
    "downloading": "IN_PROGRESS",
    "uploading": "IN_PROGRESS",
    "retyping": "IN_PROGRESS",
    "extending": "IN_PROGRESS",
    "deleted": "IN_PROGRESS",
    "migrating": "IN_PROGRESS",
    "unmanaging": "IN_PROGRESS",
    "error_unmanaging": "FAILED",
    "error_managing_deleting": "FAILED",
}

#: neutron-lib 5.0: neutron_lib/constants.py, NET_STATUS_* and the general
#: ones, which plugins write, too.
NETWORKS = {
    "ACTIVE": "ACTIVE",
    "BUILD": "IN_PROGRESS",
    "DOWN": "STOPPED",
    "ERROR": "FAILED",
    "CREATED": "IN_PROGRESS",
    "PENDING_CREATE": "IN_PROGRESS",
    "PENDING_UPDATE": "IN_PROGRESS",
    "PENDING_DELETE": "IN_PROGRESS",
    "INACTIVE": "STOPPED",
}

#: heat 27: heat/engine/stack.py, Stack.ACTIONS; and INIT, which only
#: heat/engine/resource.py has.
ACTIONS_COMPLETE = {
    "INIT": "IN_PROGRESS",
    "CREATE": "ACTIVE",
    "DELETE": "IN_PROGRESS",
    "UPDATE": "ACTIVE",
    "ROLLBACK": "ACTIVE",
    "SUSPEND": "STOPPED",
    "RESUME": "ACTIVE",
    "ADOPT": "ACTIVE",
    "SNAPSHOT": "ACTIVE",
    "CHECK": "ACTIVE",
    "RESTORE": "ACTIVE",
}


@pytest.mark.parametrize(("state", "status"), VM_STATES.items())
def test_a_server_without_a_task(state, status):
    assert statuses.server_status(state) == status
    assert statuses.server_status(state, None) == status
    assert statuses.server_status(state, "") == status


@pytest.mark.parametrize("task", UNNOTICED)
@pytest.mark.parametrize(("state", "status"), VM_STATES.items())
def test_a_server_does_not_notice_every_task(state, status, task):
    assert statuses.server_status(state, task) == status


@pytest.mark.parametrize("task", OUT_OF_ERROR)
@pytest.mark.parametrize("state", VM_STATES)
def test_what_leads_out_of_an_error_is_in_progress(state, task):
    assert statuses.server_status(state, task) == "IN_PROGRESS"


@pytest.mark.parametrize("task", [*OTHER_TASKS, "a-task-of-tomorrow"])
@pytest.mark.parametrize(("state", "status"), VM_STATES.items())
def test_a_task_is_in_progress_unless_the_server_is_broken(
    state, status, task
):
    expected = "FAILED" if status == "FAILED" else "IN_PROGRESS"
    assert statuses.server_status(state, task) == expected


@pytest.mark.parametrize(("state", "status"), VOLUMES.items())
def test_a_volume(state, status):
    assert statuses.volume_status(state) == status


@pytest.mark.parametrize(("state", "status"), NETWORKS.items())
def test_a_network(state, status):
    assert statuses.network_status(state) == status


@pytest.mark.parametrize(
    ("state", "admin_state_up", "status"),
    [
        ("ACTIVE", True, "ACTIVE"),
        ("ACTIVE", False, "STOPPED"),
        ("DOWN", True, "FAILED"),
        ("DOWN", False, "STOPPED"),
        ("BUILD", False, "IN_PROGRESS"),
        ("ERROR", False, "FAILED"),
        ("INACTIVE", True, "FAILED"),
    ],
)
def test_a_network_that_is_switched_on_or_off(state, admin_state_up, status):
    assert statuses.network_status(state, admin_state_up) == status


@pytest.mark.parametrize(("action", "complete"), ACTIONS_COMPLETE.items())
def test_a_stack(action, complete):
    assert statuses.stack_status(f"{action}_IN_PROGRESS") == "IN_PROGRESS"
    assert statuses.stack_status(f"{action}_FAILED") == "FAILED"
    assert statuses.stack_status(f"{action}_COMPLETE") == complete


@pytest.mark.parametrize(
    "status_of",
    [
        statuses.server_status,
        statuses.volume_status,
        statuses.network_status,
        statuses.stack_status,
    ],
)
@pytest.mark.parametrize(
    ("state", "status"),
    [
        (None, "IN_PROGRESS"),
        ("", "IN_PROGRESS"),
        (7, "IN_PROGRESS"),
        (["active"], "IN_PROGRESS"),
        ("levitating", "IN_PROGRESS"),
        ("ERROR_LEVITATING", "FAILED"),
        ("levitation_failed", "FAILED"),
    ],
)
def test_what_nobody_knows_is_judged_by_its_look(status_of, state, status):
    assert status_of(state) == status


def test_junk_for_a_task_is_no_task():
    assert statuses.server_status("active", 7) == "ACTIVE"


def test_case_and_blanks_make_no_difference():
    assert statuses.server_status(" Active ") == "ACTIVE"
    assert statuses.stack_status("create_complete") == "ACTIVE"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (VM_STATES, "IN_PROGRESS FAILED ACTIVE STOPPED SUSPENDED"),
        (VOLUMES, "IN_PROGRESS FAILED ACTIVE AVAILABLE"),
        (NETWORKS, "IN_PROGRESS FAILED ACTIVE STOPPED"),
        (ACTIONS_COMPLETE, "IN_PROGRESS FAILED ACTIVE STOPPED"),
    ],
)
def test_the_front_end_knows_every_status(table, words):
    assert set(table.values()) <= set(words.split())

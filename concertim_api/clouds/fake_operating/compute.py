"""Nova in memory: ``services.cloud.acting.ComputeOperator``."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from concertim_api.clouds.fake_operating.storage import detach_from
from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.services.cloud.acting import ServerAction

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud

_STATE = "OS-EXT-STS:vm_state"
_TASK = "OS-EXT-STS:task_state"
_POWER = "OS-EXT-STS:power_state"


@dc.dataclass(frozen=True, slots=True)
class _Course:
    """In which states it may begin, its task, and what is so then."""

    begins: tuple[str, ...]
    task: str
    status: str
    state: str
    power: int


_COURSES: Mapping[ServerAction, _Course] = {
    "start": _Course(("stopped",), "powering-on", "ACTIVE", "active", 1),
    "stop": _Course(
        ("active", "error"), "powering-off", "SHUTOFF", "stopped", 4
    ),
    "reboot": _Course(("active",), "rebooting", "ACTIVE", "active", 1),
    "suspend": _Course(("active",), "suspending", "SUSPENDED", "suspended", 7),
    "resume": _Course(("suspended",), "resuming", "ACTIVE", "active", 1),
    "shelve": _Course(
        ("active", "stopped", "paused", "suspended"),
        "shelving",
        "SHELVED_OFFLOADED",
        "shelved_offloaded",
        4,
    ),
    "unshelve": _Course(
        ("shelved", "shelved_offloaded"), "unshelving", "ACTIVE", "active", 1
    ),
}

#: A hard reboot gets a server out of these, too.
_STUCK = ("active", "stopped", "paused", "suspended", "error")


class FakeCompute:
    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def act(
        self, server_id: str, action: ServerAction, *, hard: bool = False
    ) -> None:
        course, server = _COURSES[action], self._server(server_id)
        begins = _STUCK if hard else course.begins
        for field, allowed in ((_STATE, begins), (_TASK, (None,))):
            if server[field] not in allowed:
                raise Conflict(
                    f"Cannot '{action}' instance {server_id} while it is in "
                    f"{field.partition(':')[2]} {server[field]}"
                )
        self._change(server, **{_TASK: course.task})
        self._cloud.deferred.later(
            server_id,
            lambda: self._change(
                server,
                **{
                    "status": course.status,
                    _STATE: course.state,
                    _TASK: None,
                    _POWER: course.power,
                },
            ),
        )

    def delete_server(self, server_id: str, *, force: bool = False) -> None:
        server = self._server(server_id)
        self._change(server, **{_TASK: "deleting"})
        self._cloud.deferred.later(
            server_id, lambda: end_server(self._cloud, server_id)
        )

    def detach_volume(self, server_id: str, volume_id: str) -> None:
        self._server(server_id)
        detach_from(self._cloud, volume_id, server_id)

    def _server(self, server_id: str) -> dict[str, Any]:
        try:
            return self._cloud.things["instance"][server_id]
        except KeyError:
            raise NotFound(
                f"Instance {server_id} could not be found."
            ) from None

    def _change(self, server: dict[str, Any], **fields: Any) -> None:
        server.update(fields, updated=stamp(self._cloud))


def set_state(
    cloud: FakeCloud, server: dict[str, Any], action: ServerAction
) -> None:
    """Let a server be as it is after an action."""
    course = _COURSES[action]
    server.update(
        {
            "status": course.status,
            _STATE: course.state,
            _POWER: course.power,
            "updated": stamp(cloud),
        }
    )


def end_server(cloud: FakeCloud, server_id: str) -> None:
    """Delete a server: Nova remembers it, its ports go, its volumes are
    free."""
    server = cloud.things["instance"].pop(server_id, None)
    if server is None:
        return
    now = stamp(cloud)
    server.update(
        {
            "status": "DELETED",
            "addresses": {},
            "updated": now,
            _STATE: "deleted",
            _TASK: None,
            _POWER: 0,
            "OS-SRV-USG:terminated_at": now.rstrip("Z") + ".000000",
        }
    )
    cloud.deleted_servers[server_id] = server
    ports = cloud.things.get("port", {})
    for port_id, port in [*ports.items()]:
        if port["device_id"] == server_id:
            del ports[port_id]
    for volume in cloud.things.get("volume", {}).values():
        left = [
            a for a in volume["attachments"] if a["server_id"] != server_id
        ]
        if left != volume["attachments"]:
            volume["attachments"] = left
            volume["status"] = "in-use" if left else "available"
            volume["updated_at"] = now.rstrip("Z") + ".000000"


def stamp(cloud: FakeCloud) -> str:
    """Return the time as Nova writes it."""
    return cloud.now().strftime("%Y-%m-%dT%H:%M:%SZ")

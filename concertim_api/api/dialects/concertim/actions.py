"""Actions on racks and devices, by the ids of the cloud."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping

from concertim_api.api.dialects.concertim.documents import Request, success
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.domain.errors import Invalid, NotFound
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.operations.by_id import ResourceActions

#: type -> the kind of resource; its actions here -> the actions of /v1.
TYPES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "instances": (
        "instance",
        {
            "on": "start",
            "off": "stop",
            "suspend": "suspend",
            "resume": "resume",
            "destroy": "destroy",
        },
    ),
    "volumes": ("volume", {"detach": "detach", "destroy": "destroy"}),
    "networks": ("network", {"destroy": "destroy"}),
    "racks": (
        "stack",
        {"suspend": "suspend", "resume": "resume", "destroy": "destroy"},
    ),
}


@dc.dataclass(frozen=True, slots=True)
class Actions:
    actions: ResourceActions
    region: str

    @route("POST", "/update_status/{type}/{id}", "cloud_env", "action")
    def act(self, request: Request) -> Reply:
        """Send an action to the cloud. Its outcome arrives by events.

        The request id in the answer leads to the operation.
        """
        type_ = request.path["type"]
        if type_ not in TYPES:
            raise NotFound(f"There are no {type_}; one of {', '.join(TYPES)}.")
        kind, actions = TYPES[type_]
        action = request.fields.text("action")
        if action not in actions:
            raise Invalid("action", f"{type_} have {', '.join(actions)}")
        ref = Ref(self.region, kind, request.path["id"])
        self.actions.act(request.caller(), ref, actions[action])
        return success(
            {
                "cloud_response": {
                    "submitted": True,
                    "request_ids": [request.request_id],
                }
            }
        )

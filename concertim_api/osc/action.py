"""What racks and devices are had do: openstack concertim rack suspend,
device start ..."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from concertim_api.osc import options, waiting
from concertim_api.osc.cells import elapsed
from concertim_api.osc.commands import Item, Showing
from concertim_api.osc.operation import COLUMNS
from concertim_api.osc.options import Option, Parameter


class Acting(Showing):
    """Has the cloud do something with a thing, and shows the operation.

    ``nouns`` and ``place`` say which thing, the other arguments what more the
    ``action`` takes.
    """

    columns = COLUMNS

    nouns: ClassVar[str]
    place: ClassVar[Sequence[Option]]
    action: ClassVar[str]

    def declared(self) -> Sequence[Option]:
        return *waiting.options("operation"), *self.place, *self.arguments

    def take_action(self, args: argparse.Namespace) -> Any:
        waiting.check(args)
        operation = self._begin(args)
        if args.wait:
            operation = self._finished(operation, args.timeout)
        return self.shown(args, operation)

    def _begin(self, args: argparse.Namespace) -> Item:
        manager = getattr(self.client, self.nouns)
        thing = manager.find(**options.merged(self.place, self, args))
        args.region = thing["region"]
        operation: Item = manager.act(
            thing["id"], self.action, region=args.region, **self.values(args)
        )
        return operation

    def _finished(self, begun: Item, timeout: float | None) -> Item:
        began = time.monotonic()
        operation = waiting.done(self, begun, timeout)
        self.failed = operation["state"] != "done"
        took = elapsed(time.monotonic() - began)
        what = f"{operation['noun']} {operation['action']}"
        self.note(f"{what}: {operation['state']}, in {took}")
        return operation


class _RackAction(Acting):
    nouns = "racks"
    place = options.named("rack")


class SuspendRack(_RackAction):
    """Suspend all servers of a rack."""

    action = "suspend"


class ResumeRack(_RackAction):
    """Resume the servers of a rack that is suspended."""

    action = "resume"


class CheckRack(_RackAction):
    """Have Heat look whether all of a rack is as it should be."""

    action = "check"


class DestroyRack(_RackAction):
    """Delete a rack, with all that is in it."""

    action = "destroy"


class _DeviceAction(Acting):
    nouns = "devices"
    place = (
        *options.named("device"),
        options.InRack(
            "Which rack (name or id) it is in, if the name is not clear."
        ),
    )


class StartDevice(_DeviceAction):
    """Start a server."""

    action = "start"


class StopDevice(_DeviceAction):
    """Stop a server."""

    action = "stop"


class RebootDevice(_DeviceAction):
    """Reboot a server."""

    action = "reboot"
    arguments = (
        Parameter(
            "--hard",
            action="store_true",
            default=None,
            help="As a power switch does, and not by asking its system.",
        ),
    )


class SuspendDevice(_DeviceAction):
    """Suspend a server: its memory is kept on disk."""

    action = "suspend"


class ResumeDevice(_DeviceAction):
    """Resume a server that is suspended."""

    action = "resume"


class ShelveDevice(_DeviceAction):
    """Shelve a server: it is off, and holds no host."""

    action = "shelve"


class UnshelveDevice(_DeviceAction):
    """Have a server again that was shelved."""

    action = "unshelve"


class DestroyDevice(_DeviceAction):
    """Delete a server, a volume, or a network with what belongs to it."""

    action = "destroy"
    arguments = (
        Parameter(
            "--force",
            action="store_true",
            default=None,
            help="Delete a volume whatever its state is (admin).",
        ),
    )


class _Server(Parameter):
    """A server beside the device, which may be in no rack."""

    def values(
        self, caller: options.Caller, args: argparse.Namespace
    ) -> dict[str, Any]:
        if not args.server:
            return {}
        devices = caller.client.devices
        return {"server_id": options.id_of(devices, args.server, args.region)}


class DetachDevice(_DeviceAction):
    """Detach a volume of a server, or of all servers."""

    action = "detach"
    arguments = (
        _Server(
            "--server",
            metavar="<server>",
            help="Of this server only (name or id); without it, of all.",
        ),
    )


class ExtendDevice(_DeviceAction):
    """Make a volume larger."""

    action = "extend"
    arguments = (
        Parameter(
            "--size",
            field="size_gb",
            type=options.count,
            required=True,
            metavar="<GB>",
            help="How large it is to be.",
        ),
    )
